//! Google Maps against its fake.

use domain::{
    Address, GeoPoint,
    maps::{
        Candidate, Maps, MapsError, Precision, Suggestion, Typed,
        travel::{By, Way},
    },
    secret::Secret,
    sentence::Language,
};
use google::Google;
use serde_json::{Value, json};

use crate::world::World;

const HERE: GeoPoint = GeoPoint {
    lat: 48.8566,
    lng: 2.3522,
};

fn address(street: &str) -> Address {
    Address {
        street: street.to_owned(),
        city: "Paris".to_owned(),
        postcode: "75004".to_owned(),
        country: "FR".to_owned(),
    }
}

fn typed(text: &str, session: &str) -> Typed {
    Typed {
        text: text.to_owned(),
        session: session.to_owned(),
        near: Some(HERE),
        language: Language::French,
    }
}

async fn geocode(google: &Google, street: &str) -> Result<Vec<Candidate>, MapsError> {
    google.geocode(&address(street), Language::French).await
}

#[tokio::test]
async fn an_address_becomes_places() {
    let world = World::start().await;
    let google = world.google();
    let house = geocode(&google, "2 rue de Rivoli").await.unwrap();
    assert_eq!(house.len(), 1);
    assert_eq!(house[0].precision, Precision::Building);
    assert_eq!(house[0].address, "2 rue de Rivoli, 75004 Paris, FR");
    assert_eq!(house[0].postcode.as_deref(), Some("75004"));
    assert_eq!(geocode(&google, "2 rue de Rivoli").await.unwrap(), house);
    let street = geocode(&google, "rue de Rivoli").await.unwrap();
    assert_eq!(street[0].precision, Precision::Area);
    let order = json!([{"asked": "Nulle part", "results": []}]);
    world.control("places", order).await;
    assert_eq!(geocode(&google, "9 Nulle part").await.unwrap(), []);
}

#[tokio::test]
async fn a_text_becomes_suggestions() {
    let world = World::start().await;
    let google = world.google();
    let found = google.suggest(&typed("2 rue", "s-1")).await.unwrap();
    let expected = Suggestion {
        place_id: found[0].place_id.clone(),
        text: "2 rue, Paris, France".to_owned(),
        main: "2 rue".to_owned(),
        secondary: Some("Paris, France".to_owned()),
    };
    assert_eq!(found, [expected]);
    let order = json!([{"asked": "nulle", "results": []}]);
    world.control("places", order).await;
    assert_eq!(google.suggest(&typed("nulle", "s-1")).await.unwrap(), []);
    let long = google.suggest(&typed("2 rue", &"s".repeat(37))).await;
    assert_eq!(
        long.unwrap_err().to_string(),
        "refused: 400 INVALID_ARGUMENT"
    );
}

#[tokio::test]
async fn ways_come_in_the_order_of_their_ends() {
    let world = World::start().await;
    let google = world.google();
    let north = |km: f64| GeoPoint {
        lat: HERE.lat + km / 111.195,
        lng: HERE.lng,
    };
    let to = [north(1.0), north(500.0), north(2.0)];
    let ways = google.ways(HERE, &to, By::Foot).await.unwrap();
    assert_eq!(ways, [Way::Takes(720), Way::Missing, Way::Takes(1_440)]);
    let ways = google.ways(HERE, &to[..1], By::Transit).await.unwrap();
    assert_eq!(ways, [Way::Takes(180)]);
    assert_eq!(google.ways(HERE, &[], By::Foot).await.unwrap(), []);
    let asked: Vec<Value> = world.get("control/asked").await.json().await.unwrap();
    assert_eq!(
        asked[0],
        json!({"matrix": "WALK", "from": [48.8566, 2.3522], "destinations": 3})
    );
    assert_eq!(asked.len(), 2, "nothing is asked about no places");
}

#[tokio::test]
async fn a_wrong_key_and_trouble_are_told_apart() {
    let world = World::start().await;
    let mut config = world.google_config();
    config.key = Secret::new("another-key-than-that");
    let stranger = Google::new(&config).unwrap();
    let refused = geocode(&stranger, "2 rue").await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "refused: 400 INVALID_ARGUMENT API_KEY_INVALID"
    );
    let google = world.google();
    for (trouble, expected, after_ms) in [
        (
            json!({"kind": "fail", "status": 429, "retry_after": "7"}),
            "not now: 429",
            Some(7_000),
        ),
        (json!({"kind": "fail", "status": 503}), "not now: 503", None),
        (json!({"kind": "hang"}), "not now: timed out", None),
    ] {
        for call in ["geocode", "suggest", "ways"] {
            world.trouble("google", trouble.clone()).await;
            let error = match call {
                "geocode" => geocode(&google, "2 rue").await.err(),
                "suggest" => google.suggest(&typed("2 rue", "s")).await.err(),
                _ => google.ways(HERE, &[HERE], By::Foot).await.err(),
            };
            let error = error.unwrap();
            assert_eq!(error.to_string(), expected, "{call}");
            let MapsError::Later { after_ms: asks, .. } = error else {
                panic!("{error}");
            };
            assert_eq!(asks, after_ms);
        }
    }
}
