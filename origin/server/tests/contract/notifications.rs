//! Devices and inboxes: found again, kept within their limits, and forgotten.

use access::codes::Codes;
use domain::{
    NotificationId, UserId,
    auth::codes::CodePurpose,
    messages::letter::{Letter, NewDevice},
    notifications::{
        device::{Device, DeviceId, MOST_DEVICES, Platform},
        inbox::{Entry, InboxCursor, MOST_ENTRIES},
        store::{Marked, Registered},
    },
    queue::{Lane, store::End},
    users::store::Erased,
};
use yousoon::database::Database;

use crate::{
    backends::Fresh,
    runner::tests,
    samples::{NOW_MS, code_task},
    users::sign_up,
};

tests! {
    a_device_is_seen_again_and_moves_to_who_signs_in_on_it: [],
    of_too_many_devices_those_seen_longest_ago_go: [],
    an_inbox_is_paged_newest_first_and_read: [],
    an_inbox_has_an_end: [],
    an_erased_account_has_no_devices_and_no_inbox: [],
}

fn id(name: &str) -> DeviceId {
    DeviceId::parse(&format!("00000000-device-{name}")).unwrap()
}

async fn person(fresh: &Fresh, name: &str) -> UserId {
    let user = UserId::derive("user", name);
    sign_up(fresh, &user).await;
    user
}

async fn register(db: &Database, user: &UserId, device: &str, now_ms: i64) -> Device {
    let device = id(device);
    let registered = db
        .notifications
        .register(user, &device, Platform::Ios, now_ms);
    match registered.await.unwrap() {
        Registered::Done(device) => device,
        Registered::NoAccount => panic!("there is an account"),
    }
}

async fn devices(db: &Database, user: &UserId) -> Vec<DeviceId> {
    let devices = db.notifications.devices(user).await.unwrap().into_iter();
    devices.map(|device| device.id).collect()
}

/// Stores an entry as a worker does, with the end of a task.
pub(crate) async fn tell(db: &Database, user: &UserId, what: &str, now_ms: i64) -> Entry {
    let codes = Codes::new([1; 32]);
    let code = codes.stored(user, 0, CodePurpose::VerifyEmail, "a@b.fr", what, now_ms);
    let task = code_task(&code);
    assert!(db.codes.put(code, task.clone()).await.unwrap());
    let taken = db.queue.take(Lane::Codes, "w", now_ms, now_ms + 9, 99);
    assert_eq!(taken.await.unwrap().len(), 1);
    let letter = Letter::NewDevice(NewDevice {
        first_name: "Ana".to_owned(),
        device: Some(what.to_owned()),
        signed_in_at_ms: now_ms,
    });
    let entry = Entry::new(&task.key, user.clone(), &letter, now_ms);
    let end = End::Divided {
        tasks: vec![],
        entries: vec![entry.clone()],
    };
    assert!(db.queue.end(&task.key, "w", end, now_ms).await.unwrap());
    entry
}

async fn a_device_is_seen_again_and_moves_to_who_signs_in_on_it(fresh: Fresh) {
    let (ana, ben) = (person(&fresh, "ana").await, person(&fresh, "ben").await);
    let (db, store) = (&fresh.db, &fresh.db.notifications);
    let first = register(db, &ana, "phone", NOW_MS).await;
    let found = store.devices(&ana).await.unwrap();
    assert_eq!(found, std::slice::from_ref(&first));
    let again = register(db, &ana, "phone", NOW_MS + 5).await;
    let expected = Device {
        seen_at_ms: NOW_MS + 5,
        ..first
    };
    assert_eq!(again, expected);
    assert_eq!(store.devices(&ana).await.unwrap(), [expected]);
    let moved = register(db, &ben, "phone", NOW_MS + 6).await;
    assert_eq!((&moved.user, moved.created_at_ms), (&ben, NOW_MS + 6));
    assert_eq!(devices(db, &ana).await, []);
    assert_eq!(store.devices(&ben).await.unwrap(), [moved]);
    // Only its owner removes it, and the provider.
    assert!(!store.remove_device(&ana, &id("phone")).await.unwrap());
    assert!(store.remove_device(&ben, &id("phone")).await.unwrap());
    assert!(!store.remove_device(&ben, &id("phone")).await.unwrap());
    for device in ["phone", "tablet", "laptop"] {
        register(db, &ben, device, NOW_MS).await;
    }
    let gone = [id("phone"), id("tablet"), id("nobodys")];
    assert_eq!(store.forget_devices(&gone).await.unwrap(), 2);
    assert_eq!(devices(db, &ben).await, [id("laptop")]);
}

