//! Identity checks: one at a time, decided by the newest decision, ended, and forgotten.

mod admitting;

use std::slice;

use domain::{
    UserId, VerificationId,
    identity::{
        provider::{Hint, Started, Verdict},
        refusals::IdentityRefusal,
        rules::{
            FIRST_POLL_MS, KEPT_MS, NewRuling, NewVerification, RENEWED_BEFORE_MS, RulingVerdict,
            STARTED_WITHIN_MS,
        },
        store::{Begun, Hinted, Opened, Ruled, VerificationCursor, VerificationQuery},
        verification::{Decider, Reason, SessionId, SessionUrl, State, Verification},
    },
    queue::{Lane, Task, Work, store::TaskFilter},
    rows::KINDS,
    users::{
        account::{Account, Identity, IdentityStatus, Status},
        change::AccountChange,
        store::{Created, Erased},
    },
};
use futures_util::future::join_all;
use store_sqlite::database::EmbeddedDb;
use yousoon::database::Database;

use crate::{
    backends::Fresh,
    runner::{Test, tests},
    samples::{DAY_MS, NOW_MS},
    users::account,
};

tests! {
    a_check_is_begun_once_and_gets_its_session: [],
    of_requests_at_once_all_get_one_check: [Transactions],
    a_check_needs_an_active_account_with_a_verified_address: [],
    decisions_count_by_their_time_and_are_told_once: [],
    decisions_at_once_leave_the_newest: [Transactions],
    a_report_is_a_task_once: [],
    of_an_operator_and_the_provider_the_later_one_decides: [],
    what_is_due_is_done_once: [],
    a_verified_identity_ends: [],
    a_check_without_an_account_is_removed: [],
    checks_are_listed_newest_first_by_pages_and_state: [],
    an_erased_account_leaves_no_check_and_the_provider_deletes_its_sessions: [],
    a_session_that_begins_during_the_erasure_is_deleted: [],
}

pub(crate) const ADMITTING: &[Test] = admitting::TESTS;

const VALID_MS: i64 = 730 * DAY_MS;

fn user(name: &str) -> UserId {
    UserId::derive("user", name)
}

pub(crate) async fn sign_up(fresh: &Fresh, name: &str) {
    let new = Account {
        memberships: None.into(),
        identity: Identity::default(),
        ..account(name)
    };
    let created = fresh.db.users.create(new, vec![], None).await;
    assert_eq!(created.unwrap(), Created::Done);
}

fn new(name: &str, number: u32) -> NewVerification {
    NewVerification {
        id: VerificationId::derive("verification", &format!("{name}{number}")),
        user: user(name),
        consent_version: "1".into(),
    }
}

fn started(session: &str) -> Started {
    Started {
        session: SessionId::parse(session).unwrap(),
        url: SessionUrl::parse(&format!("https://magic.example/v/{session}")).unwrap(),
    }
}

async fn begin(fresh: &Fresh, new: NewVerification, now_ms: i64) -> Verification {
    match fresh.db.identities.begin(new, now_ms).await.unwrap() {
        Begun::Done(open) => *open,
        other => panic!("{other:?}"),
    }
}

/// A check with a session of this name.
async fn open(fresh: &Fresh, name: &str, number: u32, session: &str) -> Verification {
    let begun = begin(fresh, new(name, number), NOW_MS).await;
    let opened = fresh
        .db
        .identities
        .opened(&begun.id, started(session), NOW_MS);
    match opened.await.unwrap() {
        Opened::Done(open) => *open,
        Opened::Gone => panic!("the account is there"),
    }
}

const fn approved(birth_year: i32) -> Verdict {
    Verdict::Approved {
        birth_year: Some(birth_year),
    }
}

async fn decide(
    fresh: &Fresh,
    id: &VerificationId,
    verdict: Verdict,
    at_ms: i64,
) -> Option<Verification> {
    let decision = (verdict, Some(at_ms));
    let decided = fresh.db.identities.decided(id, decision, VALID_MS, NOW_MS);
    decided.await.unwrap()
}

async fn identity(fresh: &Fresh, name: &str) -> Identity {
    let found = fresh.db.users.by_id(&user(name)).await.unwrap();
    found.unwrap().identity
}

async fn status(fresh: &Fresh, name: &str) -> IdentityStatus {
    identity(fresh, name).await.status
}

