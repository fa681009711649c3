//! Product events: with consent alone, once, and forgotten with the person.

use std::sync::{Arc, Mutex};

use access::pseudonyms::Pseudonyms;
use async_trait::async_trait;
use delivery::ProductEvents;
use domain::{
    UserId,
    analytics::{
        EventName, ProductEvent,
        outlet::{Fate, OutgoingEvent, Outlet, Sent, Trouble},
    },
    queue::{
        Lane, NewTask, Task,
        store::{QueueStore as _, TaskFilter},
    },
    secret::Secret,
    sentence::Language,
    users::{
        account::{Consent, Purpose},
        store::{Erased, UserStore as _},
    },
};

use crate::world::{NOW_MS, World};

const HOUR_MS: i64 = 3_600_000;

/// Takes everything, unless it is told otherwise.
#[derive(Debug, Default)]
struct Taker {
    /// The fate of each event of the next call.
    next: Mutex<Option<Vec<Fate>>>,
    is_down: Mutex<bool>,
    taken: Mutex<Vec<OutgoingEvent>>,
    calls: Mutex<usize>,
    forgotten: Mutex<Vec<String>>,
}

#[async_trait]
impl Outlet for Taker {
    fn name(&self) -> &'static str {
        "taker"
    }

    async fn send(&self, events: &[OutgoingEvent]) -> Sent {
        *self.calls.lock().unwrap() += 1;
        if *self.is_down.lock().unwrap() {
            return Sent {
                fates: vec![Fate::Later { after_ms: None }; events.len()],
                trouble: Some(down()),
            };
        }
        let next = self.next.lock().unwrap().take();
        let fates = next.unwrap_or_else(|| vec![Fate::Taken; events.len()]);
        let of = events.iter().zip(&fates);
        let taken = of.filter(|(_, fate)| **fate == Fate::Taken);
        self.taken
            .lock()
            .unwrap()
            .extend(taken.map(|(event, _)| event.clone()));
        Sent {
            fates,
            trouble: None,
        }
    }

    async fn forget(&self, people: &[String]) -> Result<(), Trouble> {
        if *self.is_down.lock().unwrap() {
            return Err(down());
        }
        self.forgotten.lock().unwrap().extend_from_slice(people);
        Ok(())
    }

    fn most_forgotten(&self) -> usize {
        2
    }
}

fn down() -> Trouble {
    Trouble::Later {
        why: "503".to_owned(),
        after_ms: None,
    }
}

fn names() -> Pseudonyms {
    Pseudonyms::new(Secret::new("a key of this test"))
}

fn started() -> (World, Arc<Taker>) {
    let taker = Arc::new(Taker::default());
    let events = ProductEvents {
        outlet: Arc::clone(&taker) as Arc<_>,
        pseudonyms: names(),
    };
    (World::with_events(Some(events)), taker)
}

async fn agrees(world: &World, user: &UserId, granted: bool, at_ms: i64) {
    let consent = Consent {
        purpose: Purpose::Analytics,
        version: "1".to_owned(),
        granted,
        at_ms,
    };
    world.users.record_consent(user, consent).await.unwrap();
}

async fn report(world: &World, user: &UserId, id: &str) -> bool {
    let event = ProductEvent {
        name: EventName::Searched,
        user: user.clone(),
        offer: None,
        at_ms: world.now_ms(),
    };
    let task = NewTask::of_report(id, event, world.now_ms());
    world.users.record_events(user, vec![task]).await.unwrap()
}

async fn waiting(world: &World) -> Vec<Task> {
    let filter = TaskFilter {
        lane: Some(Lane::Events),
        ..TaskFilter::default()
    };
    world.queue.list(filter, 99).await.unwrap()
}

#[tokio::test]
async fn an_event_is_sent_once_under_a_pseudonym_and_kept_nowhere() {
    let (world, taker) = started();
    let user = world.sign_up_only("ana", Language::French).await;
    agrees(&world, &user, true, NOW_MS).await;
    assert!(report(&world, &user, "e1").await);
    assert!(report(&world, &user, "e1").await, "once more");
    assert_eq!(world.delivery.do_due().await.unwrap(), 0, "no message");
    assert_eq!(world.delivery.do_events().await.unwrap(), 1);
    let sent = taker.taken.lock().unwrap().clone();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].person, names().person(&user));
    assert_eq!(sent[0].at_ms, NOW_MS);
    assert!(!format!("{sent:?}").contains(user.as_str()), "{sent:?}");
    assert_eq!(waiting(&world).await, []);
    assert_eq!(world.delivery.do_events().await.unwrap(), 0);
}

