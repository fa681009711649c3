//! Another e-mail address of an account.

use access::codes::Codes;
use domain::auth::codes::{CodePurpose, StoredCode};
use domain::queue::NewTask;
use domain::{
    UserId,
    users::{
        account::{Account, EmailKey, PasswordHash},
        change::AccountChange,
        store::{Changed, Created},
    },
};
use futures_util::future::join_all;

use super::{account, create};
use crate::{
    backends::Fresh,
    runner::tests,
    samples::{self, NOW_MS},
};

tests! {
    an_address_changes_once_and_its_owner_is_told: [],
    an_address_that_another_has_is_not_taken: [],
    of_two_who_take_one_address_at_once_one_gets_it: [Transactions],
    a_proven_address_is_held_for_its_owner_as_long_as_the_way_back: [],
}

/// What tells the owner of the address before.
fn notice(of: &Account) -> (StoredCode, NewTask) {
    let (id, purpose) = (&of.id, CodePurpose::UndoEmailChange);
    let codes = Codes::new([1; 32]);
    let code = codes.stored(id, of.epoch + 1, purpose, &of.email, "secret", NOW_MS);
    let task = samples::code_task(&code);
    (code, task)
}

fn moved(of: &Account, to: &str) -> AccountChange {
    AccountChange::Email {
        epoch: of.epoch,
        to: to.to_owned(),
    }
}

async fn an_address_changes_once_and_its_owner_is_told(fresh: Fresh) {
    let (users, codes, queue) = (&fresh.db.users, &fresh.db.codes, &fresh.db.queue);
    let ana = account("ana");
    create(&fresh, ana.clone()).await;
    let (code, task) = notice(&ana);
    let change = moved(&ana, "New@example.fr");
    let after = change.apply(&ana, NOW_MS + 5);
    assert_eq!(
        (after.epoch, after.email.as_str()),
        (ana.epoch + 1, "New@example.fr")
    );
    assert_eq!(after.email_verified_at_ms, Some(NOW_MS + 5));
    let told = (code.clone(), task.clone());
    let changed = users.change_email(&ana.id, change.clone(), told, NOW_MS + 5);
    assert_eq!(
        changed.await.unwrap(),
        Changed::Done(Box::new(after.clone()))
    );
    assert_eq!(users.by_id(&ana.id).await.unwrap(), Some(after.clone()));
    let found = users.by_email(&EmailKey::of("new@example.fr")).await;
    assert_eq!(found.unwrap(), Some(after.clone()));
    assert_eq!(users.by_email(&ana.email_key()).await.unwrap(), None);
    let undo = codes.get(&ana.id, CodePurpose::UndoEmailChange).await;
    assert_eq!(undo.unwrap(), Some(code.clone()));
    assert_eq!(queue.get(&task.key).await.unwrap(), Some(task.stored()));
    // Once more, and of an epoch that is over: nothing changes, and nobody is told.
    let (other_code, other_task) = notice(&after);
    for change in [change, moved(&ana, "third@example.fr")] {
        let told = (other_code.clone(), other_task.clone());
        let changed = users.change_email(&ana.id, change, told, NOW_MS + 6);
        assert_eq!(
            changed.await.unwrap(),
            Changed::Done(Box::new(after.clone()))
        );
    }
    let undo = codes.get(&ana.id, CodePurpose::UndoEmailChange).await;
    assert_eq!(undo.unwrap(), Some(code));
    // The address goes back, once, with a password that nobody knows.
    let back = AccountChange::UndoEmail {
        to: ana.email.clone(),
        password: PasswordHash::new("random"),
    };
    let undone = back.apply(&after, NOW_MS + 7);
    assert_eq!((undone.epoch, &undone.email), (ana.epoch + 2, &ana.email));
    assert_eq!(undone.password, PasswordHash::new("random"));
    for at_ms in [NOW_MS + 7, NOW_MS + 8] {
        let changed = users.change(&ana.id, back.clone(), at_ms).await;
        assert_eq!(changed.unwrap(), Changed::Done(Box::new(undone.clone())));
    }
    let nobody = UserId::derive("user", "nobody");
    let changed = users.change_email(&nobody, moved(&ana, "x@example.fr"), notice(&after), NOW_MS);
    assert_eq!(changed.await.unwrap(), Changed::NotFound);
}

