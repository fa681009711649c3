//! Filters, orders, facets, clusters, searches and suggestions over HTTP. That they find what brute force
//! finds is tested in the index.

use domain::{Category, OfferId, offers::discount::DiscountTerms};
use serde_json::{Value, json};

use crate::{
    app::{Answer, TestApp},
    fixtures::{NOW_MS, establishment, offer, partner, store},
};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
const LIST: &str = "query A($i: OffersInput!) { offers(input: $i) { totalCount
    pageInfo { hasNextPage endCursor } edges { distance node { title } } } }";

/// Three offers of two partners; it is Monday, 14:00 in Paris.
async fn started() -> TestApp {
    let app = TestApp::start().await;
    let mut two = offer("a", 1);
    two.discount.percentage = 50;
    two.discount.terms = Some(DiscountTerms::TwoForOne);
    two.schedule = None;
    two.valid_until_ms = NOW_MS + 5 * HOUR_MS;
    let mut old = offer("a", 2);
    old.created_at_ms = NOW_MS - 40 * DAY_MS;
    old.category = Category::Bar;
    store(&app, "a", vec![offer("a", 0), two, old]).await;
    store(&app, "b", vec![offer("b", 7)]).await;
    app
}

async fn titles(app: &TestApp, input: Value) -> Vec<String> {
    let data = app.ask(LIST, json!({"i": input})).await.data();
    let edges = data["offers"]["edges"].as_array().unwrap();
    assert_eq!(data["offers"]["totalCount"], edges.len());
    let title = |edge: &Value| edge["node"]["title"].as_str().unwrap().to_owned();
    edges.iter().map(title).collect()
}

#[tokio::test]
async fn a_list_is_filtered_by_everything_that_the_schema_says() {
    let app = started().await;
    let all = ["Galette 0", "Galette 1", "Galette 7", "Galette 2"];
    let place = json!({"lat": 48.8566, "lng": 2.3522});
    for (input, expected) in [
        (json!({}), &all[..]),
        (json!({"openNow": true}), &["Galette 1"]),
        (json!({"openNow": false}), &all),
        // In the evening; the second one is over then.
        (
            json!({"openAt": "2026-06-01T20:00:00+02:00"}),
            &["Galette 0", "Galette 7", "Galette 2"],
        ),
        (json!({"openAt": "2026-06-02T18:00:00Z"}), &[]),
        (
            json!({"discountKinds": ["TWO_FOR_ONE", "AMOUNT"]}),
            &["Galette 1"],
        ),
        (json!({"partnerId": partner("b").id}), &["Galette 7"]),
        (json!({"partnerId": "0123456789abcdef01234567"}), &[]),
        (json!({"city": "PARIS "}), &all),
        (json!({"city": "Lyon"}), &[]),
        // To the full hour: until 17:00 UTC, and until 16:00.
        (json!({"endingWithinHours": 4}), &["Galette 1"]),
        (json!({"endingWithinHours": 3}), &[]),
        (
            json!({"newWithinDays": 30}),
            &["Galette 0", "Galette 1", "Galette 7"],
        ),
        (
            json!({"box": {"south": 48.8566, "west": 2.35, "north": 48.8576, "east": 2.36}}),
            &["Galette 0", "Galette 1"],
        ),
        // The distance counts only if it is given with a box.
        (
            json!({"box": {"south": 48.85, "west": 2.35, "north": 48.87, "east": 2.36},
                "location": {"lat": 49.8, "lng": 2.35}}),
            &["Galette 7", "Galette 2", "Galette 1", "Galette 0"],
        ),
        (
            json!({"location": place, "orderBy": "DISCOUNT"}),
            &["Galette 1", "Galette 0", "Galette 7", "Galette 2"],
        ),
        (
            json!({"orderBy": "ENDING", "categories": ["RESTAURANT"], "partnerId": partner("a").id}),
            &["Galette 1", "Galette 0"],
        ),
        (json!({"orderBy": "RATING"}), &all),
        // A letter is missing.
        (json!({"search": "galete 7"}), &["Galette 7"]),
    ] {
        assert_eq!(titles(&app, input.clone()).await, expected, "{input}");
    }
}

