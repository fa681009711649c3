//! Reports of reviews, and what administrators decide.

use domain::{
    Offer,
    queue::Task,
    reviews::{
        outcome::{Reported, Written},
        refusals::ReviewRefusal,
        reports::{NewReport, ReportReason, Reporter, Ruling, Verdict},
        review::Review,
        rules::ReviewEdit,
        store::{ReportedCursor, ReviewOrder},
    },
    users::{
        account::{Account, Membership, Post},
        store::Created,
    },
};
use futures_util::future::join_all;

use super::{change, counts, done, filled, purged, query, reviewed, stars, stored, user, visited};
use crate::{
    backends::Fresh,
    runner::tests,
    samples::NOW_MS,
    users::{account, sign_up},
};

tests! {
    a_report_hides_nothing_and_waits_for_a_decision: [],
    a_team_reports_together_and_guests_each: [],
    of_reports_at_once_each_counts_once: [Transactions],
    a_removed_review_is_its_authors_alone_and_counts_no_more: [],
    reviews_that_wait_are_paged_the_longest_waiting_first: [],
    a_contest_waits_with_the_reports_and_is_answered: [],
    of_two_contests_at_once_one_is_stored: [Transactions],
}

pub(super) fn report(review: &Review, by: &str, text: &str) -> NewReport {
    NewReport {
        review: review.id.clone(),
        user: user(by),
        reason: ReportReason::Offensive,
        text: Some(text.to_owned()),
    }
}

pub(super) async fn reports(fresh: &Fresh, new: NewReport, now_ms: i64) -> Reported {
    sign_up(fresh, &new.user).await;
    fresh.db.reviews.report(new, now_ms).await.unwrap()
}

pub(super) fn ruling(verdict: Verdict) -> ReviewEdit {
    ReviewEdit::Rule(Ruling {
        by: user("admin"),
        actor: "user admin".into(),
        verdict,
        reason: "Injures".into(),
    })
}

async fn waiting(fresh: &Fresh) -> Vec<Review> {
    let page = fresh.db.reviews.reported(50, None).await.unwrap();
    page.items
}

async fn shown(fresh: &Fresh, offer: &Offer) -> usize {
    let query = query(offer, ReviewOrder::Newest, 50);
    let pages = fresh.db.reviews.pages(&[query]).await.unwrap();
    pages[0].items.len()
}

pub(super) async fn told(fresh: &Fresh, kind: &str) -> Vec<Task> {
    let all = fresh
        .db
        .queue
        .list(domain::queue::store::TaskFilter::default(), 500)
        .await
        .unwrap();
    all.into_iter().filter(|task| task.kind == kind).collect()
}

