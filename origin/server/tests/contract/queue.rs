//! The queue: who gets a task, and what becomes of it.

use access::codes::Codes;
use domain::{
    BookingId, UserId,
    auth::codes::CodePurpose,
    messages::{
        kind::Channel,
        letter::{Letter, NewDevice},
    },
    notifications::inbox::Entry,
    queue::{
        Lane, NewTask, State, Task,
        notice::BookingNotice,
        store::{End, LaneFigures, TaskFilter},
    },
    tags,
};
use futures_util::future::join_all;
use yousoon::database::Database;

use crate::{
    backends::Fresh,
    runner::tests,
    samples::{NOW_MS, code_task},
    users::sign_up,
};

tests! {
    a_task_has_one_worker_however_many_look: [],
    a_task_of_a_worker_that_died_has_another_one: [],
    a_lane_has_its_own_tasks_and_the_oldest_come_first: [],
    a_task_that_failed_comes_back_when_it_is_due: [],
    what_ended_stays_for_a_while_and_can_be_revived_if_it_was_given_up: [],
    a_task_is_divided_once_and_by_who_has_it: [],
    a_key_is_stored_once: [],
    what_is_reported_is_added_once_whoever_adds_it: [],
    an_erased_account_has_no_tasks: [],
    tasks_of_a_batch_are_removed_or_put_back_by_who_has_them: [],
}

const LEASE_MS: i64 = 60_000;

/// A code of this user, and the task that sends it.
async fn put(fresh: &Fresh, name: &str, now_ms: i64) -> NewTask {
    let user = UserId::derive("user", name);
    sign_up(fresh, &user).await;
    put_again(&fresh.db, &user, name, now_ms).await
}

async fn put_again(db: &Database, user: &UserId, secret: &str, now_ms: i64) -> NewTask {
    let codes = Codes::new([1; 32]);
    let purpose = CodePurpose::VerifyEmail;
    let code = codes.stored(user, 0, purpose, "ana@example.fr", secret, now_ms);
    let task = code_task(&code);
    assert!(db.codes.put(code, task.clone()).await.unwrap());
    task
}

async fn take(db: &Database, lease: &str, now_ms: i64, most: usize) -> Vec<Task> {
    let until_ms = now_ms + LEASE_MS;
    let taken = db.queue.take(Lane::Codes, lease, now_ms, until_ms, most);
    taken.await.unwrap()
}

async fn end(db: &Database, task: &NewTask, lease: &str, end: End) -> bool {
    db.queue.end(&task.key, lease, end, NOW_MS).await.unwrap()
}

fn sent() -> End {
    End::Sent {
        provider_id: "m1".to_owned(),
    }
}

fn keys(tasks: &[Task]) -> Vec<&str> {
    tasks.iter().map(|task| task.key.as_str()).collect()
}

async fn figures(db: &Database, now_ms: i64) -> (u64, u64, u64, Option<i64>) {
    let all = db.queue.figures(now_ms).await.unwrap();
    assert_eq!(all.len(), Lane::ALL.len());
    let LaneFigures {
        due,
        later,
        dead,
        oldest_due_at_ms,
        ..
    } = all.into_iter().find(|of| of.lane == Lane::Codes).unwrap();
    (due, later, dead, oldest_due_at_ms)
}

async fn a_task_has_one_worker_however_many_look(fresh: Fresh) {
    let mut stored = Vec::new();
    for name in ["ana", "ben", "cleo", "dora"] {
        stored.push(put(&fresh, name, NOW_MS).await.key);
    }
    let leases: Vec<String> = (0..8).map(|n| format!("worker {n}")).collect();
    let looks = leases.iter().map(|lease| take(&fresh.db, lease, NOW_MS, 3));
    let taken: Vec<Vec<Task>> = join_all(looks).await;
    assert!(taken.iter().all(|some| some.len() <= 3));
    let mut all: Vec<String> = taken
        .iter()
        .flatten()
        .map(|task| task.key.clone())
        .collect();
    // Those who looked at the same time may have left some.
    let rest = take(&fresh.db, "another", NOW_MS, 9).await;
    all.extend(rest.iter().map(|task| task.key.clone()));
    all.sort_unstable();
    stored.sort_unstable();
    assert_eq!(all, stored);
}