async fn stored(fresh: &Fresh, id: &VerificationId) -> Option<Verification> {
    fresh.db.identities.by_id(id).await.unwrap()
}

async fn tasks(fresh: &Fresh, lane: Lane) -> Vec<Task> {
    let filter = TaskFilter {
        lane: Some(lane),
        ..TaskFilter::default()
    };
    fresh.db.queue.list(filter, 99).await.unwrap()
}

/// The keys of what the person is told.
async fn told(fresh: &Fresh) -> Vec<String> {
    let tasks = tasks(fresh, Lane::Notices).await;
    tasks.into_iter().map(|task| task.key).collect()
}

async fn a_check_is_begun_once_and_gets_its_session(fresh: Fresh) {
    sign_up(&fresh, "ana").await;
    let first = begin(&fresh, new("ana", 1), NOW_MS).await;
    assert_eq!((first.state, first.session.clone()), (State::Created, None));
    assert_eq!(status(&fresh, "ana").await, IdentityStatus::Pending);
    // Its answer was lost: the next request goes on with it.
    let again = begin(&fresh, new("ana", 2), NOW_MS + 5).await;
    assert_eq!(again, first);
    let identities = &fresh.db.identities;
    let opened = identities
        .opened(&first.id, started("s-1"), NOW_MS + 6)
        .await;
    let Opened::Done(opened) = opened.unwrap() else {
        panic!("the account is there");
    };
    assert_eq!(opened.state, State::Open);
    // Of two sessions the second one is deleted.
    let second = identities
        .opened(&first.id, started("s-2"), NOW_MS + 7)
        .await;
    assert_eq!(second.unwrap(), Opened::Done(opened.clone()));
    let keys: Vec<String> = tasks(&fresh, Lane::Identity)
        .await
        .into_iter()
        .map(|task| task.key)
        .collect();
    assert_eq!(keys, ["identity-forget:s-2"]);
    assert_eq!(stored(&fresh, &first.id).await, Some(*opened.clone()));
    assert_eq!(identities.of_user(&user("ana")).await.unwrap(), [*opened]);
    assert_eq!(identities.of_user(&user("ben")).await.unwrap(), []);
}

async fn of_requests_at_once_all_get_one_check(fresh: Fresh) {
    sign_up(&fresh, "ana").await;
    let other = fresh.of_another_server().await;
    let all = (0..12).map(|number| {
        let db = if number % 2 == 0 { &fresh.db } else { &other };
        let identities = db.identities.clone();
        async move { identities.begin(new("ana", number), NOW_MS).await.unwrap() }
    });
    let all = join_all(all).await;
    assert!(all.iter().all(|begun| *begun == all[0]), "{all:?}");
    let stored = fresh.db.identities.of_user(&user("ana")).await.unwrap();
    assert_eq!(stored.len(), 1);
}

async fn a_check_needs_an_active_account_with_a_verified_address(fresh: Fresh) {
    let identities = &fresh.db.identities;
    let nobody = identities.begin(new("nobody", 1), NOW_MS).await;
    assert_eq!(nobody.unwrap(), Begun::NoAccount);
    let unproven = Account {
        memberships: None.into(),
        email_verified_at_ms: None,
        identity: Identity::default(),
        ..account("ben")
    };
    let users = &fresh.db.users;
    users.create(unproven, vec![], None).await.unwrap();
    let refused = identities.begin(new("ben", 1), NOW_MS).await.unwrap();
    assert_eq!(refused, Begun::Refused(IdentityRefusal::EmailNotVerified));
    sign_up(&fresh, "ana").await;
    let disabled = AccountChange::Status(Status::Disabled);
    users.change(&user("ana"), disabled, NOW_MS).await.unwrap();
    let disabled = identities.begin(new("ana", 1), NOW_MS).await.unwrap();
    assert_eq!(disabled, Begun::NoAccount);
    assert_eq!(identities.of_user(&user("ana")).await.unwrap(), []);
}

