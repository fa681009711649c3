//! What the fields answer.

use std::sync::{Arc, Mutex};

use serde_json::json;

use crate::{
    app::TestApp,
    fixtures::{NOW_MS, offer, partner, store},
};

#[tokio::test]
async fn offers_near_a_place_come_nearest_first_and_page_by_page() {
    let app = TestApp::start().await;
    store(&app, "a", (0..5).map(|number| offer("a", number)).collect()).await;
    let query = "query A($i: OffersInput!) { offers(input: $i) { totalCount pageInfo { hasNextPage hasPreviousPage endCursor } edges { distance node { title distance } } } }";
    let here = json!({"lat": 48.8566, "lng": 2.3522});
    let first = app
        .ask(query, json!({"i": {"location": here, "first": 2}}))
        .await
        .data();
    let cursor = &first["offers"]["pageInfo"]["endCursor"];
    assert_eq!(
        first["offers"]["edges"],
        json!([
            {"distance": 0.0, "node": {"title": "Galette 0", "distance": 0.0}},
            {"distance": 0.1, "node": {"title": "Galette 1", "distance": 0.1}},
        ])
    );
    assert_eq!(first["offers"]["totalCount"], 5);
    assert_eq!(first["offers"]["pageInfo"]["hasPreviousPage"], false);
    let last = app
        .ask(
            query,
            json!({"i": {"location": here, "first": 9, "after": cursor}}),
        )
        .await
        .data();
    assert_eq!(last["offers"]["edges"].as_array().unwrap().len(), 3);
    assert_eq!(last["offers"]["pageInfo"]["hasNextPage"], false);
    assert_eq!(last["offers"]["pageInfo"]["hasPreviousPage"], true);
    let near = app
        .ask(query, json!({"i": {"location": here, "maxDistance": 0.15}}))
        .await
        .data();
    assert_eq!(near["offers"]["totalCount"], 2);
}

#[tokio::test]
async fn offers_without_a_place_come_newest_first_and_only_while_they_can_be_used() {
    let app = TestApp::start().await;
    let mut all: Vec<_> = (0..6).map(|number| offer("a", number)).collect();
    all[1].is_active = false;
    all[2].valid_from_ms = NOW_MS + 1;
    all[3].valid_until_ms = NOW_MS;
    all[4].discount.percentage = 50;
    let inactive = all[1].id.clone();
    store(&app, "a", all).await;
    let query =
        "query A($i: OffersInput!) { offers(input: $i) { edges { node { title distance } } } }";
    let titles = async |input| {
        let data = app.ask(query, json!({"i": input})).await.data();
        let edges = data["offers"]["edges"].as_array().unwrap().clone();
        edges
            .iter()
            .map(|edge| edge["node"]["title"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        titles(json!({})).await,
        ["Galette 0", "Galette 4", "Galette 5"]
    );
    assert_eq!(titles(json!({"minDiscount": 30})).await, ["Galette 4"]);
    assert_eq!(titles(json!({"search": "galette 5"})).await, ["Galette 5"]);
    assert_eq!(
        titles(json!({"categories": ["BAR"]})).await,
        Vec::<String>::new()
    );
    let detail = app
        .ask(
            "query A($id: ID!) { offer(id: $id) { isActive } }",
            json!({"id": inactive}),
        )
        .await;
    assert_eq!(detail.data(), json!({"offer": {"isActive": false}}));
}

#[tokio::test]
async fn an_offer_in_detail() {
    let app = TestApp::start().await;
    store(&app, "a", vec![offer("a", 0)]).await;
    let query = "query A($id: ID!) { offer(id: $id) {
        title category discount { percentage description } conditions validFrom validUntil
        schedule { weekdays from to } quota { total remaining isSoldOut } images isActive isFavorite distance createdAt
        partner { name category rating reviewCount offers { title } }
        establishment { name address { street city postalCode country } location { lat lng }
            openingHours { weekday opens closes } images phone email website } } }";
    let answer = app.ask(query, json!({"id": offer("a", 0).id})).await;
    insta::assert_snapshot!(serde_json::to_string_pretty(&answer.data()).unwrap());
    for id in [offer("a", 9).id.to_string(), "no id".into(), "é".into()] {
        let answer = app
            .ask(
                "query A($id: ID!) { offer(id: $id) { id } partner(id: $id) { id } }",
                json!({"id": id}),
            )
            .await;
        assert_eq!(answer.data(), json!({"offer": null, "partner": null}));
    }
}

