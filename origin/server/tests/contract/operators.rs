//! What operators do to accounts, and the audit of it.

use domain::{
    UserId,
    operators::{
        deed::{Deed, Entry, NewDeed, Number, Target},
        store::{AuditQuery, Operated, OperatedErasure},
    },
    users::{
        account::{Account, Membership, Post, Role, Status},
        change::AccountChange,
        store::{Changed, Erased},
    },
};
use futures_util::future::join_all;

use crate::{backends::Fresh, runner::tests, samples::NOW_MS, users::account};

tests! {
    each_entry_follows_the_one_before: [],
    the_audit_is_listed_newest_first_and_by_what_is_asked: [],
    of_many_deeds_at_once_each_has_its_place: [Transactions],
    a_change_is_recorded_with_it_and_a_refusal_is_not: [],
    one_administrator_stays: [],
    of_two_administrators_who_leave_at_once_one_stays: [Transactions],
    an_erasure_is_recorded_and_its_operator_keeps_the_name: [],
}

fn user(name: &str) -> UserId {
    UserId::derive("user", name)
}

fn deed(what: Deed, about: &str, at_ms: i64) -> NewDeed {
    NewDeed {
        at_ms,
        actor: format!("user {}", user("op")),
        deed: what,
        target: Some(Target::user(&user(about))),
        reason: "ticket 12".into(),
        request: format!("r{at_ms}"),
    }
}

async fn all(fresh: &Fresh) -> Vec<Entry> {
    let after = fresh.db.operators.audit_after(None, 100).await.unwrap();
    let mut last = None;
    for entry in &after {
        assert!(entry.follows(last.as_ref()), "{entry:?}");
        last = Some(entry.end());
    }
    after
}

async fn sign_up(fresh: &Fresh, name: &str, role: Role) -> Account {
    let account = Account {
        role,
        memberships: None.into(),
        status: Status::Active,
        phone: None,
        phone_verified_at_ms: None,
        ..account(name)
    };
    let created = fresh.db.users.create(account.clone(), vec![], None).await;
    created.unwrap();
    account
}

async fn each_entry_follows_the_one_before(fresh: Fresh) {
    let operators = &fresh.db.operators;
    assert_eq!(all(&fresh).await, []);
    let mut recorded = Vec::new();
    for at_ms in NOW_MS..NOW_MS + 5 {
        let what = deed(Deed::ReadUser, "ana", at_ms);
        recorded.push(operators.record(what).await.unwrap());
    }
    let without = NewDeed {
        target: None,
        reason: String::new(),
        ..deed(Deed::SendNews, "ana", NOW_MS)
    };
    recorded.push(operators.record(without).await.unwrap());
    assert_eq!(all(&fresh).await, recorded);
    let later = operators.audit_after(Some(Number(4)), 1).await.unwrap();
    assert_eq!(later, recorded[4..5]);
    assert_eq!(operators.audit_after(Some(Number(6)), 9).await.unwrap(), []);
}

async fn the_audit_is_listed_newest_first_and_by_what_is_asked(fresh: Fresh) {
    let operators = &fresh.db.operators;
    for (about, at_ms) in [("ana", 1), ("ben", 2), ("ana", 3), ("ana", 4)] {
        let what = deed(Deed::ReadUser, about, NOW_MS + at_ms);
        operators.record(what).await.unwrap();
    }
    let by_service = NewDeed {
        actor: "service support".into(),
        ..deed(Deed::SetStatus, "ben", NOW_MS + 5)
    };
    operators.record(by_service).await.unwrap();
    let numbers = async |query: AuditQuery| {
        let page = operators.audit(query).await.unwrap();
        let numbers: Vec<i64> = page.items.iter().map(|entry| entry.number.0).collect();
        (numbers, page.has_next_page)
    };
    let query = || AuditQuery {
        first: 2,
        ..AuditQuery::default()
    };
    assert_eq!(numbers(query()).await, (vec![5, 4], true));
    let next = |before| AuditQuery {
        before: Some(Number(before)),
        ..query()
    };
    assert_eq!(numbers(next(4)).await, (vec![3, 2], true));
    assert_eq!(numbers(next(2)).await, (vec![1], false));
    let of_ana = AuditQuery {
        target: Some(Target::user(&user("ana"))),
        ..query()
    };
    assert_eq!(numbers(of_ana.clone()).await, (vec![4, 3], true));
    let rest = AuditQuery {
        before: Some(Number(3)),
        ..of_ana
    };
    assert_eq!(numbers(rest).await, (vec![1], false));
    let by_service = AuditQuery {
        actor: Some("service support".into()),
        ..query()
    };
    assert_eq!(numbers(by_service).await, (vec![5], false));
    // From a moment on, and before another.
    let between = AuditQuery {
        from_ms: Some(NOW_MS + 2),
        until_ms: Some(NOW_MS + 4),
        ..query()
    };
    assert_eq!(numbers(between).await, (vec![3, 2], false));
    let nobody = AuditQuery {
        target: Some(Target::user(&user("nobody"))),
        ..query()
    };
    assert_eq!(numbers(nobody).await, (vec![], false));
}

async fn of_many_deeds_at_once_each_has_its_place(fresh: Fresh) {
    let deeds = (0..12).map(|n| {
        let what = deed(Deed::ReadUser, "ana", NOW_MS + n);
        fresh.db.operators.record(what)
    });
    for recorded in join_all(deeds).await {
        recorded.unwrap();
    }
    assert_eq!(all(&fresh).await.len(), 12);
}