async fn decisions_count_by_their_time_and_are_told_once(fresh: Fresh) {
    sign_up(&fresh, "ana").await;
    let open = open(&fresh, "ana", 1, "s-1").await;
    let id = &open.id;
    let again = Verdict::Resubmission(Reason::Unreadable);
    let asked = decide(&fresh, id, again, NOW_MS - 50).await.unwrap();
    assert_eq!(asked.reason, Some(Reason::Unreadable));
    assert!(
        asked.session.unwrap().url.is_some(),
        "the person goes on with it"
    );
    assert_eq!(status(&fresh, "ana").await, IdentityStatus::Rejected);
    // The person comes back: the same check goes on.
    let back = begin(&fresh, new("ana", 2), NOW_MS).await;
    assert_eq!((&back.id, back.state), (id, State::Open));
    assert_eq!(status(&fresh, "ana").await, IdentityStatus::Pending);
    assert_eq!(decide(&fresh, id, again, NOW_MS - 50).await, None);
    let verified = decide(&fresh, id, approved(1990), NOW_MS - 20)
        .await
        .unwrap();
    assert_eq!(verified.session.as_ref().unwrap().url, None);
    let expected = Identity {
        status: IdentityStatus::Verified,
        until_ms: Some(NOW_MS - 20 + VALID_MS),
        birth_year: Some(1990),
    };
    assert_eq!(identity(&fresh, "ana").await, expected);
    // Late, and repeated.
    for at_ms in [NOW_MS - 30, NOW_MS - 20] {
        let declined = Verdict::Declined(Reason::NotTrusted);
        assert_eq!(decide(&fresh, id, declined, at_ms).await, None);
    }
    assert_eq!(stored(&fresh, id).await, Some(verified));
    assert_eq!(identity(&fresh, "ana").await, expected);
    let key = |told: &str, at_ms: i64| format!("identity_result:{id}:{told}:{at_ms}");
    let expected = [key("rejected", NOW_MS - 50), key("verified", NOW_MS - 20)];
    assert_eq!(told(&fresh).await, expected);
    // A verified identity is not checked again yet.
    let refused = fresh.db.identities.begin(new("ana", 3), NOW_MS).await;
    assert_eq!(
        refused.unwrap(),
        Begun::Refused(IdentityRefusal::VerifiedAlready)
    );
}

async fn decisions_at_once_leave_the_newest(fresh: Fresh) {
    sign_up(&fresh, "ana").await;
    let open = open(&fresh, "ana", 1, "s-1").await;
    let other = fresh.of_another_server().await;
    let all = (0..10_i64).map(|number| {
        let db = if number % 2 == 0 { &fresh.db } else { &other };
        let (identities, id) = (db.identities.clone(), open.id.clone());
        let verdict = if number == 9 {
            approved(1990)
        } else {
            Verdict::Declined(Reason::NotTrusted)
        };
        let decision = (verdict, Some(NOW_MS - 100 + number));
        async move {
            identities
                .decided(&id, decision, VALID_MS, NOW_MS)
                .await
                .unwrap()
        }
    });
    join_all(all).await;
    let after = stored(&fresh, &open.id).await.unwrap();
    assert_eq!(after.decided_at_ms, Some(NOW_MS - 91));
    assert_eq!(after.state, State::Approved);
    assert_eq!(status(&fresh, "ana").await, IdentityStatus::Verified);
}

async fn a_report_is_a_task_once(fresh: Fresh) {
    sign_up(&fresh, "ana").await;
    let open = open(&fresh, "ana", 1, "s-1").await;
    let hint = |session: &str, which: &str| Hint {
        session: SessionId::parse(session).unwrap(),
        key: format!("veriff:{session}:9001:{which}"),
    };
    let identities = &fresh.db.identities;
    for (hint, expected) in [
        (hint("s-1", "a"), Hinted::Taken),
        (hint("s-1", "a"), Hinted::Taken),
        (hint("s-1", "b"), Hinted::Taken),
        (hint("s-9", "a"), Hinted::Unknown),
    ] {
        let hinted = identities.hinted(hint, NOW_MS).await;
        assert_eq!(hinted.unwrap(), expected);
    }
    let tasks = tasks(&fresh, Lane::Identity).await;
    let keys: Vec<&str> = tasks.iter().map(|task| task.key.as_str()).collect();
    assert_eq!(keys, ["veriff:s-1:9001:a", "veriff:s-1:9001:b"]);
    let look = Work::Look {
        verification: open.id,
    };
    assert_eq!(tasks[0].work(), Some(look));
    assert_eq!(tasks[0].person, Some(user("ana")));
}

