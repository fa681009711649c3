use proptest::prelude::{Strategy, any, prop_assert, prop_assert_eq, proptest};

use super::*;
use crate::identity::{
    samples::{NOW_MS, account, verification},
    verification::{SessionId, SessionUrl},
};

const VALID_MS: i64 = 730 * DAY_MS;

fn new() -> NewVerification {
    NewVerification {
        id: VerificationId::derive("verification", "new"),
        user: account().id,
        consent_version: "2".into(),
    }
}

fn done(beginning: Beginning) -> Change {
    match beginning {
        Beginning::Done(change) => *change,
        other => panic!("{other:?}"),
    }
}

fn approved(birth_year: i32) -> Verdict {
    Verdict::Approved {
        birth_year: Some(birth_year),
    }
}

fn verified(until_ms: i64) -> Identity {
    Identity {
        status: IdentityStatus::Verified,
        until_ms: Some(until_ms),
        birth_year: Some(1990),
    }
}

fn decide(this: &Verification, verdict: Verdict, at_ms: Option<i64>) -> Option<Change> {
    let (account, all) = (account(), [this.clone()]);
    let case = Case {
        account: &account,
        all: &all,
        this,
    };
    decided(case, verdict, at_ms, VALID_MS, NOW_MS)
}

#[test]
fn a_first_check_is_pending_and_a_second_request_meets_it() {
    let change = done(begin(&account(), &[], &new(), NOW_MS));
    assert_eq!(change.verification.state, State::Created);
    assert_eq!(change.verification.attempt, 1);
    assert_eq!(
        change.identity.map(|of| of.status),
        Some(IdentityStatus::Pending)
    );
    let open = change.verification;
    let again = begin(&account(), std::slice::from_ref(&open), &new(), NOW_MS + 5);
    assert_eq!(again, Beginning::Before(Box::new(open)));
}

#[test]
fn a_check_needs_a_verified_address_and_attempts_are_bounded() {
    let unproven = Account {
        email_verified_at_ms: None,
        ..account()
    };
    let refused = |beginning| match beginning {
        Beginning::Refused(why) => Some(why),
        Beginning::Before(_) | Beginning::Done(_) => None,
    };
    let email = refused(begin(&unproven, &[], &new(), NOW_MS));
    assert_eq!(email, Some(IdentityRefusal::EmailNotVerified));
    let ended: Vec<Verification> = (1..=5)
        .map(|attempt| Verification {
            attempt,
            created_at_ms: NOW_MS - i64::from(attempt) * DAY_MS,
            ..verification(State::Declined)
        })
        .collect();
    let fifth = done(begin(&account(), &ended[..4], &new(), NOW_MS));
    assert_eq!(fifth.verification.attempt, 5);
    let sixth = refused(begin(&account(), &ended, &new(), NOW_MS));
    assert_eq!(sixth, Some(IdentityRefusal::AttemptsReached));
    let later_ms = NOW_MS + ATTEMPTS_WITHIN_MS;
    assert_eq!(refused(begin(&account(), &ended, &new(), later_ms)), None);
}

#[test]
fn a_check_that_never_got_a_session_is_no_attempt() {
    let with_session = verification(State::Declined);
    let without = Verification {
        session: None,
        ..verification(State::Abandoned)
    };
    let waiting = verification(State::Created);
    assert_eq!(attempts(&[with_session, without, waiting], NOW_MS), 2);
}

#[test]
fn a_verified_identity_is_renewed_in_its_last_month_and_stays_meanwhile() {
    let of = |until_ms| Account {
        identity: verified(until_ms),
        ..account()
    };
    let early = begin(&of(NOW_MS + RENEWED_BEFORE_MS + 1), &[], &new(), NOW_MS);
    assert_eq!(early, Beginning::Refused(IdentityRefusal::VerifiedAlready));
    let due = done(begin(&of(NOW_MS + RENEWED_BEFORE_MS), &[], &new(), NOW_MS));
    assert_eq!(due.identity, None, "it is still verified");
    let over = done(begin(&of(NOW_MS), &[], &new(), NOW_MS));
    assert_eq!(
        over.identity.map(|of| of.status),
        Some(IdentityStatus::Pending)
    );
}

