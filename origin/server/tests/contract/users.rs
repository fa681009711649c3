//! Accounts, their consents and their favourites.

mod addresses;

use std::collections::HashSet;

use access::codes::Codes;
use domain::analytics::{EventName, ProductEvent};
use domain::auth::codes::CodePurpose;
use domain::messages::{
    kind::{Channel, Kind},
    settings::{Switch, Switches},
};
use domain::queue::{Lane, NewTask, store::TaskFilter};
use domain::sentence::Language;
use domain::{
    Category, OfferId, PartnerId, UserId,
    users::{
        account::{
            Account, Consent, EmailKey, Identity, IdentityStatus, Membership, PasswordHash, Post,
            Preferences, Purpose, Role, Status,
        },
        change::{AccountChange, ProfileEdit},
        consents::Recorded,
        store::{Changed, Created, Erased, Favored, MAX_FAVORITES},
    },
};
use futures_util::future::join_all;

use crate::{
    backends::Fresh,
    runner::{Test, tests},
    samples::{self, NOW_MS},
};

pub(crate) const ADDRESSES: &[Test] = addresses::TESTS;

tests! {
    an_account_is_found_as_it_was_stored: [],
    no_two_accounts_have_one_address: [],
    an_account_is_stored_with_its_first_code_and_the_task_that_sends_it: [],
    of_many_that_take_one_address_at_once_one_has_it: [Transactions],
    a_change_is_stored_and_the_rest_stays: [],
    only_verified_numbers_are_unique: [],
    consents_are_added_and_never_changed: [],
    favourites_are_listed_newest_first_and_none_twice: [],
    favourites_have_an_end: [],
    an_erased_account_leaves_nothing_of_its_own: [],
    product_events_need_consent: [],
    who_agreed_to_product_events_is_forgotten_elsewhere: [],
}

fn switched_off() -> Switches {
    let mut switches = Switches::default();
    switches.set(Switch {
        kind: Kind::BookingReminder,
        channel: Channel::Push,
        enabled: false,
    });
    switches
}

pub(crate) fn account(name: &str) -> Account {
    Account {
        id: UserId::derive("user", name),
        email: format!("{name}@Example.fr"),
        email_verified_at_ms: Some(NOW_MS + 1),
        phone: None,
        phone_verified_at_ms: None,
        first_name: "Zoé".into(),
        last_name: "d'Été".into(),
        avatar: Some("https://example.fr/a.jpg".into()),
        preferences: Preferences {
            language: Language::English,
            categories: vec![Category::Bar, Category::Cinema],
            news_by_push: true,
            switches: switched_off(),
            ..Preferences::default()
        },
        identity: Identity {
            status: IdentityStatus::Verified,
            until_ms: Some(NOW_MS + 5),
            birth_year: Some(1990),
        },
        role: Role::Partner,
        memberships: Some(Membership::new(
            PartnerId::derive("partner", "p"),
            Post::Manager,
        ))
        .into(),
        status: Status::Active,
        password: PasswordHash::new("$2b$04$x"),
        epoch: 7,
        created_at_ms: NOW_MS,
        updated_at_ms: NOW_MS + 2,
    }
}

/// Stores an account with this id, unless there is one.
pub(crate) async fn sign_up(fresh: &Fresh, id: &UserId) {
    let users = &fresh.db.users;
    if users.by_id(id).await.unwrap().is_none() {
        let new = Account {
            id: id.clone(),
            memberships: None.into(),
            ..account(id.as_str())
        };
        assert_eq!(create(fresh, new).await, Created::Done);
    }
}

fn with_phone(name: &str, phone: &str) -> Account {
    Account {
        phone: Some(phone.into()),
        phone_verified_at_ms: Some(NOW_MS),
        ..account(name)
    }
}

fn consent(version: &str, granted: bool) -> Consent {
    Consent {
        purpose: Purpose::Terms,
        version: version.into(),
        granted,
        at_ms: NOW_MS,
    }
}