async fn of_too_many_devices_those_seen_longest_ago_go(fresh: Fresh) {
    let (ana, ben) = (person(&fresh, "ana").await, person(&fresh, "ben").await);
    let db = &fresh.db;
    register(db, &ben, "bens", NOW_MS - 9).await;
    for n in 0..10 {
        register(db, &ana, &n.to_string(), NOW_MS + n).await;
    }
    register(db, &ana, "0", NOW_MS + 20).await;
    // Its server's clock is behind.
    register(db, &ana, "new", NOW_MS - 5).await;
    let left = devices(db, &ana).await;
    assert_eq!(left.len(), MOST_DEVICES);
    for (name, stays) in [("0", true), ("1", false), ("2", true), ("new", true)] {
        assert_eq!(left.contains(&id(name)), stays, "{name}");
    }
    assert_eq!(left[0], id("0"), "seen last");
    assert_eq!(devices(db, &ben).await, [id("bens")]);
}

async fn an_inbox_is_paged_newest_first_and_read(fresh: Fresh) {
    let (ana, ben) = (person(&fresh, "ana").await, person(&fresh, "ben").await);
    let (db, store) = (&fresh.db, &fresh.db.notifications);
    let mut all = Vec::new();
    // Two at one moment.
    for (what, at_ms) in [("1", 1), ("2", 2), ("3", 2), ("4", 3)] {
        all.push(tell(db, &ana, what, NOW_MS + at_ms).await);
    }
    let bens = tell(db, &ben, "5", NOW_MS + 4).await;
    all.sort_by(|one, other| (other.at_ms, &other.id).cmp(&(one.at_ms, &one.id)));
    let (mut found, mut after) = (Vec::new(), None);
    for has_next_page in [true, true, true, false] {
        let page = store.page(&ana, 1, after).await.unwrap();
        assert_eq!(page.has_next_page, has_next_page);
        after = page.items.last().map(InboxCursor::of);
        found.extend(page.items);
    }
    assert_eq!(found, all);
    assert_eq!(store.page(&ana, 9, after).await.unwrap().items, []);
    assert_eq!(store.unread(&ana).await.unwrap(), 4);
    // Those of others are not marked.
    let these = Marked::These(vec![all[0].id.clone(), all[2].id.clone(), bens.id]);
    for marked in [2, 0] {
        let count = store.mark_read(&ana, &these, NOW_MS + 9).await.unwrap();
        assert_eq!(count, marked);
    }
    assert_eq!(store.unread(&ana).await.unwrap(), 2);
    let count = store.mark_read(&ana, &Marked::All, NOW_MS + 10).await;
    assert_eq!(count.unwrap(), 2);
    let page = store.page(&ana, 9, None).await.unwrap().items;
    let read: Vec<_> = page.iter().map(|entry| entry.read_at_ms).collect();
    let expected = [9, 10, 9, 10].map(|ms| Some(NOW_MS + ms));
    assert_eq!(read, expected);
    assert_eq!(store.unread(&ana).await.unwrap(), 0);
    assert_eq!(store.unread(&ben).await.unwrap(), 1);
}

async fn an_inbox_has_an_end(fresh: Fresh) {
    let ana = person(&fresh, "ana").await;
    let (db, store) = (&fresh.db, &fresh.db.notifications);
    let mut ids: Vec<NotificationId> = Vec::new();
    for n in 0..203 {
        ids.push(tell(db, &ana, &n.to_string(), NOW_MS + n).await.id);
    }
    let page = store.page(&ana, 300, None).await.unwrap().items;
    let found: Vec<_> = page.into_iter().rev().map(|entry| entry.id).collect();
    assert_eq!(found.len(), MOST_ENTRIES);
    assert_eq!(found, ids[3..]);
    let before_ms = NOW_MS + 5;
    for forgotten in [1, 1, 0] {
        let count = store.forget_entries(before_ms, 1).await.unwrap();
        assert_eq!(count, forgotten);
    }
    let page = store.page(&ana, 300, None).await.unwrap().items;
    assert_eq!(page.last().map(|entry| &entry.id), Some(&ids[5]));
}

async fn an_erased_account_has_no_devices_and_no_inbox(fresh: Fresh) {
    let (ana, ben) = (person(&fresh, "ana").await, person(&fresh, "ben").await);
    let db = &fresh.db;
    for (user, name) in [(&ana, "ana"), (&ben, "ben")] {
        register(db, user, name, NOW_MS).await;
        tell(db, user, name, NOW_MS).await;
    }
    let erased = db.users.erase(&ana, "pseudonym", NOW_MS).await;
    assert_eq!(erased.unwrap(), Erased::Done);
    let device = id("ana");
    let again = db
        .notifications
        .register(&ana, &device, Platform::Web, NOW_MS);
    assert_eq!(again.await.unwrap(), Registered::NoAccount);
    for (user, left) in [(&ana, 0), (&ben, 1)] {
        assert_eq!(devices(db, user).await.len(), left);
        let page = db.notifications.page(user, 9, None).await.unwrap();
        assert_eq!(page.items.len(), left);
    }
}