#[tokio::test]
async fn what_is_open_now_is_true_until_the_next_quarter() {
    let app = started().await;
    let ask = async || app.ask(LIST, json!({"i": {"openNow": true}})).await;
    let age = |answer: &Answer| answer.header("cache-control").to_owned();
    assert_eq!(titles(&app, json!({"openNow": true})).await, ["Galette 1"]);
    // Monday at 17:59, and at 18:00 the others open.
    app.pass_ms(4 * HOUR_MS - 60_000);
    let answer = ask().await;
    assert_eq!(answer.data()["offers"]["totalCount"], 1, "{}", age(&answer));
    app.pass_ms(60_000);
    assert_eq!(ask().await.data()["offers"]["totalCount"], 4);
}

#[tokio::test]
async fn a_page_goes_on_in_every_order() {
    let app = started().await;
    for order in ["DISTANCE", "DISCOUNT", "ENDING", "RATING", "NEWEST"] {
        let mut input =
            json!({"location": {"lat": 48.8566, "lng": 2.3522}, "orderBy": order, "first": 2});
        let first = app.ask(LIST, json!({"i": input})).await.data();
        input["after"] = first["offers"]["pageInfo"]["endCursor"].clone();
        let second = app.ask(LIST, json!({"i": input})).await.data();
        let of = |page: &Value| page["offers"]["edges"].as_array().unwrap().clone();
        let mut all = [of(&first), of(&second)].concat();
        assert_eq!(all.len(), 4, "{order}");
        assert!(all.iter().all(|edge| edge["distance"].is_f64()), "{order}");
        all.sort_by_key(ToString::to_string);
        all.dedup();
        assert_eq!(all.len(), 4, "{order}");
    }
}

#[tokio::test]
async fn facets_and_clusters_count_what_the_list_has() {
    const FACETS: &str = "query A($i: OffersInput!) { offers(input: $i) { facets { isExact
        categories { category count } discountKinds { kind count } cities { city count } } } }";
    const CLUSTERS: &str = "query A($f: ClusterFilterInput, $zoom: Int!) { offerClusters(
        box: {south: 48, west: 2, north: 49, east: 3}, zoom: $zoom, filter: $f)
        { count isExact location { lat } offer { title } } }";
    let app = started().await;
    let data = app
        .ask(FACETS, json!({"i": {"minDiscount": 20}}))
        .await
        .data();
    assert_eq!(
        data["offers"]["facets"],
        json!({
            "isExact": true,
            "categories": [{"category": "RESTAURANT", "count": 3}, {"category": "BAR", "count": 1}],
            "discountKinds": [{"kind": "PERCENTAGE", "count": 3}, {"kind": "TWO_FOR_ONE", "count": 1}],
            "cities": [{"city": "Paris", "count": 4}],
        })
    );
    let clusters = async |variables: Value| app.ask(CLUSTERS, variables).await;
    let all = clusters(json!({"zoom": 3})).await.data();
    assert_eq!(all["offerClusters"][0]["count"], 4, "{all}");
    assert_eq!(all["offerClusters"][0]["offer"], Value::Null);
    let one = clusters(json!({"zoom": 3, "f": {"discountKinds": ["TWO_FOR_ONE"]}})).await;
    let one = one.data()["offerClusters"].clone();
    assert_eq!(one.as_array().unwrap().len(), 1);
    assert_eq!(
        (&one[0]["count"], &one[0]["isExact"]),
        (&json!(1), &json!(true))
    );
    assert_eq!(one[0]["offer"]["title"], "Galette 1");
    assert_eq!(
        clusters(json!({"zoom": 23})).await.code(),
        "ZOOM_OUT_OF_RANGE"
    );
    let wide = app.ask(
        "query A { offerClusters(box: {south: 0, west: 0, north: 31, east: 3}, zoom: 3) { count } }",
        json!({}),
    );
    assert_eq!(wide.await.code(), "BOX_INVALID");
}