async fn create(fresh: &Fresh, account: Account) -> Created {
    fresh.db.users.create(account, vec![], None).await.unwrap()
}

fn edit(edit: ProfileEdit) -> AccountChange {
    AccountChange::Profile(Box::new(edit))
}

async fn an_account_is_found_as_it_was_stored(fresh: Fresh) {
    let plain = Account {
        email_verified_at_ms: None,
        avatar: None,
        preferences: Preferences::default(),
        role: Role::User,
        memberships: None.into(),
        ..account("plain")
    };
    for stored in [with_phone("full", "+33600000001"), plain] {
        assert_eq!(create(&fresh, stored.clone()).await, Created::Done);
        let users = &fresh.db.users;
        assert_eq!(users.by_id(&stored.id).await.unwrap(), Some(stored.clone()));
        let typed = EmailKey::of(&format!(" {} ", stored.email.to_uppercase()));
        assert_eq!(users.by_email(&typed).await.unwrap(), Some(stored.clone()));
        let standing = users.standing(&stored.id).await.unwrap();
        assert_eq!(standing, Some(stored.standing()));
    }
    let nobody = UserId::derive("user", "nobody");
    assert_eq!(fresh.db.users.by_id(&nobody).await.unwrap(), None);
    assert_eq!(fresh.db.users.standing(&nobody).await.unwrap(), None);
}

async fn no_two_accounts_have_one_address(fresh: Fresh) {
    let first = with_phone("ana", "+33600000001");
    assert_eq!(create(&fresh, first.clone()).await, Created::Done);
    let same_address = Account {
        email: first.email.to_uppercase(),
        ..account("ben")
    };
    assert_eq!(create(&fresh, same_address).await, Created::EmailTaken);
    // It was not stored, and accounts without a number do not have the same one.
    assert_eq!(create(&fresh, account("ben")).await, Created::Done);
    assert_eq!(create(&fresh, account("cho")).await, Created::Done);
}

async fn an_account_is_stored_with_its_first_code_and_the_task_that_sends_it(fresh: Fresh) {
    let (users, codes, queue) = (&fresh.db.users, &fresh.db.codes, &fresh.db.queue);
    let purpose = CodePurpose::VerifyEmail;
    let with_code = |account: &Account| {
        let (id, to) = (&account.id, &account.email);
        let code = Codes::new([1; 32]).stored(id, 0, purpose, to, "secret", NOW_MS);
        let task = samples::code_task(&code);
        (code, task)
    };
    let ana = account("ana");
    let (code, task) = with_code(&ana);
    let created = users.create(ana.clone(), vec![], Some((code.clone(), task.clone())));
    assert_eq!(created.await.unwrap(), Created::Done);
    assert_eq!(codes.get(&ana.id, purpose).await.unwrap(), Some(code));
    assert_eq!(queue.get(&task.key).await.unwrap(), Some(task.stored()));
    // Nothing is stored for an account that is not.
    let late = Account {
        email: ana.email.clone(),
        ..account("late")
    };
    let (code, task) = with_code(&late);
    let created = users.create(late.clone(), vec![], Some((code, task.clone())));
    assert_eq!(created.await.unwrap(), Created::EmailTaken);
    assert_eq!(codes.get(&late.id, purpose).await.unwrap(), None);
    assert_eq!(queue.get(&task.key).await.unwrap(), None);
}

async fn of_many_that_take_one_address_at_once_one_has_it(fresh: Fresh) {
    let attempts = (0..6).map(|number| {
        let rival = Account {
            email: "rival@example.fr".into(),
            ..account(&format!("rival {number}"))
        };
        create(&fresh, rival)
    });
    let outcomes = join_all(attempts).await;
    let done = outcomes.iter().filter(|one| **one == Created::Done).count();
    let taken = outcomes.iter().filter(|one| **one == Created::EmailTaken);
    assert_eq!((done, taken.count()), (1, 5), "{outcomes:?}");
}

