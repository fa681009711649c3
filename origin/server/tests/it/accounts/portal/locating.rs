//! Establishments whose location nobody gave.

use domain::users::account::Post;
use serde_json::{Value, json};

use super::{serve, works_for};
use crate::{
    app::{Answer, TestApp},
    fixtures::{establishment, offer, partner, store},
    maps::World,
};

const ADD: &str = "mutation A($id: ID!, $i: CreateEstablishmentInput!, $k: String) {
    createEstablishment(partnerId: $id, input: $i, idempotencyKey: $k) { id location { lat lng } } }";
const CHANGE: &str = "mutation C($id: ID!, $i: UpdateEstablishmentInput!) {
    updateEstablishment(id: $id, input: $i) { address { street } location { lat lng } } }";
const SUGGEST: &str = "query S($t: String!, $s: ID!, $n: LocationInput) {
    placeSuggestions(text: $t, sessionToken: $s, near: $n) { placeId text mainText secondaryText } }";

fn address(street: &str) -> Value {
    json!({"street": street, "city": "Paris", "postalCode": "75004"})
}

fn place(street: &str) -> Value {
    json!({"id": partner("a").id, "i": {"name": "Le Zinc", "address": address(street)}})
}

fn result(lat: f64, granularity: &str, postcode: &str) -> Value {
    json!({"location": {"latitude": lat, "longitude": 2.35}, "granularity": granularity,
        "formattedAddress": format!("2 rue Neuve, {postcode} Paris"),
        "postalAddress": {"postalCode": postcode, "regionCode": "FR"}})
}

async fn with_partners(app: TestApp) -> TestApp {
    store(&app, "a", vec![offer("a", 0)]).await;
    app
}

async fn started() -> (World, TestApp) {
    let world = World::start().await;
    let app = with_partners(world.app().await).await;
    (world, app)
}

fn errors(answer: &Answer) -> Value {
    answer.json()["errors"][0]["extensions"].clone()
}

#[tokio::test]
async fn an_address_without_a_location_is_looked_up() {
    let (world, app) = started().await;
    let found = json!([{"asked": "2 rue Neuve", "results": [result(48.85, "ROOFTOP", "75004")]}]);
    world.order("places", found).await;
    let mut variables = place("2 rue Neuve");
    variables["k"] = "key".into();
    let added = serve(&app, ADD, variables.clone()).await.data();
    let made = &added["createEstablishment"];
    assert_eq!(made["location"], json!({"lat": 48.85, "lng": 2.35}));
    // The same once more is not looked up.
    world.order("reset", json!({})).await;
    let again = serve(&app, ADD, variables).await.data();
    assert_eq!(&again["createEstablishment"], made);
    assert_eq!(world.asked().await, [] as [Value; 0]);
    // A location that is given is not looked up either.
    let mut given = place("3 rue Neuve");
    given["i"]["location"] = json!({"lat": 48.9, "lng": 2.4});
    let added = serve(&app, ADD, given).await.data();
    let location = &added["createEstablishment"]["location"];
    assert_eq!(*location, json!({"lat": 48.9, "lng": 2.4}));
    assert_eq!(world.asked().await, [] as [Value; 0]);
}

#[tokio::test]
async fn an_address_that_is_not_clear_is_refused_with_what_it_may_mean() {
    let (world, app) = started().await;
    let two = [
        result(48.85, "ROOFTOP", "75004"),
        result(48.86, "ROOFTOP", "75004"),
    ];
    let orders = json!([
        {"asked": "nulle part", "results": []},
        {"asked": "rue Double", "results": two},
        {"asked": "rue Longue", "results": [result(48.85, "GEOMETRIC_CENTER", "75004")]},
        {"asked": "rue Voisine", "results": [result(48.85, "ROOFTOP", "75003")]},
    ]);
    world.order("places", orders).await;
    let refused = serve(&app, ADD, place("2 nulle part")).await;
    assert_eq!(errors(&refused), json!({"code": "ADDRESS_NOT_FOUND"}));
    let refused = serve(&app, ADD, place("2 rue Double")).await;
    assert_eq!(
        errors(&refused),
        json!({"code": "ADDRESS_AMBIGUOUS", "candidates": [
            {"address": "2 rue Neuve, 75004 Paris", "location": {"lat": 48.85, "lng": 2.35}},
            {"address": "2 rue Neuve, 75004 Paris", "location": {"lat": 48.86, "lng": 2.35}},
        ]})
    );
    for street in ["2 rue Longue", "2 rue Voisine"] {
        let refused = serve(&app, ADD, place(street)).await;
        assert_eq!(refused.code(), "ADDRESS_AMBIGUOUS", "{street}");
        let candidates = errors(&refused)["candidates"].clone();
        assert_eq!(candidates.as_array().unwrap().len(), 1, "{street}");
    }
    // What is wrong with the rest is said first, and nothing is asked for.
    let asked = world.asked().await.len();
    let mut wrong = place("2 rue Double");
    wrong["i"]["name"] = "A".into();
    assert_eq!(serve(&app, ADD, wrong).await.code(), "BAD_USER_INPUT");
    assert_eq!(world.asked().await.len(), asked);
}

