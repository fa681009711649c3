use super::*;
use crate::{
    queue::notice::ReviewNotice,
    reviews::{
        rules::{ReviewEdit, change},
        samples::{NOW_MS, account, review},
    },
    users::account::{Membership, Post},
};

fn user(name: &str) -> Account {
    Account {
        id: UserId::derive("user", name),
        ..account()
    }
}

fn new(account: &Account, text: Option<&str>) -> NewReport {
    NewReport {
        review: review().id,
        user: account.id.clone(),
        reason: ReportReason::Offensive,
        text: text.map(str::to_owned),
    }
}

fn ruling(by: &str, verdict: Verdict) -> ReviewEdit {
    ReviewEdit::Rule(Ruling {
        by: user(by).id,
        actor: "user admin".into(),
        verdict,
        reason: "Injures".into(),
    })
}

#[test]
fn each_reporter_reports_a_review_once_until_it_changes() {
    let (ben, cleo) = (user("ben"), user("cleo"));
    let first = report(&new(&ben, None), &ben, Some(&review()), None, NOW_MS + 1).unwrap();
    assert_eq!(first.report.reporter, Reporter::Person);
    assert_eq!(first.reported_at_ms, NOW_MS + 1);
    let reported = Review {
        reported_at_ms: Some(first.reported_at_ms),
        ..review()
    };
    let again = |text| {
        let new = new(&ben, text);
        report(&new, &ben, Some(&reported), Some(&first.report), NOW_MS + 2)
    };
    assert_eq!(again(None), Err(Reported::Before));
    let refused = Err(Reported::Refused(ReviewRefusal::AlreadyReported));
    assert_eq!(again(Some("more")), refused);
    let second = report(&new(&cleo, None), &cleo, Some(&reported), None, NOW_MS + 3).unwrap();
    assert_ne!(second.report.id, first.report.id);
    assert_eq!(
        second.reported_at_ms,
        NOW_MS + 1,
        "it waits since the first one"
    );
    let rewritten = Review {
        changed_at_ms: NOW_MS + 4,
        reported_at_ms: None,
        ..review()
    };
    let (new, before) = (new(&ben, None), Some(&first.report));
    let anew = report(&new, &ben, Some(&rewritten), before, NOW_MS + 5).unwrap();
    assert_eq!(anew.report.id, first.report.id);
    assert_eq!(anew.reported_at_ms, NOW_MS + 5);
}

#[test]
fn a_team_has_one_report_together() {
    let of_team = |name| Account {
        memberships: Some(Membership::new(review().partner, Post::Staff)).into(),
        ..user(name)
    };
    let (ben, cleo) = (of_team("ben"), of_team("cleo"));
    let first = report(&new(&ben, None), &ben, Some(&review()), None, NOW_MS).unwrap();
    assert_eq!(first.report.reporter, Reporter::Partner);
    let (_, id) = new(&cleo, None).identity(&cleo, &review().partner);
    assert_eq!(id, first.report.id);
    let before = Some(&first.report);
    let second = report(&new(&cleo, None), &cleo, Some(&review()), before, NOW_MS);
    assert_eq!(second, Err(ReviewRefusal::AlreadyReported.into()));
}

#[test]
fn nobody_reports_or_judges_their_own_review_or_one_that_is_gone() {
    let own = report(&new(&account(), None), &account(), Some(&review()), None, 0);
    assert_eq!(own, Err(ReviewRefusal::OwnReview.into()));
    let ben = user("ben");
    let gone = report(&new(&ben, None), &ben, None, None, 0);
    assert_eq!(gone, Err(ReviewRefusal::NotFound.into()));
    for verdict in [Verdict::Keep, Verdict::Remove] {
        let judged = change(Some(review()), &ruling("ana", verdict), None, 0);
        assert_eq!(judged, Err(ReviewRefusal::OwnReview.into()));
        let gone = change(None, &ruling("admin", verdict), None, 0);
        assert_eq!(gone, Err(ReviewRefusal::NotFound.into()));
    }
}