/// A7.
#[tokio::test]
async fn images_are_the_same_wherever_they_are_asked_for() {
    let app = TestApp::start().await;
    let mut sold = offer("a", 0);
    let urls = ["1", "2", "3"].map(|name| format!("https://img.example/{name}.webp"));
    sold.images = urls.to_vec();
    let (id, partner) = (sold.id.clone(), sold.partner_id.clone());
    store(&app, "a", vec![sold]).await;
    let query = "query A($id: ID!, $partner: ID!, $i: OffersInput!) {
        offer(id: $id) { ...Images }
        partner(id: $partner) { offers { ...Images } }
        offers(input: $i) { edges { node { ...Images } } } }
        fragment Images on Offer { images }";
    let list = "query A($i: OffersInput!, $first: Int = 1) { offers(input: $i) { edges { node {
        none: images(first: 0) one: images(first: $first) two: images(first: 2) } } } }";
    let one = "query A($i: OffersInput!, $first: Int = 1) { offers(input: $i) { edges { node {
        images(first: $first) } } } }";
    for location in [json!(null), json!({"lat": 48.8566, "lng": 2.3522})] {
        let variables = json!({"id": id, "partner": partner, "i": {"location": location}});
        let data = app.ask(query, variables.clone()).await.data();
        let all = json!({"images": urls});
        assert_eq!(data["offer"], all);
        assert_eq!(data["partner"]["offers"][0], all);
        assert_eq!(data["offers"]["edges"][0]["node"], all);
        let node = |data: &serde_json::Value| data["offers"]["edges"][0]["node"].clone();
        let some = node(&app.ask(list, variables.clone()).await.data());
        let expected = json!({"none": [], "one": urls[..1], "two": urls[..2]});
        assert_eq!(some, expected);
        let first = node(&app.ask(one, variables.clone()).await.data());
        assert_eq!(first, json!({"images": urls[..1]}));
        let negative = json!({"i": variables["i"], "first": -1});
        let refused = app.ask(one, negative).await;
        assert_eq!(refused.code(), "PAGE_SIZE_OUT_OF_RANGE");
    }
}

#[tokio::test]
async fn partners_and_categories() {
    let app = TestApp::start().await;
    for seed in ["b", "a"] {
        store(&app, seed, vec![offer(seed, 0), offer(seed, 1)]).await;
    }
    let query = "query A($i: PartnersInput!) { partners(input: $i) { totalCount pageInfo { hasNextPage endCursor } edges { cursor node { name establishments { name } offers { title } } } } }";
    let first = app.ask(query, json!({"i": {"first": 1}})).await.data();
    assert_eq!(first["partners"]["totalCount"], 2);
    assert_eq!(
        first["partners"]["edges"][0]["node"],
        json!({"name": "Chez a", "establishments": [{"name": "Chez a Rivoli"}], "offers": [{"title": "Galette 0"}, {"title": "Galette 1"}]})
    );
    let cursor = &first["partners"]["pageInfo"]["endCursor"];
    let second = app
        .ask(query, json!({"i": {"first": 1, "after": cursor}}))
        .await
        .data();
    assert_eq!(second["partners"]["edges"][0]["node"]["name"], "Chez b");
    let clubs = app
        .ask(query, json!({"i": {"category": "CLUB"}}))
        .await
        .data();
    assert_eq!(clubs["partners"]["edges"], json!([]));
    let one = app
        .ask(
            "query A($id: ID!) { partner(id: $id) { description createdAt } }",
            json!({"id": partner("a").id}),
        )
        .await;
    assert_eq!(
        one.data(),
        json!({"partner": {"description": "Cuisine de marché", "createdAt": "2026-05-02T12:00:00.000Z"}})
    );
    let categories = app
        .ask(
            "query A { categories { id name english: name(locale: EN) } }",
            json!({}),
        )
        .await
        .data();
    assert_eq!(
        categories["categories"][2],
        json!({"id": "CLUB", "name": "Boîtes de nuit", "english": "Clubs"})
    );
    assert_eq!(categories["categories"].as_array().unwrap().len(), 8);
}