#[tokio::test]
async fn one_search_finds_offers_partners_and_places() {
    const SEARCH: &str = "query A($i: SearchInput!) { search(input: $i) {
        offers { totalCount edges { node { title } } }
        partners { totalCount nodes { id } } establishments { totalCount nodes { id } } } }";
    let app = started().await;
    let search = async |text: &str| {
        let data = app
            .ask(SEARCH, json!({"i": {"text": text, "first": 1}}))
            .await;
        data.data()["search"].clone()
    };
    let found = search("chez b").await;
    assert_eq!(found["partners"]["nodes"], json!([{"id": partner("b").id}]));
    assert_eq!(
        found["establishments"]["nodes"],
        json!([{"id": establishment("b").id}])
    );
    // By the name of its partner.
    assert_eq!(found["offers"]["edges"][0]["node"]["title"], "Galette 7");
    let typed = search("rivloi").await;
    assert_eq!(typed["establishments"]["totalCount"], 2);
    assert_eq!(typed["partners"]["totalCount"], 0);
    // Who has no offer is not found.
    pause(&app, &offer("b", 7).id).await;
    let gone = search("chez b").await;
    assert_eq!(gone["partners"], json!({"totalCount": 0, "nodes": []}));
    assert_eq!(
        gone["establishments"],
        json!({"totalCount": 0, "nodes": []})
    );
}

async fn pause(app: &TestApp, id: &OfferId) {
    let paused =
        "mutation A($id: ID!) { updateOffer(id: $id, input: {isActive: false}) { title } }";
    let request = app.post(paused, &json!({"id": id}));
    Answer::of(request.bearer_auth(crate::app::TOKEN))
        .await
        .data();
}

#[tokio::test]
async fn suggestions_are_for_what_is_typed_in_one_spelling() {
    const SUGGEST: &str =
        "query A($t: String!) { searchSuggestions(text: $t) { kind text id offerCount } }";
    let app = started().await;
    let suggest = async |text: &str| app.ask(SUGGEST, json!({"t": text})).await;
    let found = suggest("pari").await.data()["searchSuggestions"].clone();
    assert_eq!(
        found,
        json!([{"kind": "CITY", "text": "Paris", "id": null, "offerCount": 4}])
    );
    let found = suggest("chez").await.data()["searchSuggestions"].clone();
    let kinds: Vec<&str> = found
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["kind"].as_str().unwrap())
        .collect();
    assert_eq!(
        kinds,
        ["PARTNER", "ESTABLISHMENT", "PARTNER", "ESTABLISHMENT"]
    );
    assert_eq!(found[0]["id"], json!(partner("a").id));
    for bad in ["p", "Paris", " pari", "pari ", "chez  a", &"a".repeat(51)] {
        assert_eq!(suggest(bad).await.code(), "BAD_USER_INPUT", "{bad}");
    }
}

#[tokio::test]
async fn partners_near_a_place_come_by_distance_and_their_offers_in_pages() {
    const PARTNERS: &str = "query A($i: PartnersInput!) { partners(input: $i) { totalCount
        pageInfo { hasNextPage endCursor } edges { distance node { id
        offersConnection(first: 2) { totalCount pageInfo { hasNextPage } } } } } }";
    let app = started().await;
    let place = json!({"lat": 48.8566, "lng": 2.3522});
    let page = async |after: Value| {
        let input = json!({"location": place, "first": 1, "after": after});
        app.ask(PARTNERS, json!({"i": input})).await.data()["partners"].clone()
    };
    let first = page(Value::Null).await;
    assert_eq!(first["totalCount"], 2);
    assert_eq!(first["edges"][0]["node"]["id"], json!(partner("a").id));
    let offers = json!({"totalCount": 3, "pageInfo": {"hasNextPage": true}});
    assert_eq!(first["edges"][0]["node"]["offersConnection"], offers);
    let second = page(first["pageInfo"]["endCursor"].clone()).await;
    assert_eq!(second["edges"][0]["node"]["id"], json!(partner("b").id));
    assert_eq!(second["pageInfo"]["hasNextPage"], false);
    let cursor = json!({"i": {"after": first["pageInfo"]["endCursor"]}});
    assert_eq!(app.ask(PARTNERS, cursor).await.code(), "CURSOR_INVALID");
}