async fn a_change_is_stored_and_the_rest_stays(fresh: Fresh) {
    let mut expected = with_phone("ana", "+33600000001");
    create(&fresh, expected.clone()).await;
    let changes = [
        edit(ProfileEdit {
            first_name: Some("Anne".into()),
            phone: Some(None),
            avatar: Some(None),
            ..ProfileEdit::default()
        }),
        AccountChange::Password {
            epoch: 7,
            to: PasswordHash::new("other"),
        },
        AccountChange::Status(Status::Disabled),
        AccountChange::Role(Role::Admin, None),
    ];
    for (change, now_ms) in changes.into_iter().zip(NOW_MS + 10..) {
        expected = change.apply(&expected, now_ms);
        let outcome = fresh.db.users.change(&expected.id, change, now_ms).await;
        assert_eq!(outcome.unwrap(), Changed::Done(Box::new(expected.clone())));
        let stored = fresh.db.users.by_id(&expected.id).await.unwrap();
        assert_eq!(stored.as_ref(), Some(&expected));
    }
    assert_eq!(expected.status, Status::Disabled);
    let nobody = UserId::derive("user", "nobody");
    let change = AccountChange::Status(Status::Active);
    let outcome = fresh.db.users.change(&nobody, change, NOW_MS).await;
    assert_eq!(outcome.unwrap(), Changed::NotFound);
}

/// E8.
async fn only_verified_numbers_are_unique(fresh: Fresh) {
    const PHONE: &str = "+33600000001";
    let unverified = |name: &str| Account {
        phone: Some(PHONE.into()),
        ..account(name)
    };
    for name in ["ana", "ben"] {
        assert_eq!(create(&fresh, unverified(name)).await, Created::Done);
    }
    assert_eq!(create(&fresh, account("cho")).await, Created::Done);
    let users = &fresh.db.users;
    let change = async |name: &str, change: AccountChange| {
        let changed = users.change(&account(name).id, change, NOW_MS).await;
        changed.unwrap()
    };
    let take = || {
        edit(ProfileEdit {
            phone: Some(Some(PHONE.to_owned())),
            ..ProfileEdit::default()
        })
    };
    let verify = || AccountChange::PhoneVerified(PHONE.into());
    assert!(matches!(change("ben", verify()).await, Changed::Done(_)));
    // Nobody else learns of it before the code is right.
    assert!(matches!(change("cho", take()).await, Changed::Done(_)));
    for name in ["ana", "cho"] {
        assert_eq!(change(name, verify()).await, Changed::PhoneTaken);
    }
    let renamed = edit(ProfileEdit {
        first_name: Some("Anne".into()),
        ..ProfileEdit::default()
    });
    for name in ["ana", "ben"] {
        assert!(matches!(
            change(name, renamed.clone()).await,
            Changed::Done(_)
        ));
    }
    // The number is free again.
    let none = edit(ProfileEdit {
        phone: Some(None),
        ..ProfileEdit::default()
    });
    change("ben", none).await;
    assert!(matches!(change("ana", verify()).await, Changed::Done(_)));
}

async fn consents_are_added_and_never_changed(fresh: Fresh) {
    let ana = account("ana");
    let users = &fresh.db.users;
    let created = users
        .create(ana.clone(), vec![consent("1", true)], None)
        .await;
    assert_eq!(created.unwrap(), Created::Done);
    let mut withdrawn = consent("1", false);
    withdrawn.at_ms += 1;
    let done = users.record_consent(&ana.id, withdrawn.clone()).await;
    assert_eq!(done.unwrap(), Recorded::Done(withdrawn.clone()));
    // E9: the same is not stored again.
    let mut again = withdrawn.clone();
    again.at_ms += 1;
    let before = users.record_consent(&ana.id, again).await;
    assert_eq!(before.unwrap(), Recorded::Before(withdrawn.clone()));
    let found = users.consents(&ana.id).await.unwrap();
    assert_eq!(found, [consent("1", true), withdrawn]);
    let nobody = UserId::derive("user", "nobody");
    assert_eq!(users.consents(&nobody).await.unwrap(), []);
}