#[test]
fn a_session_that_comes_too_late_is_deleted() {
    let started = Started {
        session: SessionId::parse("s-2").unwrap(),
        url: SessionUrl::parse("https://magic.example/v/2").unwrap(),
    };
    let created = verification(State::Created);
    let Opening::Done(open) = opened(Some(&created), &started, NOW_MS) else {
        panic!("it is the first session");
    };
    assert_eq!(open.state, State::Open);
    assert_eq!(open.session.as_ref().map(|of| of.id.as_str()), Some("s-2"));
    let Opening::Before(kept, task) = opened(Some(&verification(State::Open)), &started, NOW_MS)
    else {
        panic!("it has a session");
    };
    assert_eq!(*kept, verification(State::Open));
    assert_eq!(task.key, "identity-forget:s-2");
    assert!(
        task.person.is_none(),
        "erasing the account does not remove it"
    );
    assert!(matches!(opened(None, &started, NOW_MS), Opening::Gone(_)));
}

#[test]
fn a_verdict_is_known_to_the_account_and_told() {
    let open = verification(State::Open);
    let table = [
        (approved(1990), IdentityStatus::Verified, 1),
        (
            Verdict::Declined(Reason::NotTrusted),
            IdentityStatus::Rejected,
            1,
        ),
        (
            Verdict::Resubmission(Reason::Unreadable),
            IdentityStatus::Rejected,
            1,
        ),
        (Verdict::Expired, IdentityStatus::NotSubmitted, 0),
        (Verdict::Abandoned, IdentityStatus::NotSubmitted, 0),
    ];
    for (verdict, status, told) in table {
        let mut pending = account();
        pending.identity.status = IdentityStatus::Pending;
        let all = [open.clone()];
        let case = Case {
            account: &pending,
            all: &all,
            this: &open,
        };
        let change = decided(case, verdict, Some(NOW_MS - 5), VALID_MS, NOW_MS).unwrap();
        assert_eq!(change.identity.unwrap().status, status, "{verdict:?}");
        assert_eq!(change.tasks.len(), told, "{verdict:?}");
        assert_eq!(change.verification.decided_at_ms, Some(NOW_MS - 5));
        let has_url = change.verification.session.unwrap().url.is_some();
        assert_eq!(
            has_url,
            matches!(verdict, Verdict::Resubmission(_)),
            "{verdict:?}"
        );
    }
    let approved = decide(&open, approved(1990), Some(NOW_MS - 5)).unwrap();
    let identity = approved.identity.unwrap();
    assert_eq!(identity.until_ms, Some(NOW_MS - 5 + VALID_MS));
    assert_eq!(identity.birth_year, Some(1990));
}

#[test]
fn a_year_that_no_document_has_is_not_kept() {
    for (given, kept) in [
        (1899, None),
        (1900, Some(1900)),
        (2026, Some(2026)),
        (2027, None),
    ] {
        let change = decide(&verification(State::Open), approved(given), Some(NOW_MS)).unwrap();
        assert_eq!(change.verification.birth_year, kept, "{given}");
    }
}

#[test]
fn an_older_decision_changes_nothing_and_one_without_a_time_ends_what_is_open() {
    let mut declined = verification(State::Declined);
    declined.decided_at_ms = Some(NOW_MS - 100);
    for at_ms in [NOW_MS - 101, NOW_MS - 100] {
        assert_eq!(decide(&declined, approved(1990), Some(at_ms)), None);
    }
    let newer = decide(&declined, approved(1990), Some(NOW_MS - 99)).unwrap();
    assert_eq!(newer.verification.state, State::Approved);
    assert_eq!(decide(&declined, Verdict::Expired, None), None);
    let mut waiting = verification(State::Resubmission);
    waiting.decided_at_ms = Some(NOW_MS - 100);
    let ended = decide(&waiting, Verdict::Expired, None)
        .unwrap()
        .verification;
    assert_eq!(
        (ended.state, ended.decided_at_ms),
        (State::Expired, Some(NOW_MS - 100))
    );
}