async fn a_report_hides_nothing_and_waits_for_a_decision(fresh: Fresh) {
    let offer = filled(&fresh).await;
    let review = reviewed(&fresh, "ana", &offer, 1).await;
    sign_up(&fresh, &user("admin")).await;
    let before = fresh.pending().await;
    let own = reports(&fresh, report(&review, "ana", "?"), NOW_MS).await;
    assert_eq!(own, ReviewRefusal::OwnReview.into());
    let first = report(&review, "ben", "Injures");
    assert_eq!(
        reports(&fresh, first.clone(), NOW_MS + 5).await,
        Reported::Done
    );
    assert_eq!(reports(&fresh, first, NOW_MS + 6).await, Reported::Before);
    let other = reports(&fresh, report(&review, "ben", "Encore"), NOW_MS + 6).await;
    assert_eq!(other, ReviewRefusal::AlreadyReported.into());
    let nobody = fresh
        .db
        .reviews
        .report(report(&review, "nobody", "?"), NOW_MS);
    assert_eq!(nobody.await.unwrap(), Reported::NoAccount);
    // Nothing that is shown has changed.
    assert_eq!(fresh.pending_after(&before).await, []);
    assert_eq!(shown(&fresh, &offer).await, 1);
    let found = waiting(&fresh).await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].reported_at_ms, Some(NOW_MS + 5));
    let ids = [review.id.clone()];
    let of_review = fresh.db.reviews.reports_of(&ids).await.unwrap();
    let of_review = &of_review[&review.id];
    assert_eq!(of_review.len(), 1);
    assert_eq!(of_review[0].text.as_deref(), Some("Injures"));
    assert_eq!(
        (of_review[0].at_ms, of_review[0].decided_at_ms),
        (NOW_MS + 5, None)
    );
    let by_ben = fresh.db.reviews.reports_by(&user("ben")).await.unwrap();
    assert_eq!(by_ben, *of_review);
    let kept = done(change(&fresh, &review.id, ruling(Verdict::Keep), NOW_MS + 9).await);
    assert_eq!(kept, review);
    assert_eq!(waiting(&fresh).await, []);
    let by_ben = fresh.db.reviews.reports_by(&user("ben")).await.unwrap();
    assert_eq!(by_ben[0].decided_at_ms, Some(NOW_MS + 9));
    let rows = fresh.pending_after(&before).await;
    assert_eq!(purged(&rows), [["review"]]);
    assert_eq!(rows[0].purge.reason, "decideReview KEEP: Injures");
    // Its author writes something else, and ben may report that.
    let rewrite = ReviewEdit::Rewrite {
        by: user("ana"),
        stars: stars(1),
        text: Some("Pire".into()),
    };
    done(change(&fresh, &review.id, rewrite, NOW_MS + 20).await);
    let anew = reports(&fresh, report(&review, "ben", "Encore"), NOW_MS + 21).await;
    assert_eq!(anew, Reported::Done);
    let by_ben = fresh.db.reviews.reports_by(&user("ben")).await.unwrap();
    assert_eq!((by_ben.len(), by_ben[0].decided_at_ms), (1, None));
    assert_eq!(waiting(&fresh).await[0].reported_at_ms, Some(NOW_MS + 21));
}

async fn a_team_reports_together_and_guests_each(fresh: Fresh) {
    let offer = filled(&fresh).await;
    let review = reviewed(&fresh, "ana", &offer, 1).await;
    for name in ["manager", "waiter"] {
        let member = Account {
            id: user(name),
            memberships: Some(Membership::new(offer.partner_id.clone(), Post::Staff)).into(),
            ..account(name)
        };
        let created = fresh.db.users.create(member, vec![], None).await;
        assert_eq!(created.unwrap(), Created::Done);
    }
    let first = reports(&fresh, report(&review, "manager", "Faux"), NOW_MS + 1).await;
    assert_eq!(first, Reported::Done);
    let second = reports(&fresh, report(&review, "waiter", "Faux"), NOW_MS + 2).await;
    assert_eq!(second, ReviewRefusal::AlreadyReported.into());
    let guest = reports(&fresh, report(&review, "ben", "Faux"), NOW_MS + 3).await;
    assert_eq!(guest, Reported::Done);
    let ids = [review.id.clone()];
    let all = fresh.db.reviews.reports_of(&ids).await.unwrap();
    let reporters: Vec<_> = all[&review.id].iter().map(|one| one.reporter).collect();
    assert_eq!(reporters, [Reporter::Partner, Reporter::Person]);
    // The team does not review its own partner either.
    let booking = visited(&fresh, "waiter", &offer).await;
    let own = fresh
        .db
        .reviews
        .add(super::review(&booking, "waiter", 5, "Super"), NOW_MS);
    assert_eq!(own.await.unwrap(), ReviewRefusal::OwnPartner.into());
}

