//! Pages of the showcase site: slugs that lead on, texts in two languages, the sitemap, JSON-LD.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{
    app::{Answer, TOKEN, TestApp},
    fixtures::{establishment, offer, partner, store},
};

const PAGE: &str =
    "query A($slug: String!) { offerBySlug(slug: $slug) { id slug updatedAt title } }";
const UPDATE: &str =
    "mutation A($id: ID!, $input: UpdateOfferInput!) { updateOffer(id: $id, input: $input) {
    slug updatedAt language translations { locale title } } }";

async fn started() -> TestApp {
    let app = TestApp::start().await;
    store(&app, "a", (0..3).map(|number| offer("a", number)).collect()).await;
    yousoon::naming::name(&app.state).await.unwrap();
    app
}

async fn update(app: &TestApp, input: Value) -> Answer {
    let variables = json!({"id": offer("a", 0).id, "input": input});
    Answer::of(app.post(UPDATE, &variables).bearer_auth(TOKEN)).await
}

async fn page(app: &TestApp, slug: &str) -> Value {
    app.ask(PAGE, json!({"slug": slug})).await.data()["offerBySlug"].clone()
}

#[tokio::test]
async fn an_earlier_slug_and_the_id_lead_to_the_present_slug() {
    let app = started().await;
    app.publish(&[PAGE]).await;
    assert_eq!(
        page(&app, "galette-0-paris").await["slug"],
        "galette-0-paris"
    );
    let renamed = update(&app, json!({"title": "Crêpe d’Élise"})).await.data();
    assert_eq!(renamed["updateOffer"]["slug"], "crepe-d-elise-paris");
    let id = offer("a", 0).id.to_string();
    for slug in ["crepe-d-elise-paris", "galette-0-paris", &id] {
        let page = page(&app, slug).await;
        assert_eq!(
            (&page["slug"], &page["id"]),
            (&json!("crepe-d-elise-paris"), &json!(id)),
            "{slug}"
        );
    }
    for nobody in ["galette-9-paris", "Not a Slug", ""] {
        assert_eq!(page(&app, nobody).await, Value::Null, "{nobody}");
    }
}

#[tokio::test]
async fn partners_and_establishments_have_pages_too() {
    const PAGES: &str = "query A($p: String!, $e: String!, $id: ID!) {
        partnerBySlug(slug: $p) { id slug }
        establishmentBySlug(slug: $e) { id slug isArchived updatedAt partner { slug } }
        establishment(id: $id) { slug } }";
    let app = started().await;
    let id = establishment("a").id;
    let variables = json!({"p": "chez-a", "e": "chez-a-rivoli-paris", "id": id});
    let data = app.ask(PAGES, variables).await.data();
    assert_eq!(data["partnerBySlug"]["id"], partner("a").id.as_str());
    let place = &data["establishmentBySlug"];
    assert_eq!(
        (&place["id"], &place["partner"]["slug"]),
        (&json!(id), &json!("chez-a"))
    );
    assert_eq!(
        (&place["isArchived"], place["updatedAt"].is_string()),
        (&json!(false), true)
    );
    assert_eq!(data["establishment"]["slug"], "chez-a-rivoli-paris");
}

#[tokio::test]
async fn an_offer_says_in_a_language_what_it_can() {
    const TEXTS: &str = "query A($id: ID!) { offer(id: $id) { title language
        fr: texts(locale: FR) { locale title } en: texts(locale: EN) { locale title conditions } } }";
    let app = started().await;
    let texts =
        async || app.ask(TEXTS, json!({"id": offer("a", 0).id})).await.data()["offer"].clone();
    let before = texts().await;
    assert_eq!(before["en"]["locale"], "FR");
    let english = json!({"locale": "EN", "title": "Pancake", "description": "Buy one", "conditions": ["Here"]});
    let updated = update(&app, json!({"translations": [english]}))
        .await
        .data();
    let said = json!([{"locale": "EN", "title": "Pancake"}]);
    assert_eq!(updated["updateOffer"]["translations"], said);
    let after = texts().await;
    let said = json!({"locale": "EN", "title": "Pancake", "conditions": ["Here"]});
    assert_eq!(
        (&after["en"], &after["fr"]["title"]),
        (&said, &after["title"])
    );
    // The search finds it by either.
    let search = "query A { offers(input: { search: \"pancake\" }) { edges { node { id } } } }";
    let found = app.ask(search, json!({})).await.data();
    assert_eq!(
        found["offers"]["edges"][0]["node"]["id"],
        offer("a", 0).id.as_str()
    );
    for (input, rule) in [
        (json!({"language": "EN"}), "TRANSLATION"),
        (
            json!({"translations": [{"locale": "FR", "title": "Deux", "description": ""}]}),
            "TRANSLATION",
        ),
        (
            json!({"translations": [{"locale": "EN", "title": "x", "description": ""}]}),
            "LINE_LENGTH",
        ),
    ] {
        let refused = update(&app, input).await;
        assert_eq!(refused.code(), "BAD_USER_INPUT");
        assert!(refused.text.contains(rule), "{}", refused.text);
    }
    let none = update(&app, json!({"translations": []})).await.data();
    assert_eq!(none["updateOffer"]["translations"], json!([]));
}