fn ruling(by: &str, verdict: RulingVerdict) -> NewRuling {
    NewRuling {
        by: user(by),
        actor: format!("user {}", user(by)),
        verdict,
        note: "seen on the phone".into(),
    }
}

async fn rule(fresh: &Fresh, id: &VerificationId, ruling: NewRuling, now_ms: i64) -> Ruled {
    let ruled = fresh.db.identities.ruled(id, ruling, VALID_MS, now_ms);
    ruled.await.unwrap()
}

async fn of_an_operator_and_the_provider_the_later_one_decides(fresh: Fresh) {
    for name in ["ana", "operator"] {
        sign_up(&fresh, name).await;
    }
    let open = open(&fresh, "ana", 1, "s-1").await;
    let id = &open.id;
    let declined = Verdict::Declined(Reason::NotTrusted);
    decide(&fresh, id, declined, NOW_MS - 50).await.unwrap();
    let before = fresh.pending().await;
    let approve = RulingVerdict::Approve {
        birth_year: Some(1985),
    };
    let own = rule(&fresh, id, ruling("ana", approve), NOW_MS).await;
    assert_eq!(own, Ruled::Refused(IdentityRefusal::OwnCheck));
    let none = VerificationId::derive("verification", "none");
    let none = rule(&fresh, &none, ruling("operator", approve), NOW_MS).await;
    assert_eq!(none, Ruled::Refused(IdentityRefusal::NotFound));
    let ruled = rule(&fresh, id, ruling("operator", approve), NOW_MS - 20).await;
    let Ruled::Done(ruled) = ruled else {
        panic!("{ruled:?}");
    };
    assert_eq!(ruled.decided_by, Some(Decider::Operator));
    let known = ruled.ruling.as_ref().unwrap();
    assert_eq!(known.by, Some(user("operator")));
    assert_eq!(known.note, "seen on the phone");
    assert_eq!(identity(&fresh, "ana").await.birth_year, Some(1985));
    // Who decided is in the audit, and of whom is not.
    let audited = fresh.pending_after(&before).await;
    assert_eq!(audited.len(), 1);
    assert_eq!(audited[0].purge.reason, "decideIdentity approved");
    assert_eq!(audited[0].purge.actor, format!("user {}", user("operator")));
    assert_eq!(decide(&fresh, id, declined, NOW_MS - 30).await, None);
    let later = decide(&fresh, id, declined, NOW_MS - 10).await.unwrap();
    assert_eq!(later.decided_by, Some(Decider::Provider));
    assert_eq!(status(&fresh, "ana").await, IdentityStatus::Rejected);
    assert_eq!(later.ruling, ruled.ruling, "what was said stays");
    // The operator leaves: the check stays, and names nobody.
    let operator = user("operator");
    let erased = fresh.db.users.erase(&operator, "pseudonym", NOW_MS);
    assert_eq!(erased.await.unwrap(), Erased::Done);
    let left = stored(&fresh, id).await.unwrap().ruling.unwrap();
    assert_eq!((left.by, left.at_ms), (None, NOW_MS - 20));
}

async fn what_is_due_is_done_once(fresh: Fresh) {
    for name in ["ana", "ben"] {
        sign_up(&fresh, name).await;
    }
    let identities = &fresh.db.identities;
    let open = open(&fresh, "ana", 1, "s-1").await;
    let created = begin(&fresh, new("ben", 1), NOW_MS).await;
    assert_eq!(identities.oldest_open_ms().await.unwrap(), Some(NOW_MS));
    let due = |now_ms| async move { identities.due(now_ms, 9).await.unwrap() };
    assert_eq!(due(NOW_MS + FIRST_POLL_MS - 1).await, []);
    let now_ms = NOW_MS + FIRST_POLL_MS;
    assert_eq!(due(now_ms).await, slice::from_ref(&open.id));
    for expected in [true, false] {
        assert_eq!(identities.turn(&open.id, now_ms).await.unwrap(), expected);
    }
    let looks = tasks(&fresh, Lane::Identity).await;
    assert_eq!(looks.len(), 1, "{looks:?}");
    assert_eq!(looks[0].person, Some(user("ana")));
    let now_ms = NOW_MS + STARTED_WITHIN_MS;
    assert_eq!(due(now_ms).await, [open.id.clone(), created.id.clone()]);
    assert!(identities.turn(&created.id, now_ms).await.unwrap());
    let given_up = stored(&fresh, &created.id).await.unwrap();
    assert_eq!(given_up.state, State::Abandoned);
    assert_eq!(status(&fresh, "ben").await, IdentityStatus::NotSubmitted);
    let next = begin(&fresh, new("ben", 2), now_ms).await;
    assert_eq!(next.attempt, 2);
    // Long after it goes, and so does what the provider has of the other one.
    let now_ms = now_ms + KEPT_MS;
    assert!(identities.turn(&created.id, now_ms).await.unwrap());
    assert_eq!(stored(&fresh, &created.id).await, None);
    assert!(!identities.turn(&created.id, now_ms).await.unwrap());
    assert!(identities.turn(&open.id, now_ms).await.unwrap());
    assert_eq!(
        stored(&fresh, &open.id).await.unwrap().state,
        State::Abandoned
    );
    assert!(identities.turn(&open.id, now_ms + KEPT_MS).await.unwrap());
    assert_eq!(identities.oldest_open_ms().await.unwrap(), None);
    let tasks = tasks(&fresh, Lane::Identity).await;
    assert!(
        tasks.iter().any(|task| task.key == "identity-forget:s-1"),
        "{tasks:?}"
    );
}