#[test]
fn other_pictures_are_asked_for_only_while_the_session_goes_on() {
    for (before, after) in [
        (State::Open, State::Resubmission),
        (State::Resubmission, State::Resubmission),
        (State::Approved, State::Declined),
        (State::Declined, State::Declined),
        (State::Expired, State::Declined),
        (State::Abandoned, State::Declined),
        (State::Lapsed, State::Declined),
    ] {
        let verdict = Verdict::Resubmission(Reason::Unreadable);
        let change = decide(&verification(before), verdict, Some(NOW_MS)).unwrap();
        let decided = change.verification;
        assert_eq!(
            (decided.state, decided.reason),
            (after, Some(Reason::Unreadable)),
            "{before:?}"
        );
        let has_url = decided.session.unwrap().url.is_some();
        assert_eq!(has_url, after.is_open(), "{before:?}");
    }
}

#[test]
fn a_clock_that_is_fast_does_not_silence_later_decisions() {
    let open = verification(State::Open);
    let fast = decide(
        &open,
        Verdict::Declined(Reason::Other),
        Some(NOW_MS + DAY_MS),
    )
    .unwrap();
    assert_eq!(fast.verification.decided_at_ms, Some(NOW_MS));
}

#[test]
fn the_same_verdict_again_is_not_told_again() {
    let open = verification(State::Open);
    let first = decide(&open, approved(1990), Some(NOW_MS - 9)).unwrap();
    let again = decide(&first.verification, approved(1990), Some(NOW_MS - 5)).unwrap();
    assert_eq!((first.tasks.len(), again.tasks.len()), (1, 0));
}

#[test]
fn an_older_check_changes_nothing_of_the_account() {
    let (account, older) = (account(), verification(State::Open));
    let newer = Verification {
        id: new().id,
        attempt: 2,
        ..verification(State::Approved)
    };
    let all = [newer, older.clone()];
    let case = Case {
        account: &account,
        all: &all,
        this: &older,
    };
    let verdict = Verdict::Declined(Reason::NotTrusted);
    let change = decided(case, verdict, Some(NOW_MS), VALID_MS, NOW_MS).unwrap();
    assert_eq!((change.identity, change.tasks), (None, vec![]));
    assert_eq!(change.verification.state, State::Declined);
}

/// An approved check on which the account's identity rests, and a newer one in this state.
fn renewing(newer: State) -> (Account, [Verification; 2]) {
    let until_ms = NOW_MS + 20 * DAY_MS;
    let account = Account {
        identity: verified(until_ms),
        ..account()
    };
    let first = Verification {
        birth_year: Some(1990),
        expires_at_ms: Some(until_ms),
        decided_at_ms: Some(NOW_MS - VALID_MS),
        ..verification(State::Approved)
    };
    let second = Verification {
        id: new().id,
        attempt: 2,
        ..verification(newer)
    };
    (account, [first, second])
}

#[test]
fn a_revoked_identity_goes_also_when_another_check_was_begun() {
    use IdentityStatus::{NotSubmitted, Pending, Rejected};
    let declined = Verdict::Declined(Reason::UsedBefore);
    for (newer, verdict, status) in [
        (State::Created, declined, Pending),
        (State::Open, declined, Pending),
        (State::Resubmission, declined, Rejected),
        (State::Expired, declined, Rejected),
        (State::Abandoned, declined, Rejected),
        (
            State::Abandoned,
            Verdict::Resubmission(Reason::Other),
            Rejected,
        ),
        (State::Abandoned, Verdict::Expired, NotSubmitted),
    ] {
        let (account, all) = renewing(newer);
        let case = Case {
            account: &account,
            all: &all,
            this: &all[0],
        };
        let change = decided(case, verdict, Some(NOW_MS), VALID_MS, NOW_MS).unwrap();
        let expected = Identity {
            status,
            until_ms: None,
            birth_year: None,
        };
        assert_eq!(change.identity, Some(expected), "{newer:?} {verdict:?}");
        let hears = usize::from(verdict != Verdict::Expired);
        assert_eq!(change.tasks.len(), hears, "{newer:?} {verdict:?}");
    }
}

#[test]
fn a_newest_check_that_is_not_approved_any_more_takes_the_identity_with_it() {
    let (account, all) = renewing(State::Open);
    for verdict in [Verdict::Expired, Verdict::Abandoned] {
        let case = Case {
            account: &account,
            all: &all[..1],
            this: &all[0],
        };
        let change = decided(case, verdict, Some(NOW_MS), VALID_MS, NOW_MS).unwrap();
        assert_eq!(change.identity, Some(Identity::default()), "{verdict:?}");
    }
}