async fn a_task_of_a_worker_that_died_has_another_one(fresh: Fresh) {
    let task = put(&fresh, "ana", NOW_MS).await;
    let first = take(&fresh.db, "first", NOW_MS, 1).await;
    assert_eq!(first[0].attempts, 1);
    assert_eq!(first[0].work(), Some(task.work.clone()));
    assert!(
        take(&fresh.db, "second", NOW_MS + LEASE_MS - 1, 1)
            .await
            .is_empty()
    );
    let second = take(&fresh.db, "second", NOW_MS + LEASE_MS, 1).await;
    assert_eq!(
        (keys(&second), second[0].attempts),
        (vec![task.key.as_str()], 2)
    );
    // The first one was only slow, and has no say any more.
    let late = End::Dead {
        error: "late".to_owned(),
    };
    assert!(!end(&fresh.db, &task, "first", late).await);
    assert!(end(&fresh.db, &task, "second", sent()).await);
    assert!(!end(&fresh.db, &task, "second", sent()).await, "once");
    let done = fresh.db.queue.get(&task.key).await.unwrap().unwrap();
    assert_eq!((done.state, done.work.as_str()), (State::Done, ""));
    assert_eq!(done.provider_id.as_deref(), Some("m1"));
    assert_eq!(done.ended_at_ms, Some(NOW_MS));
    assert!(take(&fresh.db, "third", i64::MAX / 4, 1).await.is_empty());
}

async fn a_lane_has_its_own_tasks_and_the_oldest_come_first(fresh: Fresh) {
    let later = put(&fresh, "ana", NOW_MS + 2).await;
    let first = put(&fresh, "ben", NOW_MS).await;
    let second = put(&fresh, "cleo", NOW_MS + 1).await;
    for lane in [Lane::Notices, Lane::Campaigns] {
        let taken = fresh
            .db
            .queue
            .take(lane, "other", NOW_MS + 9, NOW_MS + 99, 9);
        assert_eq!(taken.await.unwrap(), []);
    }
    assert_eq!(
        figures(&fresh.db, NOW_MS + 1).await,
        (2, 1, 0, Some(NOW_MS))
    );
    let mut taken = take(&fresh.db, "worker", NOW_MS + 9, 2).await;
    taken.sort_by_key(|task| task.created_at_ms);
    assert_eq!(keys(&taken), [first.key.as_str(), second.key.as_str()]);
    let due_ms = NOW_MS + 2;
    assert_eq!(
        figures(&fresh.db, NOW_MS + 9).await,
        (1, 2, 0, Some(due_ms))
    );
    assert_eq!(
        keys(&take(&fresh.db, "next", NOW_MS + 9, 9).await),
        [later.key]
    );
}

async fn a_task_that_failed_comes_back_when_it_is_due(fresh: Fresh) {
    let task = put(&fresh, "ana", NOW_MS).await;
    let later = |counts| End::Later {
        due_at_ms: NOW_MS + 5_000,
        error: "é".repeat(1_000),
        counts,
    };
    take(&fresh.db, "a", NOW_MS, 1).await;
    assert!(end(&fresh.db, &task, "a", later(true)).await);
    assert!(take(&fresh.db, "b", NOW_MS + 4_999, 1).await.is_empty());
    let again = take(&fresh.db, "b", NOW_MS + 5_000, 1).await;
    assert_eq!(again[0].attempts, 2);
    assert_eq!(again[0].error.as_deref(), Some("é".repeat(300).as_str()));
    // Its provider was not asked.
    assert!(end(&fresh.db, &task, "b", later(false)).await);
    assert_eq!(take(&fresh.db, "c", NOW_MS + 5_000, 1).await[0].attempts, 2);
}