async fn favourites_are_listed_newest_first_and_none_twice(fresh: Fresh) {
    let (ana, ben) = (account("ana").id, account("ben").id);
    for user in [&ana, &ben] {
        sign_up(&fresh, user).await;
    }
    let offers: Vec<OfferId> = (0..3)
        .map(|n| OfferId::derive("offer", &n.to_string()))
        .collect();
    let users = &fresh.db.users;
    for (offer, at_ms) in offers.iter().zip(NOW_MS..) {
        let added = users.add_favorite(&ana, offer, at_ms).await.unwrap();
        assert_eq!(added, Favored::Added);
    }
    let again = users.add_favorite(&ana, &offers[0], NOW_MS + 9).await;
    assert_eq!(again.unwrap(), Favored::AlreadyThere);
    users.add_favorite(&ben, &offers[1], NOW_MS).await.unwrap();
    let listed = users.favorites(&ana).await.unwrap();
    let mut newest_first: Vec<(OfferId, i64)> = offers.iter().cloned().zip(NOW_MS..).collect();
    newest_first.reverse();
    assert_eq!(listed, newest_first);
    assert!(users.remove_favorite(&ana, &offers[2]).await.unwrap());
    assert!(!users.remove_favorite(&ana, &offers[2]).await.unwrap());
    let among = users.favorites_among(&ana, &offers[1..]).await.unwrap();
    assert_eq!(among, HashSet::from([offers[1].clone()]));
    assert!(users.favorites_among(&ana, &[]).await.unwrap().is_empty());
}

async fn favourites_have_an_end(fresh: Fresh) {
    let ana = account("ana").id;
    sign_up(&fresh, &ana).await;
    let users = &fresh.db.users;
    let offer = |n: usize| OfferId::derive("offer", &n.to_string());
    for n in 0..MAX_FAVORITES {
        let added = users.add_favorite(&ana, &offer(n), NOW_MS).await.unwrap();
        assert_eq!(added, Favored::Added);
    }
    let full = users
        .add_favorite(&ana, &offer(MAX_FAVORITES), NOW_MS)
        .await;
    assert_eq!(full.unwrap(), Favored::Full);
    assert_eq!(users.favorites(&ana).await.unwrap().len(), MAX_FAVORITES);
}

async fn an_erased_account_leaves_nothing_of_its_own(fresh: Fresh) {
    let (ana, ben) = (with_phone("ana", "+33600000001"), account("ben"));
    let offer = OfferId::derive("offer", "a");
    let users = &fresh.db.users;
    for user in [&ana, &ben] {
        let consents = vec![consent("1", true)];
        users.create(user.clone(), consents, None).await.unwrap();
        users.add_favorite(&user.id, &offer, NOW_MS).await.unwrap();
    }
    let erased = users.erase(&ana.id, "pseudonym", NOW_MS).await.unwrap();
    assert_eq!(erased, Erased::Done);
    let again = users.erase(&ana.id, "another", NOW_MS).await.unwrap();
    assert_eq!(again, Erased::NotFound);
    assert_eq!(users.by_id(&ana.id).await.unwrap(), None);
    assert_eq!(users.by_email(&ana.email_key()).await.unwrap(), None);
    assert_eq!(users.consents(&ana.id).await.unwrap(), []);
    assert_eq!(users.favorites(&ana.id).await.unwrap(), []);
    // The neighbour has everything, and the address is free again.
    assert_eq!(users.by_id(&ben.id).await.unwrap(), Some(ben.clone()));
    assert_eq!(users.consents(&ben.id).await.unwrap().len(), 1);
    assert_eq!(users.favorites(&ben.id).await.unwrap().len(), 1);
    assert_eq!(create(&fresh, ana).await, Created::Done);
}