async fn of_reports_at_once_each_counts_once(fresh: Fresh) {
    let offer = filled(&fresh).await;
    let review = reviewed(&fresh, "ana", &offer, 1).await;
    let other = fresh.of_another_server().await;
    for n in 0..6 {
        sign_up(&fresh, &user(&format!("r{n}"))).await;
    }
    let all = (0..18).map(|n| {
        let db = if n % 2 == 0 { &fresh.db } else { &other };
        let new = report(&review, &format!("r{}", n % 6), "Faux");
        let reviews = db.reviews.clone();
        async move { reviews.report(new, NOW_MS + 3).await.unwrap() }
    });
    let all = join_all(all).await;
    assert_eq!(all.iter().filter(|one| **one == Reported::Done).count(), 6);
    assert_eq!(
        all.iter().filter(|one| **one == Reported::Before).count(),
        12
    );
    let ids = [review.id.clone()];
    let found = fresh.db.reviews.reports_of(&ids).await.unwrap();
    assert_eq!(found[&review.id].len(), 6);
}

async fn a_removed_review_is_its_authors_alone_and_counts_no_more(fresh: Fresh) {
    let offer = filled(&fresh).await;
    let review = reviewed(&fresh, "ana", &offer, 1).await;
    reviewed(&fresh, "ben", &offer, 5).await;
    sign_up(&fresh, &user("admin")).await;
    reports(&fresh, report(&review, "ben", "Injures"), NOW_MS + 5).await;
    let before = fresh.pending().await;
    let removed = done(change(&fresh, &review.id, ruling(Verdict::Remove), NOW_MS + 9).await);
    let removal = removed.removal.clone().unwrap();
    assert_eq!(
        (removal.at_ms, removal.reason.as_str()),
        (NOW_MS + 9, "Injures")
    );
    assert_eq!(removal.by, Some(user("admin")));
    assert_eq!(stored(&fresh, &review.id).await, Some(removed.clone()));
    assert_eq!(
        purged(&fresh.pending_after(&before).await),
        [["reviews", "partner", "review"]]
    );
    assert_eq!(shown(&fresh, &offer).await, 1);
    assert_eq!(waiting(&fresh).await, []);
    assert_eq!(
        counts(&fresh, &offer).await.unwrap().counts(),
        [0, 0, 0, 0, 1]
    );
    let mine = fresh
        .db
        .reviews
        .of_user(&user("ana"), 5, None)
        .await
        .unwrap();
    assert_eq!(mine.items, std::slice::from_ref(&removed));
    assert_eq!(told(&fresh, "review_removed").await.len(), 1);
    let again = change(&fresh, &review.id, ruling(Verdict::Remove), NOW_MS + 10).await;
    assert_eq!(again, Written::Before(Box::new(removed.clone())));
    let delete = ReviewEdit::Delete { by: user("ana") };
    let deleted = change(&fresh, &review.id, delete, NOW_MS + 11).await;
    assert_eq!(deleted, ReviewRefusal::Removed.into());
    let anew = super::review(&review.booking, "ana", 1, "Encore");
    let anew = fresh.db.reviews.add(anew, NOW_MS + 12).await.unwrap();
    assert_eq!(anew, ReviewRefusal::Removed.into());
    let late = reports(&fresh, report(&review, "cleo", "?"), NOW_MS + 13).await;
    assert_eq!(late, ReviewRefusal::NotFound.into());
    // On second thoughts.
    let back = done(change(&fresh, &review.id, ruling(Verdict::Keep), NOW_MS + 14).await);
    assert_eq!(back, review);
    assert_eq!(shown(&fresh, &offer).await, 2);
    assert_eq!(
        counts(&fresh, &offer).await.unwrap().counts(),
        [1, 0, 0, 0, 1]
    );
}

async fn reviews_that_wait_are_paged_the_longest_waiting_first(fresh: Fresh) {
    let offer = filled(&fresh).await;
    let mut all = Vec::new();
    for n in 0..5 {
        let review = reviewed(&fresh, &format!("p{n}"), &offer, 1).await;
        // Some at the same moment.
        let at_ms = NOW_MS + 10 + n / 2;
        reports(&fresh, report(&review, "ben", "Faux"), at_ms).await;
        all.push(stored(&fresh, &review.id).await.unwrap());
    }
    all.sort_by_key(|review| (review.reported_at_ms, review.id.clone()));
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = fresh.db.reviews.reported(2, after).await.unwrap();
        after = page.items.last().and_then(ReportedCursor::of);
        found.extend(page.items);
        if !page.has_next_page {
            break;
        }
    }
    assert_eq!(found, all);
}