async fn a_verified_identity_ends(fresh: Fresh) {
    sign_up(&fresh, "ana").await;
    let identities = &fresh.db.identities;
    let open = open(&fresh, "ana", 1, "s-1").await;
    decide(&fresh, &open.id, approved(1990), NOW_MS)
        .await
        .unwrap();
    let until_ms = NOW_MS + VALID_MS;
    let soon_ms = until_ms - RENEWED_BEFORE_MS;
    assert!(!identities.turn(&open.id, soon_ms - 1).await.unwrap());
    assert!(identities.turn(&open.id, soon_ms).await.unwrap());
    assert_eq!(status(&fresh, "ana").await, IdentityStatus::Verified);
    let expected = format!("identity_result:{}:expiring:{until_ms}", open.id);
    assert!(told(&fresh).await.contains(&expected));
    // It is checked again, and stays verified meanwhile.
    let renewed = begin(&fresh, new("ana", 2), soon_ms).await;
    assert_eq!(renewed.attempt, 2);
    assert_eq!(status(&fresh, "ana").await, IdentityStatus::Verified);
    assert!(identities.turn(&open.id, until_ms).await.unwrap());
    assert_eq!(stored(&fresh, &open.id).await.unwrap().state, State::Lapsed);
    // Nothing of it is left, and the newer check goes on.
    let expected = Identity {
        status: IdentityStatus::Pending,
        until_ms: None,
        birth_year: None,
    };
    assert_eq!(identity(&fresh, "ana").await, expected);
}

/// An older server erased the account, and did not know of its checks.
async fn a_check_without_an_account_is_removed(fresh: Fresh) {
    let dir = tempfile::tempdir().unwrap();
    let elsewhere = Database::embedded(&EmbeddedDb::open(dir.path()).unwrap());
    let elsewhere = Fresh::new(elsewhere, dir);
    for name in ["ana", "ben"] {
        sign_up(&elsewhere, name).await;
    }
    let with_session = open(&elsewhere, "ana", 1, "s-1").await;
    let without = begin(&elsewhere, new("ben", 1), NOW_MS).await;
    let kind = KINDS.iter().find(|kind| kind.table() == "verifications");
    let kind = kind.unwrap();
    let rows = elsewhere.db.rows.page(kind, None, 9).await.unwrap();
    fresh.db.rows.put(kind, rows).await.unwrap();

    let identities = &fresh.db.identities;
    let later_ms = NOW_MS + DAY_MS;
    assert_eq!(identities.due(later_ms, 9).await.unwrap().len(), 2);
    for check in [&with_session, &without] {
        assert!(identities.turn(&check.id, later_ms).await.unwrap());
        assert_eq!(stored(&fresh, &check.id).await, None);
    }
    assert_eq!(identities.due(later_ms, 9).await.unwrap(), []);
    let left = tasks(&fresh, Lane::Identity).await;
    let keys: Vec<&str> = left.iter().map(|task| task.key.as_str()).collect();
    assert_eq!(keys, ["identity-forget:s-1"]);
}