async fn what_ended_stays_for_a_while_and_can_be_revived_if_it_was_given_up(fresh: Fresh) {
    let (dead, done) = (
        put(&fresh, "ana", NOW_MS).await,
        put(&fresh, "ben", NOW_MS).await,
    );
    let waiting = put(&fresh, "cleo", NOW_MS + 9).await;
    let queue = &fresh.db.queue;
    take(&fresh.db, "a", NOW_MS, 2).await;
    let error = "refused".to_owned();
    assert!(end(&fresh.db, &dead, "a", End::Dead { error }).await);
    let why = "withdrawn";
    assert!(end(&fresh.db, &done, "a", End::Needless { why }).await);
    assert_eq!(figures(&fresh.db, NOW_MS).await, (0, 1, 1, None));
    let list = |state, after: Option<&str>| TaskFilter {
        state,
        lane: Some(Lane::Codes),
        after: after.map(ToOwned::to_owned),
    };
    for (state, task) in [
        (State::Dead, &dead),
        (State::Done, &done),
        (State::Waiting, &waiting),
    ] {
        let found = queue.list(list(Some(state), None), 9).await.unwrap();
        assert_eq!(keys(&found), [task.key.as_str()], "{state:?}");
    }
    let mut all = [&dead, &done, &waiting].map(|task| task.key.as_str());
    all.sort_unstable();
    let found = queue.list(list(None, Some(all[0])), 1).await.unwrap();
    assert_eq!(keys(&found), [all[1]]);
    // Only what was given up is tried again.
    let until_ms = NOW_MS + 1_000_000_000;
    for other in [&done, &waiting] {
        assert!(!queue.revive(&other.key, NOW_MS, until_ms).await.unwrap());
    }
    assert!(queue.revive(&dead.key, NOW_MS, until_ms).await.unwrap());
    let again = take(&fresh.db, "b", NOW_MS, 9).await;
    assert_eq!(
        (keys(&again), again[0].attempts),
        (vec![dead.key.as_str()], 1)
    );
    assert_eq!(
        (again[0].expires_at_ms, again[0].ended_at_ms),
        (until_ms, None)
    );
    // What is done stays until it is forgotten, and what waits until it is done.
    assert!(!queue.remove(&done.key).await.unwrap());
    assert_eq!(queue.forget(NOW_MS, 9).await.unwrap(), 0);
    assert_eq!(queue.forget(NOW_MS + 1, 9).await.unwrap(), 1);
    assert_eq!(queue.get(&done.key).await.unwrap(), None);
    assert!(queue.remove(&waiting.key).await.unwrap());
    assert!(!queue.remove(&waiting.key).await.unwrap());
}

async fn a_task_is_divided_once_and_by_who_has_it(fresh: Fresh) {
    let task = put(&fresh, "ana", NOW_MS).await;
    let first = take(&fresh.db, "slow", NOW_MS, 1).await.remove(0);
    let (user, booking) = (
        UserId::derive("user", "ana"),
        BookingId::derive("booking", "1"),
    );
    let about = (BookingNotice::Confirmed, &booking, &user);
    let of = |channel| NewTask::of_channel(&first, about, channel, NOW_MS);
    let letter = Letter::NewDevice(NewDevice {
        first_name: "Ana".to_owned(),
        device: None,
        signed_in_at_ms: NOW_MS,
    });
    let entry = Entry::new(&task.key, user.clone(), &letter, NOW_MS);
    let divided = |channels: &[Channel]| End::Divided {
        tasks: channels.iter().map(|channel| of(*channel)).collect(),
        entries: vec![entry.clone()],
    };
    take(&fresh.db, "quick", NOW_MS + LEASE_MS, 1).await;
    let late = divided(&[Channel::Sms]);
    assert!(!end(&fresh.db, &task, "slow", late).await);
    let inbox = async || fresh.db.notifications.page(&user, 9, None).await.unwrap();
    assert_eq!(inbox().await.items, []);
    let before = fresh.pending().await;
    let both = divided(&[Channel::Email, Channel::Push]);
    assert!(end(&fresh.db, &task, "quick", both.clone()).await);
    assert!(!end(&fresh.db, &task, "quick", both).await, "once");
    let done = fresh.db.queue.get(&task.key).await.unwrap().unwrap();
    assert_eq!((done.state, done.work.as_str()), (State::Done, ""));
    assert_eq!(done.ended_at_ms, Some(NOW_MS));
    let mut tasks = take(&fresh.db, "next", NOW_MS, 9).await;
    tasks.sort_by(|one, other| one.key.cmp(&other.key));
    let expected = ["email", "push"].map(|channel| format!("{}:{channel}", task.key));
    assert_eq!(keys(&tasks), expected.each_ref().map(String::as_str));
    assert_eq!(inbox().await.items, std::slice::from_ref(&entry));
    let announced = fresh.pending_after(&before).await;
    let announced: Vec<_> = announced.iter().map(|row| &row.purge.tags).collect();
    let told = vec![tags::inbox(&user), tags::inbox_entry(&entry.id)];
    assert_eq!(announced, [&told]);
    assert_eq!(tasks[0].person, Some(user));
    assert_eq!(tasks[0].expires_at_ms, first.expires_at_ms);
}