#[tokio::test]
async fn nothing_is_sent_without_consent() {
    let (world, taker) = started();
    let user = world.sign_up_only("ana", Language::French).await;
    assert!(!report(&world, &user, "e1").await);
    agrees(&world, &user, true, NOW_MS).await;
    assert!(report(&world, &user, "e2").await);
    // It is withdrawn before the event is sent.
    agrees(&world, &user, false, NOW_MS + 1).await;
    assert_eq!(world.delivery.do_events().await.unwrap(), 1);
    assert_eq!(waiting(&world).await, []);
    assert!(!report(&world, &user, "e3").await);
    assert_eq!(*taker.calls.lock().unwrap(), 0);
}

#[tokio::test]
async fn what_is_not_taken_comes_again_until_it_would_count_twice() {
    let (world, taker) = started();
    let user = world.sign_up_only("ana", Language::French).await;
    agrees(&world, &user, true, NOW_MS).await;
    for id in ["e1", "e2", "e3"] {
        assert!(report(&world, &user, id).await);
    }
    let paused = Fate::Later {
        after_ms: Some(30_000),
    };
    *taker.next.lock().unwrap() = Some(vec![Fate::Taken, Fate::Refused, paused]);
    assert_eq!(world.delivery.do_events().await.unwrap(), 3);
    let left = waiting(&world).await;
    assert_eq!(left.len(), 1);
    assert!(left[0].due_at_ms >= NOW_MS + 30_000, "{left:?}");
    assert_eq!(world.delivery.do_events().await.unwrap(), 0);
    world.pass_ms(40_000);
    assert_eq!(world.delivery.do_events().await.unwrap(), 1);
    assert_eq!(taker.taken.lock().unwrap().len(), 2);
    // Down for more than a week.
    assert!(report(&world, &user, "e4").await);
    *taker.is_down.lock().unwrap() = true;
    for _ in 0..9 {
        world.delivery.do_events().await.unwrap();
        world.pass_ms(24 * HOUR_MS);
    }
    assert_eq!(waiting(&world).await, []);
    *taker.is_down.lock().unwrap() = false;
    assert_eq!(world.delivery.do_events().await.unwrap(), 0);
    assert_eq!(taker.taken.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn a_taker_that_is_down_is_not_asked_all_the_time() {
    let (world, taker) = started();
    let user = world.sign_up_only("ana", Language::French).await;
    agrees(&world, &user, true, NOW_MS).await;
    *taker.is_down.lock().unwrap() = true;
    for n in 0..8 {
        assert!(report(&world, &user, &format!("e{n}")).await);
        world.delivery.do_events().await.unwrap();
    }
    assert_eq!(*taker.calls.lock().unwrap(), 5);
    assert_eq!(waiting(&world).await.len(), 8);
    *taker.is_down.lock().unwrap() = false;
    world.pass_ms(HOUR_MS);
    world.delivery.do_events().await.unwrap();
    assert_eq!(taker.taken.lock().unwrap().len(), 8);
}

#[tokio::test]
async fn an_erased_person_is_forgotten_however_long_it_takes() {
    let (world, taker) = started();
    let user = world.sign_up_only("ana", Language::French).await;
    agrees(&world, &user, true, NOW_MS).await;
    agrees(&world, &user, false, NOW_MS + 1).await;
    let erased = world.users.erase(&user, "pseudonym", NOW_MS + 2).await;
    assert_eq!(erased.unwrap(), Erased::Done);
    // An event that another worker has now arrives first.
    assert_eq!(world.delivery.do_events().await.unwrap(), 0);
    *taker.is_down.lock().unwrap() = true;
    for _ in 0..150 {
        world.pass_ms(2 * HOUR_MS);
        assert_eq!(world.delivery.do_events().await.unwrap(), 1);
    }
    *taker.is_down.lock().unwrap() = false;
    world.pass_ms(2 * HOUR_MS);
    assert_eq!(world.delivery.do_events().await.unwrap(), 1);
    assert_eq!(*taker.forgotten.lock().unwrap(), [names().person(&user)]);
    assert_eq!(waiting(&world).await, []);
}

#[tokio::test]
async fn who_never_agreed_is_known_to_nobody() {
    let (world, taker) = started();
    let user = world.sign_up_only("ana", Language::French).await;
    let erased = world.users.erase(&user, "pseudonym", NOW_MS).await;
    assert_eq!(erased.unwrap(), Erased::Done);
    assert_eq!(waiting(&world).await, []);
    world.pass_ms(2 * HOUR_MS);
    world.delivery.do_events().await.unwrap();
    assert_eq!(*taker.forgotten.lock().unwrap(), [] as [String; 0]);
}

#[tokio::test]
async fn without_a_taker_events_are_removed() {
    let world = World::new();
    let user = world.sign_up_only("ana", Language::French).await;
    agrees(&world, &user, true, NOW_MS).await;
    assert!(report(&world, &user, "e1").await);
    assert_eq!(world.delivery.do_events().await.unwrap(), 1);
    assert_eq!(waiting(&world).await, []);
}
