//! Amplitude against its fake.

use amplitude::Amplitude;
use domain::{
    OfferId,
    analytics::{
        EventName,
        outlet::{Fate, OutgoingEvent, Outlet, Trouble},
    },
    secret::Secret,
};
use serde_json::{Value, json};

use crate::world::World;

fn event(id: &str, person: &str) -> OutgoingEvent {
    OutgoingEvent {
        id: id.to_owned(),
        person: person.to_owned(),
        name: EventName::Booked,
        offer: Some(OfferId::derive("offer", "1")),
        at_ms: 1_790_000_000_000,
    }
}

async fn kept(world: &World, what: &str) -> Vec<Value> {
    let answer = world.get(&format!("control/{what}")).await;
    answer.json().await.unwrap()
}

const LATER: Fate = Fate::Later { after_ms: None };

#[tokio::test]
async fn an_event_is_kept_once() {
    let world = World::start().await;
    let amplitude = world.amplitude();
    let events = [event("event-1", "person-1"), event("event-2", "person-2")];
    for _ in 0..2 {
        let sent = amplitude.send(&events).await;
        assert_eq!(sent.fates, [Fate::Taken, Fate::Taken]);
        assert_eq!(sent.trouble, None);
    }
    let kept = kept(&world, "events").await;
    assert_eq!(kept.len(), 2);
    assert_eq!(
        kept[0],
        json!({"user_id": "person-1", "event_type": "booked", "time": 1_790_000_000_000_i64,
            "insert_id": "event-1",
            "event_properties": {"offer_id": OfferId::derive("offer", "1")}})
    );
}

#[tokio::test]
async fn what_is_refused_does_not_hold_up_the_rest() {
    let world = World::start().await;
    let events = [
        event("event-1", "person-1"),
        event("event-2", "p"),
        event("event-3", "person-3"),
    ];
    let sent = world.amplitude().send(&events).await;
    assert_eq!(sent.fates, [Fate::Taken, Fate::Refused, Fate::Taken]);
    assert_eq!(sent.trouble, None);
    let kept = kept(&world, "events").await;
    let ids: Vec<_> = kept.iter().map(|event| &event["insert_id"]).collect();
    assert_eq!(ids, ["event-1", "event-3"]);
}

#[tokio::test]
async fn trouble_says_when_to_come_back() {
    let world = World::start().await;
    let amplitude = world.amplitude();
    let events = [event("event-1", "person-1"), event("event-2", "person-2")];
    let paused = Fate::Later {
        after_ms: Some(30_000),
    };
    let too_fast = json!({"code": 429, "throttled_events": [1]}).to_string();
    for (trouble, fates, said) in [
        (
            json!({"kind": "fail", "status": 429, "body": too_fast}),
            [LATER, paused],
            "not now: 429",
        ),
        (
            json!({"kind": "fail", "status": 429}),
            [paused, paused],
            "not now: 429",
        ),
        (
            json!({"kind": "fail", "status": 503}),
            [LATER, LATER],
            "not now: 503",
        ),
        (
            json!({"kind": "hang"}),
            [LATER, LATER],
            "not now: timed out",
        ),
        (
            json!({"kind": "fail", "status": 403}),
            [LATER, LATER],
            "refused: 403",
        ),
    ] {
        world.trouble("amplitude", trouble).await;
        let sent = amplitude.send(&events).await;
        assert_eq!(sent.fates, fates);
        assert_eq!(sent.trouble.unwrap().to_string(), said);
    }
    assert_eq!(kept(&world, "events").await, [] as [Value; 0]);
    // Too large: both halves are taken.
    world
        .trouble("amplitude", json!({"kind": "fail", "status": 413}))
        .await;
    let sent = amplitude.send(&events).await;
    assert_eq!((sent.fates, sent.trouble), (vec![Fate::Taken; 2], None));
}

#[tokio::test]
async fn the_answer_that_was_lost_makes_no_second_event() {
    let world = World::start().await;
    let amplitude = world.amplitude();
    world.trouble("amplitude", json!({"kind": "swallow"})).await;
    let events = [event("event-1", "person-1")];
    assert_eq!(amplitude.send(&events).await.fates, [LATER]);
    assert_eq!(amplitude.send(&events).await.fates, [Fate::Taken]);
    assert_eq!(kept(&world, "events").await.len(), 1);
}

#[tokio::test]
async fn a_person_is_forgotten_also_if_nothing_is_known() {
    let world = World::start().await;
    let amplitude = world.amplitude();
    let events = [event("event-1", "person-1"), event("event-2", "person-2")];
    amplitude.send(&events).await;
    let people = ["person-1".to_owned(), "person-9".to_owned()];
    assert_eq!(amplitude.forget(&people).await, Ok(()));
    let kept_events = kept(&world, "events").await;
    assert_eq!(kept_events.len(), 1);
    assert_eq!(kept(&world, "forgotten").await, people);
    let mut config = world.amplitude_config();
    config.secret = Secret::new("another-secret-than-that");
    let stranger = Amplitude::new(&config).unwrap();
    let refused = stranger.forget(&people).await.unwrap_err();
    assert_eq!(refused.to_string(), "refused: 401");
    world
        .trouble("amplitude", json!({"kind": "fail", "status": 429}))
        .await;
    let Err(Trouble::Later { after_ms, .. }) = amplitude.forget(&people).await else {
        panic!("a pause");
    };
    assert_eq!(after_ms, Some(2_000));
}
