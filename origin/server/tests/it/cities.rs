//! Cities: who is in which, and that an answer follows every change of that.

use domain::Offer;
use serde_json::{Value, json};
use store_sqlite::stores::{offers, partners};

use crate::{
    app::{Answer, TOKEN, TestApp},
    fixtures::{NOW_MS, establishment, offer, partner, store},
};

const CITIES: &str = "query A($search: String, $first: Int, $after: String) {
    cities(search: $search, first: $first, after: $after) {
        edges { node { slug name country department location { lat } offerCount partnerCount } }
        pageInfo { hasNextPage endCursor } totalCount } }";
const CITY: &str = "query A($slug: String!, $first: Int, $after: String) { city(slug: $slug) { slug
    offers(first: $first, after: $after) { totalCount edges { node { title } } pageInfo { endCursor } }
    partners(first: $first, after: $after) { totalCount edges { node { name } } pageInfo { endCursor } } } }";

/// A partner with an establishment in this city, and so many offers.
async fn store_in(app: &TestApp, seed: &str, city: (&str, &str), count: i32) {
    let (partner, mut place) = (partner(seed), establishment(seed));
    place.address.city = city.0.to_owned();
    place.address.postcode = city.1.to_owned();
    let all: Vec<Offer> = (0..count).map(|number| offer(seed, number)).collect();
    let written = app.db.write(move |tx| {
        partners::insert_partner(tx, &partner)?;
        partners::insert_establishment(tx, &place)?;
        all.iter().try_for_each(|offer| offers::insert(tx, offer))
    });
    written.await.unwrap();
    app.state.services.lists.reload().await;
}

async fn slugs(app: &TestApp, variables: Value) -> Vec<String> {
    let data = app.ask(CITIES, variables).await.data();
    let edges = data["cities"]["edges"].as_array().unwrap();
    let slug = |edge: &Value| edge["node"]["slug"].as_str().unwrap().to_owned();
    edges.iter().map(slug).collect()
}

async fn started() -> TestApp {
    let app = TestApp::start().await;
    store(&app, "a", vec![offer("a", 0), offer("a", 1)]).await;
    store_in(&app, "b", ("Saint-Denis", "93200"), 1).await;
    store_in(&app, "c", ("SAINT DENIS", "97400"), 3).await;
    app.publish(&[CITIES, CITY]).await;
    app
}

#[tokio::test]
async fn cities_are_listed_with_what_is_there() {
    let app = started().await;
    let data = app.ask(CITIES, json!({})).await.data()["cities"].clone();
    assert_eq!(data["totalCount"], 3);
    let nodes: Vec<Value> = (0..3)
        .map(|at| {
            let node = &data["edges"][at]["node"];
            json!([
                node["slug"],
                node["name"],
                node["department"],
                node["offerCount"],
                node["partnerCount"]
            ])
        })
        .collect();
    assert_eq!(
        nodes,
        [
            json!(["paris-75", "Paris", "75", 2, 1]),
            json!(["saint-denis-93", "Saint-Denis", "93", 1, 1]),
            json!(["saint-denis-974", "SAINT DENIS", "974", 3, 1]),
        ]
    );
    let paris = &data["edges"][0]["node"];
    assert_eq!(
        (&paris["country"], &paris["location"]["lat"]),
        (&json!("FR"), &json!(48.85705))
    );
    let first = app.ask(CITIES, json!({"first": 2})).await.data()["cities"].clone();
    assert_eq!(first["pageInfo"]["hasNextPage"], true);
    let after = &first["pageInfo"]["endCursor"];
    assert_eq!(
        slugs(&app, json!({"after": after})).await,
        ["saint-denis-974"]
    );
    for search in ["denis", "dneis", "saint d"] {
        let found = slugs(&app, json!({"search": search})).await;
        assert_eq!(found, ["saint-denis-93", "saint-denis-974"], "{search}");
    }
    assert!(slugs(&app, json!({"search": "lyon"})).await.is_empty());
    for (variables, code) in [
        (json!({"first": 101}), "PAGE_SIZE_OUT_OF_RANGE"),
        (json!({"after": "x"}), "CURSOR_INVALID"),
        (json!({"search": "a ".repeat(21)}), "BAD_USER_INPUT"),
    ] {
        assert_eq!(app.ask(CITIES, variables).await.code(), code);
    }
}

