//! How long the way to offers takes.

use serde_json::{Value, json};

use super::person::{Person, register};
use crate::{
    app::{Answer, TestApp},
    fixtures::{offer, store},
    maps::World,
};

const TRAVEL: &str = "query T($f: LocationInput!, $o: [ID!]!) {
    travel(from: $f, offerIds: $o) { offer { id } walkMinutes transitMinutes isEstimate } }";
const WALK: &str = "query W($f: LocationInput!, $o: [ID!]!) {
    travel(from: $f, offerIds: $o) { walkMinutes } }";

/// Offers 0 and 9 are 0 and 900 m from it.
fn here() -> Value {
    json!({"lat": 48.856_600_4, "lng": 2.352_200_4})
}

async fn with_offers(app: TestApp) -> (TestApp, Person) {
    store(&app, "a", vec![offer("a", 0), offer("a", 9)]).await;
    let guest = register(&app, "ana").await;
    (app, guest)
}

fn ids(ids: &[&str]) -> Value {
    let of = |id: &&str| match *id {
        "near" => offer("a", 0).id.to_string(),
        "far" => offer("a", 9).id.to_string(),
        other => other.to_owned(),
    };
    ids.iter().map(of).collect()
}

async fn travel(app: &TestApp, guest: &Person, query: &str, offers: Value) -> Answer {
    guest
        .ask(app, query, json!({"f": here(), "o": offers}))
        .await
}

fn times(walk: i32, transit: i32, is_estimate: bool, of: &str) -> Value {
    json!({"offer": {"id": ids(&[of])[0]}, "walkMinutes": walk, "transitMinutes": transit,
        "isEstimate": is_estimate})
}

#[tokio::test]
async fn a_way_is_looked_up_and_never_kept() {
    let world = World::start().await;
    let (app, guest) = with_offers(world.app().await).await;
    app.publish(&[TRAVEL]).await;
    let asked = ids(&["far", "no id", "000000000000000000000000", "near", "far"]);
    for _ in 0..2 {
        let answer = travel(&app, &guest, TRAVEL, asked.clone()).await;
        assert_eq!(
            answer.data()["travel"],
            json!([times(11, 3, false, "far"), times(0, 0, false, "near")])
        );
        assert_eq!(answer.header("cache-control"), "private, no-store");
    }
    let asked = world.asked().await;
    // Each time anew, and no more exactly than a way needs it.
    assert_eq!(asked.len(), 4);
    for question in &asked {
        assert_eq!(question["from"], json!([48.8566, 2.3522]));
        assert_eq!(question["destinations"], 2);
    }
    let nobody = app
        .ask(TRAVEL, json!({"f": here(), "o": ids(&["near"])}))
        .await;
    assert_eq!(nobody.code(), "UNAUTHENTICATED");
}

#[tokio::test]
async fn only_times_that_are_asked_for_are_looked_up() {
    let world = World::start().await;
    let (app, guest) = with_offers(world.app().await).await;
    let answer = travel(&app, &guest, WALK, ids(&["near"])).await;
    assert_eq!(answer.data()["travel"], json!([{"walkMinutes": 0}]));
    let asked = world.asked().await;
    assert_eq!((asked.len(), &asked[0]["matrix"]), (1, &json!("WALK")));
    let none = travel(&app, &guest, TRAVEL, json!([])).await;
    assert_eq!(none.data()["travel"], json!([]));
    assert_eq!(world.asked().await.len(), 1);
}

#[tokio::test]
async fn without_maps_a_way_is_estimated() {
    let world = World::start().await;
    let (away, of_away) = with_offers(world.app().await).await;
    let (without, of_without) = with_offers(TestApp::start().await).await;
    world
        .order(
            "trouble",
            json!({"provider": "google", "times": 2, "trouble": {"kind": "fail", "status": 503}}),
        )
        .await;
    for (app, guest) in [(&away, &of_away), (&without, &of_without)] {
        let answer = travel(app, guest, TRAVEL, ids(&["near", "far"])).await;
        assert_eq!(
            answer.data()["travel"],
            json!([times(0, 0, true, "near"), times(15, 12, true, "far")])
        );
    }
    // One of two that is away.
    world.trouble(json!({"kind": "fail", "status": 503})).await;
    let mixed = travel(&away, &of_away, TRAVEL, ids(&["far"])).await;
    assert_eq!(mixed.data()["travel"][0]["isEstimate"], true);
    assert!(mixed.data()["travel"][0]["walkMinutes"].is_number());
}

#[tokio::test]
async fn what_is_asked_is_bounded() {
    let world = World::start().await;
    let builder = world.builder().rate_limits(10_000, 10_000);
    let builder = builder.budgets(|budgets| budgets.travel.most = 2.try_into().unwrap());
    let (app, guest) = with_offers(builder.start().await).await;
    let many: Value = std::iter::repeat_n(ids(&["near"])[0].clone(), 26).collect();
    let refused = travel(&app, &guest, TRAVEL, many).await;
    assert_eq!(refused.code(), "BAD_USER_INPUT");
    let off = json!({"f": {"lat": 91.0, "lng": 0.0}, "o": ids(&["near"])});
    let refused = guest.ask(&app, TRAVEL, off).await;
    assert_eq!(refused.code(), "LOCATION_OUT_OF_RANGE");
    for expected in ["", "", "RATE_LIMITED"] {
        let answer = travel(&app, &guest, TRAVEL, ids(&["near"])).await;
        assert_eq!(answer.code(), expected);
    }
}
