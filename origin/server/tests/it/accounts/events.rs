//! Product events, from what people do to Amplitude.

use std::time::Duration;

use domain::secret::Secret;
use fake_providers::{Fake, Secrets};
use provider_http::Mode;
use serde_json::{Value, json};
use yousoon::config::{EventsConfig, ProvidersConfig};

use super::person::{Person, input, registering};
use crate::{
    app::{Answer, TestApp},
    fixtures::{NOW_MS, offer, store},
};

const REPORT: &str = "mutation R($e: [ReportedEventInput!]!) { recordEvents(events: $e) }";
const HOUR_MS: i64 = 3_600_000;

struct World {
    fake: Fake,
    app: TestApp,
}

impl World {
    async fn start() -> Self {
        let (fake, secrets) = (
            Fake::start(Secrets::default()).await.unwrap(),
            Secrets::default(),
        );
        let base: reqwest::Url = fake.url("amplitude").parse().unwrap();
        let events = EventsConfig {
            amplitude: amplitude::Config {
                events: base.clone(),
                privacy: base,
                mode: Mode::Development,
                timeout: Duration::from_secs(5),
                key: Secret::new(secrets.amplitude_key),
                secret: Secret::new(secrets.amplitude_secret),
            },
            pseudonym_key: Secret::new("a key of this test"),
        };
        let app = TestApp::builder().providers(ProvidersConfig {
            events: Some(events),
            ..ProvidersConfig::default()
        });
        let app = app.start().await;
        store(&app, "a", vec![offer("a", 0)]).await;
        Self { fake, app }
    }

    async fn register(&self, name: &str, agrees: bool) -> Person {
        let mut input = input(name);
        input["consents"] = json!([{"purpose": "ANALYTICS", "version": "1", "granted": agrees}]);
        let answer = Answer::of(registering(&self.app, &input)).await;
        Person::of(&answer.data()["register"])
    }

    async fn report(&self, who: &Person, events: Value) -> Answer {
        who.ask(&self.app, REPORT, json!({ "e": events })).await
    }

    /// Sends what is due; what Amplitude has then.
    async fn kept(&self, what: &str) -> Vec<Value> {
        self.app.state.delivery.do_events().await.unwrap();
        let url = self.fake.url(&format!("control/{what}"));
        let answer = self.app.client.get(url).send().await.unwrap();
        answer.json().await.unwrap()
    }
}

fn event(id: &str, kind: &str) -> Value {
    let offer = (kind != "SEARCHED").then(|| offer("a", 0).id.to_string());
    json!({"id": id, "kind": kind, "offerId": offer, "at": "2026-01-01T00:00:00Z"})
}

fn rfc3339(moment_ms: i64) -> String {
    let moment = chrono::DateTime::from_timestamp_millis(moment_ms);
    moment.unwrap().to_rfc3339()
}

fn at(mut event: Value, at_ms: i64) -> Value {
    event["at"] = rfc3339(at_ms).into();
    event
}

#[tokio::test]
async fn what_people_who_agreed_do_is_counted_under_another_name() {
    let world = World::start().await;
    let ana = world.register("ana", true).await;
    let ben = world.register("ben", false).await;
    let some = json!([
        at(event("e1", "OFFER_VIEWED"), NOW_MS - 5),
        at(event("e2", "SHARED"), NOW_MS),
        at(event("e3", "SEARCHED"), NOW_MS + HOUR_MS),
        at(event("e4", "SEARCHED"), NOW_MS - 7 * 24 * HOUR_MS),
    ]);
    // Twice, as an app that heard no answer.
    for _ in 0..2 {
        let counted = world.report(&ana, some.clone()).await;
        assert_eq!(counted.data()["recordEvents"], 3, "one is too old");
    }
    let counted = world.report(&ben, some).await;
    assert_eq!(counted.data()["recordEvents"], 0);
    let book = "mutation B($o: ID!) { createBooking(offerId: $o) { id } }";
    for person in [&ana, &ben] {
        let variables = json!({"o": offer("a", 0).id});
        person.ask(&world.app, book, variables).await.data();
    }
    let kept = world.kept("events").await;
    let mut names: Vec<_> = kept
        .iter()
        .map(|event| event["event_type"].as_str().unwrap())
        .collect();
    names.sort_unstable();
    let expected = ["booked", "offer_viewed", "registered", "searched", "shared"];
    assert_eq!(names, expected);
    let text = Value::from(kept.clone()).to_string();
    for personal in [ana.id.as_str(), &ben.id, "ana", "Zoé"] {
        assert!(!text.contains(personal), "{text}");
    }
    let person = &kept[0]["user_id"];
    assert!(
        kept.iter().all(|event| event["user_id"] == *person),
        "{text}"
    );
    for event in &kept {
        let is_about_an_offer =
            !["registered", "searched"].contains(&event["event_type"].as_str().unwrap());
        let about = &event["event_properties"]["offer_id"];
        assert_eq!(about.is_string(), is_about_an_offer, "{event}");
        assert!(event["time"].as_i64().unwrap() <= NOW_MS, "{event}");
    }
}

#[tokio::test]
async fn an_erased_person_is_forgotten_by_amplitude() {
    let world = World::start().await;
    let ana = world.register("ana", true).await;
    let person = world.kept("events").await[0]["user_id"].clone();
    let delete = r#"mutation D { deleteMyAccount(password: "correct horse") }"#;
    let deleted = ana.ask(&world.app, delete, json!({})).await;
    assert_eq!(deleted.data()["deleteMyAccount"], true, "{}", deleted.text);
    assert_eq!(world.kept("forgotten").await, [] as [Value; 0]);
    world.app.pass_ms(HOUR_MS);
    assert_eq!(world.kept("forgotten").await, [person]);
    assert_eq!(world.kept("events").await, [] as [Value; 0]);
}

#[tokio::test]
async fn a_report_is_bounded_and_says_what_is_wrong() {
    let world = World::start().await;
    let ana = world.register("ana", true).await;
    let many: Value = (0..51)
        .map(|n| event(&format!("e{n}"), "SEARCHED"))
        .collect();
    assert_eq!(world.report(&ana, many).await.code(), "BAD_USER_INPUT");
    let mut search_of_an_offer = event("e1", "SEARCHED");
    search_of_an_offer["offerId"] = offer("a", 0).id.as_str().into();
    for (wrong, field) in [
        (event("a b", "SEARCHED"), "events[1].id"),
        (search_of_an_offer, "events[1].offerId"),
    ] {
        let refused = world
            .report(&ana, json!([event("e0", "SHARED"), wrong]))
            .await;
        assert_eq!(refused.code(), "BAD_USER_INPUT");
        assert_eq!(refused.json()["errors"][0]["extensions"]["field"], field);
    }
    let none = world.report(&ana, json!([])).await;
    assert_eq!(none.data()["recordEvents"], 0);
    let nobody = world.app.ask(REPORT, json!({"e": []})).await;
    assert_eq!(nobody.code(), "UNAUTHENTICATED");
}