#[tokio::test]
async fn a_city_has_the_offers_and_partners_of_its_area_alone() {
    let app = started().await;
    let ask = async |slug: &str, first: i32| {
        let variables = json!({"slug": slug, "first": first});
        app.ask(CITY, variables).await.data()["city"].clone()
    };
    let island = ask("saint-denis-974", 2).await;
    assert_eq!(island["offers"]["totalCount"], 3);
    assert_eq!(island["offers"]["edges"].as_array().unwrap().len(), 2);
    assert_eq!(
        island["partners"]["edges"],
        json!([{"node": {"name": "Chez c"}}])
    );
    // By name, offers of every area are found, as before.
    let named = "query A { offers(input: { city: \"Saint Denis\" }) { totalCount } }";
    let found = app.ask(named, json!({})).await.data();
    assert_eq!(found["offers"]["totalCount"], 4);
    // The name alone is the larger one.
    assert_eq!(ask("saint-denis", 1).await["slug"], "saint-denis-974");
    for nobody in ["lyon-69", "Paris", ""] {
        let answer = app.ask(CITY, json!({"slug": nobody, "first": 1})).await;
        assert_eq!(answer.data()["city"], Value::Null, "{nobody}");
        let stored = answer.header("cache-control");
        assert_eq!(stored, "private, no-store", "{nobody}");
    }
}

#[tokio::test]
async fn a_cached_list_follows_offers_and_addresses() {
    let app = started().await;
    let all = || slugs(&app, json!({}));
    assert_eq!(all().await.len(), 3);
    let pause = "mutation A($id: ID!) { pauseOffer(id: $id) { isActive } }";
    let variables = json!({"id": offer("b", 0).id});
    let paused = Answer::of(app.post(pause, &variables).bearer_auth(TOKEN)).await;
    assert_eq!(paused.data()["pauseOffer"]["isActive"], false);
    assert_eq!(all().await, ["paris-75", "saint-denis-974"]);

    // The address says another city, and the place on the map stays.
    let edit = "mutation A($id: ID!, $input: UpdateEstablishmentInput!) {
        updateEstablishment(id: $id, input: $input) { address { city } } }";
    let address =
        json!({"street": "1 rue", "city": "Lyon", "postalCode": "69001", "country": "FR"});
    let place = json!({"lat": 48.8566, "lng": 2.3522});
    let input = json!({"address": address, "location": place});
    let variables = json!({"id": establishment("a").id, "input": input});
    let moved = Answer::of(app.post(edit, &variables).bearer_auth(TOKEN)).await;
    assert_eq!(
        moved.data()["updateEstablishment"]["address"]["city"],
        "Lyon"
    );
    assert_eq!(all().await, ["lyon-69", "saint-denis-974"]);
}

#[tokio::test]
async fn an_offer_that_ends_takes_its_city_along() {
    let app = TestApp::start().await;
    let mut ends = offer("a", 1);
    ends.valid_until_ms = NOW_MS + 60_000;
    store(&app, "a", vec![ends]).await;
    app.publish(&[CITIES]).await;
    assert_eq!(yousoon::turns::tell(&app.state).await.unwrap(), 0);
    assert_eq!(slugs(&app, json!({})).await, ["paris-75"]);
    app.pass_ms(60_000 + yousoon::turns::MARGIN_MS);
    assert_eq!(yousoon::turns::tell(&app.state).await.unwrap(), 1);
    assert!(slugs(&app, json!({})).await.is_empty());
}