fn contest(by: &str, text: &str) -> ReviewEdit {
    ReviewEdit::Contest {
        by: user(by),
        text: text.to_owned(),
    }
}

fn ruling_of(by: &str, verdict: Verdict) -> ReviewEdit {
    match ruling(verdict) {
        ReviewEdit::Rule(ruling) => ReviewEdit::Rule(Ruling {
            by: user(by),
            ..ruling
        }),
        other => other,
    }
}

/// A review that `admin` has removed.
async fn removed(fresh: &Fresh) -> (Offer, Review) {
    let offer = filled(fresh).await;
    let review = reviewed(fresh, "ana", &offer, 1).await;
    for admin in ["admin", "other"] {
        sign_up(fresh, &user(admin)).await;
    }
    let removed = change(fresh, &review.id, ruling(Verdict::Remove), NOW_MS + 5).await;
    (offer, done(removed))
}

async fn a_contest_waits_with_the_reports_and_is_answered(fresh: Fresh) {
    let (offer, review) = removed(&fresh).await;
    let before = fresh.pending().await;
    let contested = change(&fresh, &review.id, contest("ana", "C’est vrai"), NOW_MS + 7).await;
    let contested = done(contested);
    assert_eq!(stored(&fresh, &review.id).await, Some(contested.clone()));
    assert_eq!(waiting(&fresh).await, std::slice::from_ref(&contested));
    let again = change(&fresh, &review.id, contest("ana", "Encore"), NOW_MS + 8).await;
    assert_eq!(again, ReviewRefusal::AlreadyContested.into());
    // Nothing that is shown has changed.
    assert_eq!(fresh.pending_after(&before).await, []);
    let denied = ruling_of("other", Verdict::Remove);
    let denied = done(change(&fresh, &review.id, denied, NOW_MS + 9).await);
    assert_eq!(stored(&fresh, &review.id).await, Some(denied.clone()));
    let said = denied.removal.unwrap().contest.unwrap();
    assert_eq!(said.answer.unwrap().at_ms, NOW_MS + 9);
    assert_eq!(waiting(&fresh).await, []);
    assert_eq!(told(&fresh, "review_contest_answered").await.len(), 1);
    assert_eq!(told(&fresh, "review_removed").await.len(), 1);
    assert_eq!(shown(&fresh, &offer).await, 0);
    // On second thoughts: the removal and what was said against it are gone.
    let back = ruling_of("other", Verdict::Keep);
    let back = done(change(&fresh, &review.id, back, NOW_MS + 10).await);
    assert_eq!((back.removal, back.reported_at_ms), (None, None));
    assert_eq!(shown(&fresh, &offer).await, 1);
}

async fn of_two_contests_at_once_one_is_stored(fresh: Fresh) {
    let (_, review) = removed(&fresh).await;
    let other = fresh.of_another_server().await;
    let all = (0..8).map(|n| {
        let db = if n % 2 == 0 { &fresh.db } else { &other };
        let (reviews, id) = (db.reviews.clone(), review.id.clone());
        let edit = contest("ana", &format!("Texte {n}"));
        async move { reviews.change(&id, edit, NOW_MS + 7).await.unwrap() }
    });
    let all = join_all(all).await;
    let stored_ones = all.iter().filter(|one| matches!(one, Written::Done(_)));
    assert_eq!(stored_ones.count(), 1);
    let refused: Written = ReviewRefusal::AlreadyContested.into();
    assert_eq!(all.iter().filter(|one| **one == refused).count(), 7);
}