#[test]
fn an_identity_follows_the_check_on_which_it_rests_and_no_other_one() {
    let (account, all) = renewing(State::Abandoned);
    let case = Case {
        account: &account,
        all: &all,
        this: &all[0],
    };
    let again = decided(case, approved(1991), Some(NOW_MS), VALID_MS, NOW_MS).unwrap();
    let renewed = Identity {
        birth_year: Some(1991),
        ..verified(NOW_MS + VALID_MS)
    };
    assert_eq!(again.identity, Some(renewed));
    let decline = ruling(RulingVerdict::Decline);
    let ruled_on = |case| ruled(case, &decline, VALID_MS, NOW_MS).map(|change| change.identity);
    let rejected = Identity {
        status: IdentityStatus::Rejected,
        ..Identity::default()
    };
    assert_eq!(ruled_on(case), Ok(Some(rejected)));
    // It rests on a check that was approved later.
    let other = Account {
        identity: verified(NOW_MS + VALID_MS),
        ..account.clone()
    };
    let other = Case {
        account: &other,
        ..case
    };
    assert_eq!(ruled_on(other), Err(IdentityRefusal::WrongState));
    let verdict = Verdict::Declined(Reason::Other);
    let change = decided(other, verdict, Some(NOW_MS), VALID_MS, NOW_MS).unwrap();
    assert_eq!((change.identity, change.tasks), (None, vec![]));
}

fn ruling(verdict: RulingVerdict) -> NewRuling {
    NewRuling {
        by: UserId::derive("user", "operator"),
        actor: "user operator".into(),
        verdict,
        note: "seen on the phone".into(),
    }
}

fn rule(this: &Verification, ruling: &NewRuling) -> Result<Change, IdentityRefusal> {
    let (account, all) = (account(), [this.clone()]);
    let case = Case {
        account: &account,
        all: &all,
        this,
    };
    ruled(case, ruling, VALID_MS, NOW_MS)
}

#[test]
fn an_operator_decides_on_what_was_shown_and_not_on_their_own() {
    use State::{Abandoned, Approved, Created, Declined, Expired, Lapsed, Open, Resubmission};
    let decline = ruling(RulingVerdict::Decline);
    for state in [Open, Resubmission, Declined, Approved] {
        let change = rule(&verification(state), &decline).unwrap();
        assert_eq!(change.verification.state, Declined);
        let purge = change.purge.unwrap();
        assert_eq!(purge.actor, "user operator");
        assert!(!purge.reason.contains("phone"), "the audit has no note");
    }
    for state in [Created, Expired, Abandoned, Lapsed] {
        let refused = rule(&verification(state), &decline);
        assert_eq!(refused, Err(IdentityRefusal::WrongState), "{state:?}");
    }
    let own = NewRuling {
        by: account().id,
        ..decline
    };
    let refused = rule(&verification(Open), &own);
    assert_eq!(refused, Err(IdentityRefusal::OwnCheck));
}

#[test]
fn an_operator_who_adds_a_birth_year_does_not_renew_the_identity() {
    let until_ms = NOW_MS + 40 * DAY_MS;
    let before = Verification {
        expires_at_ms: Some(until_ms),
        due_ms: until_ms - RENEWED_BEFORE_MS,
        ..verification(State::Approved)
    };
    let approve = ruling(RulingVerdict::Approve {
        birth_year: Some(1990),
    });
    let change = rule(&before, &approve).unwrap();
    assert_eq!(change.identity, Some(verified(until_ms)));
    let after = change.verification;
    assert_eq!(after.birth_year, Some(1990));
    assert_eq!(
        (after.expires_at_ms, after.due_ms),
        (before.expires_at_ms, before.due_ms)
    );
    let first = rule(&verification(State::Declined), &approve).unwrap();
    let expires_at_ms = first.verification.expires_at_ms;
    assert_eq!(expires_at_ms, Some(NOW_MS + VALID_MS));
}