#[test]
fn a_review_is_kept_removed_and_shown_again() {
    let unreported = change(
        Some(review()),
        &ruling("admin", Verdict::Keep),
        None,
        NOW_MS,
    );
    assert_eq!(unreported, Err(Written::Before(Box::new(review()))));
    let reported = Review {
        reported_at_ms: Some(NOW_MS),
        ..review()
    };
    let kept = change(
        Some(reported.clone()),
        &ruling("admin", Verdict::Keep),
        None,
        5,
    )
    .unwrap();
    assert_eq!(kept.after, Some(review()));
    assert!(kept.decides_reports && kept.tasks.is_empty());
    let removed = change(Some(reported), &ruling("admin", Verdict::Remove), None, 5).unwrap();
    assert!(removed.decides_reports && removed.counts());
    assert_eq!(removed.audit.reason, "decideReview REMOVE: Injures");
    assert!(removed.tasks[0].key.starts_with("review_removed:"));
    let removed = removed.after.unwrap();
    let removal = removed.removal.clone().unwrap();
    assert_eq!((removal.at_ms, removal.by), (5, Some(user("admin").id)));
    assert_eq!(removed.reported_at_ms, None);
    let again = change(
        Some(removed.clone()),
        &ruling("admin", Verdict::Remove),
        None,
        6,
    );
    assert_eq!(again, Err(Written::Before(Box::new(removed.clone()))));
    let ben = user("ben");
    let late = report(&new(&ben, None), &ben, Some(&removed), None, 7);
    assert_eq!(late, Err(ReviewRefusal::NotFound.into()));
    let shown = change(Some(removed), &ruling("admin", Verdict::Keep), None, 8).unwrap();
    assert_eq!(shown.after, Some(review()));
    assert!(shown.counts() && shown.tasks.is_empty());
}

fn contest(by: &str, text: &str) -> ReviewEdit {
    ReviewEdit::Contest {
        by: user(by).id,
        text: text.to_owned(),
    }
}

/// Its author contests that `admin` removed it.
fn contested() -> Review {
    let removed = change(Some(review()), &ruling("admin", Verdict::Remove), None, 5).unwrap();
    let contested = change(removed.after, &contest("ana", "C’est vrai"), None, 7).unwrap();
    assert!(contested.tasks.is_empty() && !contested.decides_reports);
    contested.after.unwrap()
}

#[test]
fn the_author_contests_a_removal_once() {
    let waiting = contested();
    assert_eq!(waiting.reported_at_ms, Some(7));
    let said = waiting.removal.as_ref().unwrap().waiting_contest().unwrap();
    assert_eq!((said.text.as_str(), said.at_ms), ("C’est vrai", 7));
    let again = |by, text| change(Some(waiting.clone()), &contest(by, text), None, 8);
    let same = Err(Written::Before(Box::new(waiting.clone())));
    assert_eq!(again("ana", "C’est vrai"), same);
    let refused = Err(ReviewRefusal::AlreadyContested.into());
    assert_eq!(again("ana", "Vraiment"), refused);
    assert_eq!(again("ben", "?"), Err(ReviewRefusal::NotFound.into()));
    let shown = change(Some(review()), &contest("ana", "?"), None, 8);
    assert_eq!(shown, Err(ReviewRefusal::NotRemoved.into()));
    assert_eq!(
        change(None, &contest("ana", "?"), None, 8),
        Err(ReviewRefusal::NotFound.into())
    );
}

#[test]
fn a_contest_is_upheld_by_anybody_and_denied_by_another_one() {
    let decide = |by, verdict| change(Some(contested()), &ruling(by, verdict), None, 9);
    assert_eq!(
        decide("admin", Verdict::Remove),
        Err(ReviewRefusal::OwnRemoval.into())
    );
    let denied = decide("other", Verdict::Remove).unwrap();
    assert!(!denied.counts() && denied.decides_reports);
    assert_eq!(denied.tasks.len(), 1);
    let key = format!("review_contest_answered:{}:7", review().id);
    assert_eq!(denied.tasks[0].key, key);
    let after = denied.after.unwrap();
    assert_eq!(after.reported_at_ms, None);
    let removal = after.removal.clone().unwrap();
    assert_eq!((removal.at_ms, removal.by), (5, Some(user("admin").id)));
    let answer = removal.contest.unwrap().answer.unwrap();
    assert_eq!((answer.text.as_str(), answer.at_ms), ("Injures", 9));
    assert!(notices::holds(ReviewNotice::ContestAnswered, &after));
    // That was the one time.
    let again = change(Some(after.clone()), &contest("ana", "Encore"), None, 10);
    assert_eq!(again, Err(ReviewRefusal::AlreadyContested.into()));
    let anew = change(
        Some(after.clone()),
        &ruling("other", Verdict::Remove),
        None,
        11,
    );
    assert_eq!(anew, Err(Written::Before(Box::new(after))));

    let upheld = decide("admin", Verdict::Keep).unwrap();
    assert!(upheld.counts());
    assert_eq!(upheld.tasks[0].key, key);
    assert_eq!(upheld.after, Some(review()));
    assert!(notices::holds(ReviewNotice::ContestAnswered, &review()));
    assert!(!notices::holds(ReviewNotice::ContestAnswered, &contested()));
}
