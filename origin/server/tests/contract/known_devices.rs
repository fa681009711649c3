//! The devices from which somebody signed in.

use domain::{
    UserId,
    auth::known_devices::{KEPT_MS, KnownDevice, MOST, Met, SEEN_AGAIN_MS, SignIn},
    queue::{State, Work},
    users::{account::Status, change::AccountChange},
};
use futures_util::future::join_all;

use crate::{backends::Fresh, runner::tests, samples::NOW_MS, users::sign_up};

tests! {
    a_new_device_is_stored_with_the_task_that_tells_it: [],
    devices_of_an_account_have_an_end: [],
    of_sign_ins_from_one_device_at_once_one_is_told: [Transactions],
    without_an_active_account_no_device_is_stored: [],
}

fn user(name: &str) -> UserId {
    UserId::derive("user", name)
}

async fn meet(fresh: &Fresh, name: &str, hash: &str, now_ms: i64) -> Met {
    let sign_in = SignIn {
        user: user(name),
        hashes: vec![hash.to_owned(), format!("before {hash}")],
        device: Some("Firefox, Linux".to_owned()),
        now_ms,
    };
    fresh.db.known_devices.meet(sign_in).await.unwrap()
}

async fn known(fresh: &Fresh, name: &str) -> Vec<(String, i64)> {
    let known = fresh.db.known_devices.of_user(&user(name)).await.unwrap();
    let known = known.into_iter();
    known
        .map(|KnownDevice { hash, seen_at_ms }| (hash, seen_at_ms - NOW_MS))
        .collect()
}

async fn a_new_device_is_stored_with_the_task_that_tells_it(fresh: Fresh) {
    for name in ["ana", "ben"] {
        sign_up(&fresh, &user(name)).await;
    }
    for (hash, at_ms, expected) in [
        // The first one is the owner's.
        ("a", 0, Met::Known),
        ("a", 1, Met::Known),
        ("b", 2, Met::New),
        ("b", 3, Met::Known),
        ("a", SEEN_AGAIN_MS, Met::Known),
    ] {
        let met = meet(&fresh, "ana", hash, NOW_MS + at_ms).await;
        assert_eq!(met, expected, "{hash} {at_ms}");
    }
    let seen = [("a".to_owned(), SEEN_AGAIN_MS), ("b".to_owned(), 2)];
    assert_eq!(known(&fresh, "ana").await, seen);
    // Of another account it is the first one.
    assert_eq!(meet(&fresh, "ben", "b", NOW_MS).await, Met::Known);
    let key = |name: &str| format!("new_device:{}:b", user(name));
    let task = fresh.db.queue.get(&key("ana")).await.unwrap();
    let task = task.expect("a task");
    assert_eq!(
        (task.state, task.person.clone()),
        (State::Waiting, Some(user("ana")))
    );
    let expected = Work::NewDevice {
        user: user("ana"),
        device: Some("Firefox, Linux".to_owned()),
        at_ms: NOW_MS + 2,
        channel: None,
    };
    assert_eq!(task.work(), Some(expected));
    assert_eq!(fresh.db.queue.get(&key("ben")).await.unwrap(), None);
    // A device that was stored under a key of before.
    assert_eq!(meet(&fresh, "ben", "before c", NOW_MS + 1).await, Met::New);
    assert_eq!(meet(&fresh, "ben", "c", NOW_MS + 2).await, Met::Known);
    let seen = [("c".to_owned(), 2), ("b".to_owned(), 0)];
    assert_eq!(known(&fresh, "ben").await, seen);
}

async fn devices_of_an_account_have_an_end(fresh: Fresh) {
    sign_up(&fresh, &user("ana")).await;
    for number in 0..=MOST {
        let at_ms = NOW_MS + i64::try_from(number).unwrap();
        meet(&fresh, "ana", &format!("{number:03}"), at_ms).await;
    }
    let hashes: Vec<String> = known(&fresh, "ana")
        .await
        .into_iter()
        .map(|one| one.0)
        .collect();
    assert_eq!(hashes.len(), MOST);
    assert!(!hashes.contains(&"000".to_owned()), "{hashes:?}");
    // After a long time nothing is known, and the next device is the first one again.
    let later_ms = NOW_MS + KEPT_MS + 1_000;
    assert_eq!(meet(&fresh, "ana", "x", later_ms).await, Met::Known);
    assert_eq!(known(&fresh, "ana").await.len(), 1);
}

async fn of_sign_ins_from_one_device_at_once_one_is_told(fresh: Fresh) {
    sign_up(&fresh, &user("ana")).await;
    meet(&fresh, "ana", "a", NOW_MS).await;
    let met = join_all((0..6).map(|_| meet(&fresh, "ana", "b", NOW_MS + 1))).await;
    let new = met.iter().filter(|met| **met == Met::New).count();
    assert_eq!(new, 1, "{met:?}");
}

async fn without_an_active_account_no_device_is_stored(fresh: Fresh) {
    assert_eq!(meet(&fresh, "nobody", "a", NOW_MS).await, Met::NoAccount);
    sign_up(&fresh, &user("ana")).await;
    meet(&fresh, "ana", "a", NOW_MS).await;
    let disabled = AccountChange::Status(Status::Disabled);
    let users = &fresh.db.users;
    users.change(&user("ana"), disabled, NOW_MS).await.unwrap();
    assert_eq!(meet(&fresh, "ana", "b", NOW_MS).await, Met::NoAccount);
    assert_eq!(known(&fresh, "ana").await.len(), 1);
    users
        .erase(&user("ana"), "pseudonym", NOW_MS)
        .await
        .unwrap();
    assert_eq!(known(&fresh, "ana").await, []);
}