#[tokio::test]
async fn a_page_costs_three_reads_and_one_for_its_end() {
    let reads = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&reads);
    let app = TestApp::builder()
        .observer(move |what| seen.lock().unwrap().push(what))
        .start()
        .await;
    for seed in ["a", "b", "c", "d"] {
        store(
            &app,
            seed,
            (0..5).map(|number| offer(seed, number)).collect(),
        )
        .await;
    }
    let query = "query A { offers(input: {location: {lat: 48.8566, lng: 2.3522}}) { edges { node { id partner { name } establishment { name } } } } }";
    let data = app.ask(query, json!({})).await.data();
    assert_eq!(data["offers"]["edges"].as_array().unwrap().len(), 20);
    let mut all = std::mem::take(&mut *reads.lock().unwrap());
    all.sort_unstable();
    assert_eq!(
        all,
        ["establishments.by_ids", "offers.by_ids", "partners.by_ids"]
    );
    let query = "query A { partners(input: {}) { edges { node { establishments { name } offers { partner { name } } } } } }";
    app.ask(query, json!({})).await.data();
    let mut all = std::mem::take(&mut *reads.lock().unwrap());
    all.sort_unstable();
    assert_eq!(
        all,
        [
            "establishments.of",
            "offers.of_partners",
            // The partners themselves are kept since the first query.
            "partners.list"
        ]
    );
    let list = "query A { offers(input: {}) { edges { node { quota { total isSoldOut } } } } }";
    app.ask(list, json!({})).await.data();
    let mut all = std::mem::take(&mut *reads.lock().unwrap());
    all.sort_unstable();
    // They are kept since the first query, and which they are is in memory.
    assert!(all.is_empty(), "{all:?}");
    let list = "query A { offers(input: {}) { edges { node { quota { remaining } } } } }";
    app.ask(list, json!({})).await.data();
    let mut all = std::mem::take(&mut *reads.lock().unwrap());
    all.sort_unstable();
    assert_eq!(all, ["offers.remaining"]);
}

#[tokio::test]
async fn a_defect_is_masked_and_leaves_what_it_can() {
    let app = TestApp::start().await;
    store(&app, "a", vec![offer("a", 0)]).await;
    app.db
        .write(|tx| Ok(tx.execute("UPDATE offers SET category = 'SECRET'", [])?))
        .await
        .unwrap();
    let query = "query A($id: ID!) { offer(id: $id) { id } categories { id } }";
    let answer = app.ask(query, json!({"id": offer("a", 0).id})).await;
    assert_eq!(
        (answer.status.as_u16(), answer.code().as_str()),
        (200, "INTERNAL")
    );
    assert_eq!(answer.json()["data"]["offer"], json!(null));
    assert_eq!(
        answer.json()["data"]["categories"]
            .as_array()
            .unwrap()
            .len(),
        8
    );
    assert!(!answer.text.contains("SECRET"), "{}", answer.text);
    assert_eq!(answer.header("cache-control"), "no-store");
    let answer = app
        .ask(
            "query A { offers(input: {}) { totalCount edges { node { id } } } }",
            json!({}),
        )
        .await;
    assert_eq!(
        (answer.status.as_u16(), answer.code().as_str()),
        (200, "INTERNAL")
    );
    assert_eq!(answer.json()["data"], json!(null));
    assert!(!answer.text.contains("SECRET"), "{}", answer.text);
}

#[tokio::test]
async fn a_panic_is_an_answer() {
    for read in ["offers.by_ids"] {
        let observe = move |what| assert_ne!(what, read, "a defect");
        let app = TestApp::builder().observer(observe).start().await;
        store(&app, "a", vec![offer("a", 0)]).await;
        let query = "query A($id: ID!) { offer(id: $id) { id } offers(input: {}) { totalCount } }";
        let answer = app.ask(query, json!({"id": offer("a", 0).id})).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (500, "INTERNAL")
        );
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert!(!answer.text.contains("defect"));
    }
}