#[test]
fn of_an_operator_and_the_provider_the_later_one_counts() {
    let mut approved_before = verification(State::Approved);
    // By a clock that is ahead of this server's.
    approved_before.decided_at_ms = Some(NOW_MS + 50);
    let declined = rule(&approved_before, &ruling(RulingVerdict::Decline)).unwrap();
    let declined = declined.verification;
    assert_eq!(declined.decided_at_ms, Some(NOW_MS + 51));
    assert_eq!(decide(&declined, approved(1990), Some(NOW_MS + 51)), None);
    let mut earlier = declined.clone();
    earlier.decided_at_ms = Some(NOW_MS - 10);
    let later = decide(&earlier, approved(1990), Some(NOW_MS))
        .unwrap()
        .verification;
    assert_eq!(
        (later.state, later.decided_by),
        (State::Approved, Some(Decider::Provider))
    );
    assert!(later.ruling.is_some(), "what the operator said stays");
}

#[test]
fn an_offer_admits_who_is_verified_and_certainly_old_enough() {
    use IdentityRefusal::{AgeTooLow, Pending, Required};
    use IdentityStatus::{NotSubmitted, Rejected, Verified};
    let identity = Admission {
        requires_identity: true,
        minimum_age: None,
        ..Admission::default()
    };
    let adult = Admission {
        requires_identity: false,
        minimum_age: Some(18),
        ..Admission::default()
    };
    let known = |status, birth_year| Identity {
        status,
        until_ms: Some(NOW_MS + 1),
        birth_year,
    };
    // It is 2026.
    let table = [
        (Admission::default(), known(NotSubmitted, None), Ok(())),
        (identity, known(NotSubmitted, None), Err(Required)),
        (identity, known(Rejected, None), Err(Required)),
        (identity, known(IdentityStatus::Pending, None), Err(Pending)),
        (identity, known(Verified, None), Ok(())),
        (adult, known(NotSubmitted, None), Err(Required)),
        (adult, known(Verified, None), Err(AgeTooLow)),
        (adult, known(Verified, Some(2007)), Ok(())),
        // Eighteen in this year, perhaps in December.
        (adult, known(Verified, Some(2008)), Err(AgeTooLow)),
        (adult, known(Verified, Some(2020)), Err(AgeTooLow)),
    ];
    for (asked, identity, expected) in table {
        assert_eq!(
            admits(asked, &identity, NOW_MS),
            expected,
            "{asked:?} {identity:?}"
        );
    }
    let ended = admits(identity, &known(Verified, None), NOW_MS + 1);
    assert_eq!(ended, Err(Required));
}

fn verdicts() -> impl Strategy<Value = Verdict> {
    (0..5_u8).prop_map(|kind| match kind {
        0 => approved(1990),
        1 => Verdict::Declined(Reason::NotTrusted),
        2 => Verdict::Resubmission(Reason::Unreadable),
        3 => Verdict::Expired,
        _ => Verdict::Abandoned,
    })
}

proptest! {
    /// Decisions come in any order, and repeated: what counts is the one with the latest time.
    #[test]
    fn the_order_in_which_decisions_come_does_not_matter(
        decisions in proptest::collection::vec((verdicts(), 1..1_000_i64), 1..8),
        order in proptest::collection::vec(any::<proptest::sample::Index>(), 1..24),
    ) {
        let mut known: Vec<(Verdict, i64)> = Vec::new();
        for (verdict, before_ms) in decisions {
            let at_ms = NOW_MS - before_ms;
            if !known.iter().any(|(_, other)| *other == at_ms) {
                known.push((verdict, at_ms));
            }
        }
        let mut this = verification(State::Open);
        let mut latest: Option<(Verdict, i64)> = None;
        for index in order {
            let (verdict, at_ms) = known[index.index(known.len())];
            if let Some(change) = decide(&this, verdict, Some(at_ms)) {
                this = change.verification;
            }
            if latest.is_none_or(|(_, before)| at_ms > before) {
                latest = Some((verdict, at_ms));
            }
        }
        let (verdict, at_ms) = latest.unwrap();
        prop_assert_eq!(this.decided_at_ms, Some(at_ms));
        // Of a check that is over, other pictures are a refusal. Both are the same to the account.
        let state = match (verdict, this.state) {
            (Verdict::Resubmission(_), State::Declined) => State::Resubmission,
            (_, state) => state,
        };
        prop_assert!(state.as_str() == verdict.as_str());
    }
}