async fn a_key_is_stored_once(fresh: Fresh) {
    let task = put(&fresh, "ana", NOW_MS).await;
    take(&fresh.db, "a", NOW_MS, 1).await;
    assert!(end(&fresh.db, &task, "a", sent()).await);
    let user = UserId::derive("user", "ana");
    let same = put_again(&fresh.db, &user, "ana", NOW_MS + 1).await;
    assert_eq!(same.key, task.key);
    assert!(take(&fresh.db, "b", NOW_MS + 9, 1).await.is_empty());
    // Another code is another task.
    let other = put_again(&fresh.db, &user, "other", NOW_MS + 2).await;
    assert_eq!(
        keys(&take(&fresh.db, "b", NOW_MS + 9, 9).await),
        [other.key]
    );
}

async fn what_is_reported_is_added_once_whoever_adds_it(fresh: Fresh) {
    let user = UserId::derive("user", "ana");
    sign_up(&fresh, &user).await;
    let task = NewTask {
        key: "stripe:evt_1".to_owned(),
        ..code_task(&Codes::new([1; 32]).stored(
            &user,
            0,
            CodePurpose::VerifyEmail,
            "ana@example.fr",
            "ana",
            NOW_MS,
        ))
    };
    let adding = (0..8).map(|_| fresh.db.queue.add(task.clone()));
    let added = join_all(adding).await.into_iter().map(Result::unwrap);
    assert_eq!(added.filter(|is_new| *is_new).count(), 1);
    let taken = take(&fresh.db, "a", NOW_MS, 9).await;
    assert_eq!(keys(&taken), [task.key.as_str()]);
    // Also when it is done.
    assert!(end(&fresh.db, &task, "a", sent()).await);
    assert!(!fresh.db.queue.add(task).await.unwrap());
    assert!(take(&fresh.db, "b", NOW_MS + LEASE_MS, 9).await.is_empty());
}

async fn an_erased_account_has_no_tasks(fresh: Fresh) {
    let (ana, ben) = (
        put(&fresh, "ana", NOW_MS).await,
        put(&fresh, "ben", NOW_MS).await,
    );
    let user = UserId::derive("user", "ana");
    fresh
        .db
        .users
        .erase(&user, "pseudonym", NOW_MS)
        .await
        .unwrap();
    assert_eq!(fresh.db.queue.get(&ana.key).await.unwrap(), None);
    assert_eq!(keys(&take(&fresh.db, "a", NOW_MS, 9).await), [ben.key]);
}

async fn tasks_of_a_batch_are_removed_or_put_back_by_who_has_them(fresh: Fresh) {
    let mut all = Vec::new();
    for name in ["ana", "ben", "cleo"] {
        all.push(put(&fresh, name, NOW_MS).await.key);
    }
    assert_eq!(take(&fresh.db, "mine", NOW_MS, 9).await.len(), 3);
    let queue = &fresh.db.queue;
    assert_eq!(queue.remove_taken(&all, "another").await.unwrap(), 0);
    assert_eq!(queue.put_back(&all, "another", 0, "").await.unwrap(), 0);
    assert_eq!(queue.remove_taken(&[], "mine").await.unwrap(), 0);
    let (one, two) = all.split_at(1);
    assert_eq!(queue.remove_taken(one, "mine").await.unwrap(), 1);
    assert_eq!(queue.remove_taken(one, "mine").await.unwrap(), 0);
    assert_eq!(queue.get(&one[0]).await.unwrap(), None);
    let due_at_ms = NOW_MS + 5;
    let put_back = queue.put_back(two, "mine", due_at_ms, "down").await;
    assert_eq!(put_back.unwrap(), 2);
    let again = queue.put_back(two, "mine", due_at_ms, "down").await;
    assert_eq!(again.unwrap(), 0, "the lease is over");
    assert_eq!(keys(&take(&fresh.db, "next", NOW_MS + 4, 9).await), [""; 0]);
    let taken = take(&fresh.db, "next", NOW_MS + 5, 9).await;
    assert_eq!(taken.len(), 2);
    assert_eq!(taken[0].error.as_deref(), Some("down"));
    assert_eq!(taken[0].attempts, 2);
}