fn to_events(granted: bool, at_ms: i64) -> Consent {
    Consent {
        purpose: Purpose::Analytics,
        version: "1".into(),
        granted,
        at_ms,
    }
}

/// The keys of what is to be sent.
async fn events(fresh: &Fresh) -> Vec<String> {
    let filter = TaskFilter {
        lane: Some(Lane::Events),
        ..TaskFilter::default()
    };
    let tasks = fresh.db.queue.list(filter, 99).await.unwrap().into_iter();
    tasks.map(|task| task.key).collect()
}

fn searched(user: &UserId) -> NewTask {
    let event = ProductEvent {
        name: EventName::Searched,
        user: user.clone(),
        offer: None,
        at_ms: NOW_MS,
    };
    NewTask::of_report("e1", event, NOW_MS)
}

async fn product_events_need_consent(fresh: Fresh) {
    let (ana, ben, cleo) = (account("ana"), account("ben"), account("cleo"));
    let users = &fresh.db.users;
    let agreed = vec![consent("1", true), to_events(true, NOW_MS)];
    users.create(ana.clone(), agreed, None).await.unwrap();
    users
        .create(ben.clone(), vec![consent("1", true)], None)
        .await
        .unwrap();
    let both = vec![to_events(true, NOW_MS), to_events(false, NOW_MS + 1)];
    users.create(cleo.clone(), both, None).await.unwrap();
    let registered = format!("event:registered:{}", ana.id);
    assert_eq!(events(&fresh).await, std::slice::from_ref(&registered));
    let ids = [ana.id.clone(), ben.id.clone(), cleo.id.clone()];
    let agreeing = async || users.agreeing(&ids, Purpose::Analytics).await.unwrap();
    assert_eq!(agreeing().await, HashSet::from([ana.id.clone()]));
    assert!(
        users
            .agreeing(&[], Purpose::Analytics)
            .await
            .unwrap()
            .is_empty()
    );
    for (user, expected) in [(&ana, true), (&ben, false), (&cleo, false)] {
        for _ in 0..2 {
            let recorded = users
                .record_events(&user.id, vec![searched(&user.id)])
                .await;
            assert_eq!(recorded.unwrap(), expected, "{}", user.email);
        }
    }
    let reported = format!("event:searched:{}:e1", ana.id);
    assert_eq!(events(&fresh).await, [registered, reported]);
    users
        .record_consent(&ana.id, to_events(false, NOW_MS + 2))
        .await
        .unwrap();
    assert!(agreeing().await.is_empty());
    let recorded = users.record_events(&ana.id, vec![searched(&ana.id)]).await;
    assert!(!recorded.unwrap());
    let disabled = AccountChange::Status(Status::Disabled);
    for consent in [to_events(true, NOW_MS + 3)] {
        users.record_consent(&ana.id, consent).await.unwrap();
    }
    users.change(&ana.id, disabled, NOW_MS).await.unwrap();
    let recorded = users.record_events(&ana.id, vec![searched(&ana.id)]).await;
    assert!(!recorded.unwrap());
}

async fn who_agreed_to_product_events_is_forgotten_elsewhere(fresh: Fresh) {
    let (ana, ben) = (account("ana"), account("ben"));
    let users = &fresh.db.users;
    let once = vec![to_events(true, NOW_MS), to_events(false, NOW_MS + 1)];
    users.create(ana.clone(), once, None).await.unwrap();
    users
        .create(ben.clone(), vec![consent("1", true)], None)
        .await
        .unwrap();
    for user in [&ana, &ben] {
        let erased = users.erase(&user.id, user.email.as_str(), NOW_MS).await;
        assert_eq!(erased.unwrap(), Erased::Done);
    }
    assert_eq!(events(&fresh).await, [format!("forget:{}", ana.id)]);
}