async fn a_change_is_recorded_with_it_and_a_refusal_is_not(fresh: Fresh) {
    let operators = &fresh.db.operators;
    let ana = sign_up(&fresh, "ana", Role::User).await;
    let disable = AccountChange::Status(Status::Disabled);
    let what = deed(Deed::SetStatus, "ana", NOW_MS + 1);
    let changed = operators.change(&ana.id, disable.clone(), what.clone(), NOW_MS + 1);
    let after = disable.apply(&ana, NOW_MS + 1);
    let done = Operated::Changed(Changed::Done(Box::new(after.clone())));
    assert_eq!(changed.await.unwrap(), done);
    assert_eq!(fresh.db.users.by_id(&ana.id).await.unwrap(), Some(after));
    let recorded = all(&fresh).await;
    assert_eq!((recorded.len(), &recorded[0].deed), (1, &what));
    // Nobody is changed, and nothing recorded.
    let nobody = user("nobody");
    let changed = operators.change(&nobody, disable, what, NOW_MS);
    assert_eq!(changed.await.unwrap(), Operated::Changed(Changed::NotFound));
    assert_eq!(all(&fresh).await.len(), 1);
}

async fn one_administrator_stays(fresh: Fresh) {
    let operators = &fresh.db.operators;
    let op = sign_up(&fresh, "op", Role::Admin).await;
    let ana = sign_up(&fresh, "ana", Role::User).await;
    let to = |role| AccountChange::Administrator(role);
    let set = async |who: &Account, change: AccountChange| {
        let what = deed(Deed::SetRole, "ana", NOW_MS);
        let changed = operators.change(&who.id, change, what, NOW_MS).await;
        changed.unwrap()
    };
    for change in [to(Role::User), AccountChange::Status(Status::Disabled)] {
        assert_eq!(set(&op, change).await, Operated::LastAdministrator);
    }
    let erased = operators.erase(&op.id, "p", deed(Deed::EraseUser, "op", 0), NOW_MS);
    assert_eq!(erased.await.unwrap(), OperatedErasure::LastAdministrator);
    assert_eq!(all(&fresh).await, []);
    // One who is disabled is none.
    let ben = sign_up(&fresh, "ben", Role::Admin).await;
    let disable = AccountChange::Status(Status::Disabled);
    let disabled = set(&ben, disable).await;
    assert!(matches!(disabled, Operated::Changed(Changed::Done(_))));
    assert_eq!(set(&op, to(Role::User)).await, Operated::LastAdministrator);
    // Another takes the place.
    let Operated::Changed(Changed::Done(made)) = set(&ana, to(Role::Admin)).await else {
        panic!("an administrator");
    };
    assert_eq!(made.role, Role::Admin);
    let Operated::Changed(Changed::Done(left)) = set(&op, to(Role::User)).await else {
        panic!("a user");
    };
    assert_eq!(left.role, Role::User);
    assert_eq!(set(&ana, to(Role::User)).await, Operated::LastAdministrator);
}

async fn of_two_administrators_who_leave_at_once_one_stays(fresh: Fresh) {
    let mut people = Vec::new();
    for n in 0..4 {
        people.push(sign_up(&fresh, &format!("op{n}"), Role::Admin).await);
    }
    let leave = |who: &Account| {
        let (change, what) = (
            AccountChange::Administrator(Role::User),
            deed(Deed::SetRole, "op", NOW_MS),
        );
        let (operators, id) = (fresh.db.operators.clone(), who.id.clone());
        async move { operators.change(&id, change, what, NOW_MS).await.unwrap() }
    };
    let outcomes = join_all(people.iter().map(leave)).await;
    let stay = outcomes
        .iter()
        .filter(|one| **one == Operated::LastAdministrator);
    assert_eq!(stay.count(), 1, "{outcomes:?}");
    assert_eq!(all(&fresh).await.len(), 3);
}

async fn an_erasure_is_recorded_and_its_operator_keeps_the_name(fresh: Fresh) {
    let operators = &fresh.db.operators;
    let op = sign_up(&fresh, "op", Role::Admin).await;
    sign_up(&fresh, "second", Role::Admin).await;
    let ana = sign_up(&fresh, "ana", Role::User).await;
    let what = deed(Deed::EraseUser, "ana", NOW_MS);
    for expected in [Erased::Done, Erased::NotFound] {
        let erased = operators.erase(&ana.id, "pseudonym", what.clone(), NOW_MS);
        assert_eq!(erased.await.unwrap(), OperatedErasure::Erased(expected));
    }
    assert_eq!(fresh.db.users.by_id(&ana.id).await.unwrap(), None);
    // The only owner of a partner stays, and nobody records what was refused.
    let owner = sign_up(&fresh, "owner", Role::User).await;
    let membership = Membership::new(domain::PartnerId::derive("partner", "a"), Post::Owner);
    let join = AccountChange::Join(membership.clone());
    fresh
        .db
        .users
        .change(&owner.id, join, NOW_MS)
        .await
        .unwrap();
    let erased = operators.erase(&owner.id, "p", what.clone(), NOW_MS);
    let refused = Erased::LastOwner(membership.partner);
    assert_eq!(erased.await.unwrap(), OperatedErasure::Erased(refused));
    let recorded = all(&fresh).await;
    assert_eq!((recorded.len(), &recorded[0].deed), (1, &what));
    // The operator leaves as well: the entry has the id still, and the chain is whole.
    fresh.db.users.erase(&op.id, "gone", NOW_MS).await.unwrap();
    assert_eq!(all(&fresh).await, recorded);
}