async fn an_address_that_another_has_is_not_taken(fresh: Fresh) {
    let (ana, ben) = (account("ana"), account("ben"));
    for account in [&ana, &ben] {
        create(&fresh, account.clone()).await;
    }
    let (users, codes) = (&fresh.db.users, &fresh.db.codes);
    let change = moved(&ana, &ben.email.to_uppercase());
    let changed = users.change_email(&ana.id, change, notice(&ana), NOW_MS);
    assert_eq!(changed.await.unwrap(), Changed::EmailTaken);
    assert_eq!(users.by_id(&ana.id).await.unwrap(), Some(ana.clone()));
    let undo = codes.get(&ana.id, CodePurpose::UndoEmailChange).await;
    assert_eq!(undo.unwrap(), None);
    // Nor is it given back to an account while another has it.
    let back = AccountChange::UndoEmail {
        to: ben.email.clone(),
        password: PasswordHash::new("random"),
    };
    let changed = users.change(&ana.id, back, NOW_MS).await;
    assert_eq!(changed.unwrap(), Changed::EmailTaken);
    assert_eq!(users.by_id(&ana.id).await.unwrap(), Some(ana));
}

async fn of_two_who_take_one_address_at_once_one_gets_it(fresh: Fresh) {
    let people: Vec<Account> = (0..6)
        .map(|number| account(&format!("p{number}")))
        .collect();
    for person in &people {
        create(&fresh, person.clone()).await;
    }
    let users = &fresh.db.users;
    let changes = people.iter().map(|person| {
        users.change_email(
            &person.id,
            moved(person, "one@example.fr"),
            notice(person),
            NOW_MS,
        )
    });
    let outcomes = join_all(changes).await;
    let taken = outcomes
        .iter()
        .filter(|one| matches!(one, Ok(Changed::EmailTaken)));
    let done = outcomes
        .iter()
        .filter(|one| matches!(one, Ok(Changed::Done(_))));
    assert_eq!((done.count(), taken.count()), (1, 5), "{outcomes:?}");
}

async fn a_proven_address_is_held_for_its_owner_as_long_as_the_way_back(fresh: Fresh) {
    let users = &fresh.db.users;
    let unproven = Account {
        email_verified_at_ms: None,
        ..account("ben")
    };
    let (ana, other) = (account("ana"), account("other"));
    for person in [&ana, &unproven, &other] {
        create(&fresh, person.clone()).await;
        if person.id != other.id {
            let to = format!("new-{}", person.email);
            let changed =
                users.change_email(&person.id, moved(person, &to), notice(person), NOW_MS);
            assert!(matches!(changed.await.unwrap(), Changed::Done(_)));
        }
    }
    let until_ms = notice(&ana).0.expires_at_ms;
    let registers = |name: &str, email: &str, at_ms: i64| Account {
        email: email.to_uppercase(),
        created_at_ms: at_ms,
        ..account(name)
    };
    let register = async |name, email, at_ms| {
        let created = users.create(registers(name, email, at_ms), vec![], None);
        created.await.unwrap()
    };
    // Nobody else gets it, by neither way.
    let taken = register("cho", &ana.email, until_ms - 1).await;
    assert_eq!(taken, Created::EmailTaken);
    let change = moved(&other, &ana.email);
    let changed = users.change_email(&other.id, change.clone(), notice(&other), until_ms - 1);
    assert_eq!(changed.await.unwrap(), Changed::EmailTaken);
    // What nobody has proven is held for nobody.
    let free = register("dan", &unproven.email, NOW_MS + 1).await;
    assert_eq!(free, Created::Done);
    // Its owner takes it back.
    let back = AccountChange::UndoEmail {
        to: ana.email.clone(),
        password: PasswordHash::new("random"),
    };
    let undone = users.change(&ana.id, back, NOW_MS + 2).await.unwrap();
    assert!(matches!(undone, Changed::Done(after) if after.email == ana.email));
    // Left for good, it is free when the way back is over.
    let eve = account("eve");
    create(&fresh, eve.clone()).await;
    let to = moved(&eve, "eve-now@example.fr");
    let changed = users.change_email(&eve.id, to, notice(&eve), NOW_MS).await;
    assert!(matches!(changed.unwrap(), Changed::Done(_)));
    let taken = register("eve-2", &eve.email, until_ms - 1).await;
    assert_eq!(taken, Created::EmailTaken);
    let free = register("eve-3", &eve.email, until_ms).await;
    assert_eq!(free, Created::Done);
}