async fn checks_are_listed_newest_first_by_pages_and_state(fresh: Fresh) {
    let mut all = Vec::new();
    for (number, name) in (0..5_i64).zip(["a", "b", "c", "d", "e"]) {
        sign_up(&fresh, name).await;
        // Two of one moment.
        let at_ms = NOW_MS + number / 2;
        all.push(begin(&fresh, new(name, 1), at_ms).await);
    }
    let opened = fresh
        .db
        .identities
        .opened(&all[1].id, started("s-1"), NOW_MS);
    opened.await.unwrap();
    all.sort_by(|one, other| {
        let newest = |of: &Verification| (of.created_at_ms, of.id.clone());
        newest(other).cmp(&newest(one))
    });
    let expected: Vec<VerificationId> = all.iter().map(|one| one.id.clone()).collect();
    for state in [
        None,
        Some(State::Created),
        Some(State::Open),
        Some(State::Lapsed),
    ] {
        let mut found = Vec::new();
        let mut after = None;
        loop {
            let query = VerificationQuery {
                state,
                first: 2,
                after,
            };
            let page = fresh.db.identities.list(query).await.unwrap();
            found.extend(page.items.iter().map(|one| one.id.clone()));
            after = page.items.last().map(VerificationCursor::of);
            if !page.has_next_page {
                break;
            }
        }
        let is_open = |id: &VerificationId| *id == new("b", 1).id;
        let expected = expected.iter().filter(|id| match state {
            None => true,
            Some(State::Open) => is_open(id),
            Some(State::Created) => !is_open(id),
            Some(_) => false,
        });
        assert_eq!(found, expected.cloned().collect::<Vec<_>>(), "{state:?}");
    }
}

async fn an_erased_account_leaves_no_check_and_the_provider_deletes_its_sessions(fresh: Fresh) {
    for name in ["ana", "ben"] {
        sign_up(&fresh, name).await;
    }
    let first = open(&fresh, "ana", 1, "s-1").await;
    decide(&fresh, &first.id, Verdict::Declined(Reason::Other), NOW_MS).await;
    let second = open(&fresh, "ana", 2, "s-2").await;
    let of_another = open(&fresh, "ben", 1, "s-3").await;
    let hint = Hint {
        session: SessionId::parse("s-2").unwrap(),
        key: "veriff:s-2:9001:a".into(),
    };
    let identities = &fresh.db.identities;
    identities.hinted(hint.clone(), NOW_MS).await.unwrap();
    let erased = fresh
        .db
        .users
        .erase(&user("ana"), "pseudonym", NOW_MS)
        .await;
    assert_eq!(erased.unwrap(), Erased::Done);
    assert_eq!(identities.of_user(&user("ana")).await.unwrap(), []);
    assert!(stored(&fresh, &of_another.id).await.is_some());
    let left = tasks(&fresh, Lane::Identity).await;
    let keys: Vec<&str> = left.iter().map(|task| task.key.as_str()).collect();
    assert_eq!(keys, ["identity-forget:s-1", "identity-forget:s-2"]);
    for task in &left {
        assert_eq!(task.person, None);
        assert!(!task.work.contains(user("ana").as_str()), "{}", task.work);
    }
    assert_eq!(told(&fresh).await, [] as [String; 0]);
    // What comes late finds nobody.
    assert_eq!(
        identities.hinted(hint, NOW_MS).await.unwrap(),
        Hinted::Unknown
    );
    assert_eq!(
        decide(&fresh, &second.id, approved(1990), NOW_MS).await,
        None
    );
    assert!(!identities.turn(&second.id, i64::MAX / 2).await.unwrap());
}

async fn a_session_that_begins_during_the_erasure_is_deleted(fresh: Fresh) {
    sign_up(&fresh, "ana").await;
    let begun = begin(&fresh, new("ana", 1), NOW_MS).await;
    let erased = fresh
        .db
        .users
        .erase(&user("ana"), "pseudonym", NOW_MS)
        .await;
    assert_eq!(erased.unwrap(), Erased::Done);
    let opened = fresh
        .db
        .identities
        .opened(&begun.id, started("s-1"), NOW_MS);
    assert_eq!(opened.await.unwrap(), Opened::Gone);
    assert_eq!(stored(&fresh, &begun.id).await, None);
    let left = tasks(&fresh, Lane::Identity).await;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].key, "identity-forget:s-1");
}