#[tokio::test]
async fn the_sitemap_has_every_page_that_is_shown_once() {
    const SITEMAP: &str =
        "query A($first: Int, $after: String) { sitemap(first: $first, after: $after) {
        edges { node { kind slug updatedAt } } pageInfo { hasNextPage endCursor } } }";
    let app = started().await;
    update(&app, json!({"isActive": false})).await.data();
    for first in [1, 2, 1_000] {
        let (mut all, mut after) = (Vec::new(), Value::Null);
        loop {
            let variables = json!({"first": first, "after": after});
            let list = app.ask(SITEMAP, variables).await.data()["sitemap"].clone();
            for edge in list["edges"].as_array().unwrap() {
                let is_city = edge["node"]["kind"] == "CITY";
                assert_eq!(edge["node"]["updatedAt"].is_string(), !is_city, "{edge}");
                all.push(edge["node"]["slug"].as_str().unwrap().to_owned());
            }
            after = list["pageInfo"]["endCursor"].clone();
            if list["pageInfo"]["hasNextPage"] == json!(false) {
                break;
            }
        }
        let expected = [
            "chez-a",
            "chez-a-rivoli-paris",
            "galette-1-paris",
            "galette-2-paris",
            "paris-75",
        ];
        assert_eq!(all.len(), expected.len(), "{all:?}");
        let all: BTreeSet<&str> = all.iter().map(String::as_str).collect();
        assert_eq!(all, BTreeSet::from(expected));
    }
    for (variables, code) in [
        (json!({"first": 1_001}), "PAGE_SIZE_OUT_OF_RANGE"),
        (json!({"first": 0}), "PAGE_SIZE_OUT_OF_RANGE"),
        (json!({"after": "x"}), "CURSOR_INVALID"),
    ] {
        assert_eq!(app.ask(SITEMAP, variables).await.code(), code);
    }
}

#[tokio::test]
async fn pages_speak_json_ld_that_ends_no_script() {
    const SAID: &str = "query A($id: ID!) { offer(id: $id) { jsonLd(locale: EN)
        partner { jsonLd } establishment { jsonLd } } }";
    let app = started().await;
    update(&app, json!({"title": "</script><b>"})).await.data();
    let said = app.ask(SAID, json!({"id": offer("a", 0).id})).await.data()["offer"].clone();
    for (text, kind) in [
        (&said["jsonLd"], "Offer"),
        (&said["partner"]["jsonLd"], "Organization"),
        (&said["establishment"]["jsonLd"], "Restaurant"),
    ] {
        let text = text.as_str().unwrap();
        assert!(!text.contains('<'), "{text}");
        let read: Value = serde_json::from_str(text).unwrap();
        assert_eq!(
            (&read["@context"], &read["@type"]),
            (&json!("https://schema.org"), &json!(kind))
        );
    }
}

#[tokio::test]
async fn a_view_of_a_page_by_slug_counts_also_from_the_cache() {
    let app = started().await;
    app.publish(&[PAGE]).await;
    for _ in 0..3 {
        let hash = pq_core::DocumentHash::of(PAGE);
        let body =
            json!({"documentId": hash.to_string(), "variables": {"slug": "galette-1-paris"}});
        let request = app.request(reqwest::Method::POST, "/graphql").json(&body);
        assert_eq!(
            Answer::of(request).await.data()["offerBySlug"]["slug"],
            "galette-1-paris"
        );
    }
    let seen = app.state.services.views.take();
    let count: i64 = seen.iter().map(|view| view.views).sum();
    assert_eq!((seen.len(), count), (1, 3));
}