#[tokio::test]
async fn an_establishment_follows_its_address() {
    let (world, app) = started().await;
    let found = json!([{"asked": "2 rue Neuve", "results": [result(48.85, "ROOFTOP", "75004")]}]);
    world.order("places", found).await;
    let id = establishment("a").id;
    let before = establishment("a");
    let moved = json!({"id": id, "i": {"address": address("2 rue Neuve")}});
    let moved = serve(&app, CHANGE, moved).await.data();
    let place = &moved["updateEstablishment"];
    assert_eq!(place["location"], json!({"lat": 48.85, "lng": 2.35}));
    let asked = world.asked().await.len();
    for edit in [
        // The address that it has.
        json!({"address": address("2 rue Neuve")}),
        json!({"name": "Ailleurs"}),
        json!({"address": address("9 rue Neuve"), "location": {"lat": 48.85, "lng": 2.35}}),
    ] {
        let edited = serve(&app, CHANGE, json!({"id": id, "i": edit})).await;
        let place = edited.data()["updateEstablishment"].clone();
        assert_eq!(place["location"], json!({"lat": 48.85, "lng": 2.35}));
    }
    assert_eq!(world.asked().await.len(), asked);
    // Who may not change it learns nothing of addresses.
    let nobody = works_for(&app, "staff", "a", Post::Staff).await;
    let variables = json!({"id": id, "i": {"address": address("2 nulle part")}});
    let refused = nobody.ask(&app, CHANGE, variables).await;
    assert_eq!(refused.code(), "FORBIDDEN");
    assert_eq!(world.asked().await.len(), asked);
    assert_ne!(before.address.street, "9 rue Neuve");
}

#[tokio::test]
async fn without_maps_a_location_is_asked_for() {
    let (world, away) = started().await;
    let without = with_partners(TestApp::start().await).await;
    for app in [&without, &away] {
        for trouble in [
            json!({"kind": "fail", "status": 503}),
            json!({"kind": "fail", "status": 403}),
            json!({"kind": "hang"}),
        ] {
            world.trouble(trouble).await;
            let refused = serve(app, ADD, place("2 rue Neuve")).await;
            assert_eq!(errors(&refused), json!({"code": "POSITION_REQUIRED"}));
            let mut given = place("2 rue Neuve");
            given["i"]["location"] = json!({"lat": 48.9, "lng": 2.4});
            serve(app, ADD, given).await.data();
        }
        world.order("reset", json!({})).await;
    }
}

#[tokio::test]
async fn staff_get_suggestions() {
    let (world, app) = started().await;
    let staff = works_for(&app, "staff", "a", Post::Staff).await;
    let ask = async |text: &str, session: &str| {
        let near = json!({"lat": 48.856_612_3, "lng": 2.352_2});
        let variables = json!({"t": text, "s": session, "n": near});
        staff.ask(&app, SUGGEST, variables).await
    };
    let found = ask("2 rue", "s-1").await.data()["placeSuggestions"].clone();
    assert_eq!(found[0]["text"], "2 rue, Paris, France");
    assert_eq!(found[0]["mainText"], "2 rue");
    assert_eq!(found[0]["secondaryText"], "Paris, France");
    let circle = &world.asked().await[0]["bias"]["circle"]["center"];
    assert_eq!(*circle, json!({"latitude": 48.8566, "longitude": 2.3522}));
    // Too short to mean something.
    let short = ask("2r", "s-1").await;
    assert_eq!(short.data()["placeSuggestions"], json!([]));
    assert_eq!(world.asked().await.len(), 1);
    for (text, session, field) in [("", "s-1", "text"), ("2 rue", "s 1", "sessionToken")] {
        let refused = ask(text, session).await;
        assert_eq!(refused.code(), "BAD_USER_INPUT");
        assert_eq!(errors(&refused)["field"], field);
    }
    world
        .trouble(json!({"kind": "fail", "status": 429, "retry_after": "60"}))
        .await;
    assert_eq!(ask("2 rue", "s-1").await.code(), "MAPS_UNAVAILABLE");
    // It is not asked before the minute is over; addresses are another question.
    assert_eq!(ask("2 rue", "s-1").await.code(), "MAPS_UNAVAILABLE");
    assert_eq!(world.asked().await.len(), 1);
    serve(&app, ADD, place("2 rue de Rivoli")).await.data();
    app.pass_ms(60_000);
    ask("2 rue", "s-1").await.data();
}
