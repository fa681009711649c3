//! Lists come from the catalogue index: it knows of every change, of every beginning and end, and
//! never claims to know more than it does.

use domain::{
    offers::edit::{Edit, OfferEdit},
    offers::store::Author,
};
use reqwest::Method;
use serde_json::{Value, json};
use store_sqlite::stores::offers;
use yousoon::turns;

use crate::{
    app::TestApp,
    fixtures::{NOW_MS, offer, store},
};

const TITLES: &str = "query A($i: OffersInput!) { offers(input: $i) { totalCount isTotalExact \
                      edges { node { title } } } }";

async fn titles(app: &TestApp, input: Value) -> Vec<String> {
    let data = app.ask(TITLES, json!({"i": input})).await.data();
    let edges = data["offers"]["edges"].as_array().unwrap();
    let title = |edge: &Value| edge["node"]["title"].as_str().unwrap().to_owned();
    edges.iter().map(title).collect()
}

#[tokio::test]
async fn an_offer_that_begins_later_enters_the_lists_at_its_moment() {
    let app = TestApp::start().await;
    let mut later = offer("a", 1);
    later.valid_from_ms = NOW_MS + 60_000;
    store(&app, "a", vec![offer("a", 0), later]).await;
    assert_eq!(turns::tell(&app.state).await.unwrap(), 0);
    assert_eq!(titles(&app, json!({})).await, ["Galette 0"]);
    app.pass_ms(60_000 + turns::MARGIN_MS);
    // The cached list knows nothing of it yet.
    assert_eq!(titles(&app, json!({})).await, ["Galette 0"]);
    assert_eq!(turns::tell(&app.state).await.unwrap(), 1);
    assert_eq!(titles(&app, json!({})).await, ["Galette 0", "Galette 1"]);
    assert_eq!(turns::tell(&app.state).await.unwrap(), 0);
}

#[tokio::test]
async fn an_offer_that_is_over_is_in_no_list_even_if_nobody_told() {
    let app = TestApp::start().await;
    let mut ends = offer("a", 1);
    ends.valid_until_ms = NOW_MS + 60_000;
    store(&app, "a", vec![offer("a", 0), ends]).await;
    assert_eq!(titles(&app, json!({})).await.len(), 2);
    app.pass_ms(60_000);
    assert_eq!(titles(&app, json!({})).await, ["Galette 0"]);
}

#[tokio::test]
async fn a_server_that_starts_lists_all_offers_of_several_batches() {
    let app = TestApp::start().await;
    // The index reads 2,000 at a time.
    store(&app, "a", (0..4_500).map(|n| offer("a", n)).collect()).await;
    let other = app.another().await;
    let count = "query A { offers(input: {}) { totalCount } }";
    let data = other.ask(count, json!({})).await.data();
    assert_eq!(data["offers"]["totalCount"], 4_500);
}

#[tokio::test]
async fn another_servers_edit_is_in_the_next_list() {
    let app = TestApp::start().await;
    store(&app, "a", vec![offer("a", 0), offer("a", 1)]).await;
    let other = app.another().await;
    for number in 0..20 {
        let edit = OfferEdit {
            title: Edit::Set(format!("Menu {number}")),
            ..OfferEdit::default()
        };
        let author = Author {
            actor: "test".to_owned(),
            action: "updateOffer",
        };
        let id = offer("a", 0).id;
        let edited = app.state.services.offers.update(id, edit, author, NOW_MS);
        edited.await.unwrap();
        let revision = app.state.services.purge_log.drain_outbox(NOW_MS).await;
        let revision = revision.unwrap().unwrap();
        let request = other
            .post(TITLES, &json!({"i": {"search": format!("menu {number}")}}))
            .header("yousoon-min-revision", revision.to_string());
        let answer = crate::app::Answer::of(request).await.data();
        assert_eq!(answer["offers"]["totalCount"], 1, "edit {number}");
    }
}

#[tokio::test]
async fn words_of_partners_and_places_are_found_and_titles_come_first() {
    let app = TestApp::start().await;
    let mut described = offer("a", 0);
    described.description = "Avec un mojito offert".into();
    let mut named = offer("a", 1);
    named.title = "Mojito à volonté".into();
    store(&app, "a", vec![described, named, offer("a", 2)]).await;
    let near = json!({"lat": 48.8566, "lng": 2.3522});
    let find = async |words: &str| titles(&app, json!({"search": words, "location": near})).await;
    // The nearer one has the word in its description.
    assert_eq!(find("moj").await, ["Mojito à volonté", "Galette 0"]);
    assert_eq!(find("rivoli galette").await, ["Galette 0", "Galette 2"]);
    assert_eq!(
        find("chez a mojito").await,
        ["Galette 0", "Mojito à volonté"]
    );
    assert!(find("absinthe").await.is_empty());
    // Pages go on across the ranks.
    let page =
        "query A($i: OffersInput!) { offers(input: $i) { edges { cursor node { title } } } }";
    let mut input = json!({"search": "moj", "location": near, "first": 1});
    let mut seen = Vec::new();
    for _ in 0..3 {
        let data = app.ask(page, json!({"i": input})).await.data();
        let Some(edge) = data["offers"]["edges"].get(0).cloned() else {
            break;
        };
        seen.push(edge["node"]["title"].as_str().unwrap().to_owned());
        input["after"] = edge["cursor"].clone();
    }
    assert_eq!(seen, ["Mojito à volonté", "Galette 0"]);
}

#[tokio::test]
async fn a_search_ignores_accents_case_and_what_is_no_word() {
    let app = TestApp::start().await;
    let texts = [
        ("Crêperie Neptune", "Galette maison, cidre offert"),
        ("Brasserie Neptune", "Une bière offerte"),
        ("Cinéma Élysée", "Tarif réduit, façon Noël"),
    ];
    let offers = (0..).zip(texts).map(|(number, (title, description))| {
        let mut one = offer("a", number);
        one.title = title.into();
        one.description = description.into();
        one
    });
    store(&app, "a", offers.collect()).await;
    for (words, expected) in [
        ("creperie", &["Crêperie Neptune"][..]),
        ("CRE\u{302}PERIE", &["Crêperie Neptune"]),
        ("neptune", &["Crêperie Neptune", "Brasserie Neptune"]),
        ("cidre, créperie!", &["Crêperie Neptune"]),
        ("biere NEPTUNE", &["Brasserie Neptune"]),
        ("noel facon", &["Cinéma Élysée"]),
        ("-neptune \"* NEAR(", &[]),
        ("creperie cinema", &[]),
        ("'; DROP TABLE offers", &[]),
        ("{\"$gt\": \"\"}", &[]),
        ("", &[]),
        (" -\"*", &[]),
    ] {
        assert_eq!(
            titles(&app, json!({"search": words})).await,
            expected,
            "{words:?}"
        );
    }
}

#[tokio::test]
async fn an_offer_that_cannot_be_read_is_left_out_and_counted() {
    let app = TestApp::start().await;
    store(&app, "a", vec![offer("a", 0), offer("a", 1)]).await;
    let id = offer("a", 1).id.to_string();
    let broken = app.db.write(move |tx| {
        let sql = "UPDATE offers SET category = 'CIRCUS' WHERE id = ?1";
        Ok(tx.execute(sql, [id])?)
    });
    broken.await.unwrap();
    app.state.services.lists.reload().await;
    assert_eq!(app.state.services.lists.corrupt(), 1);
    assert_eq!(titles(&app, json!({})).await, ["Galette 0"]);
    // A new server starts with it.
    let other = app.another().await;
    assert_eq!(titles(&other, json!({})).await, ["Galette 0"]);
    let ready = other.request(Method::GET, "/readyz").send().await.unwrap();
    assert_eq!(ready.status().as_u16(), 200);
}

#[tokio::test]
async fn a_purge_of_everything_reads_all_offers_again() {
    let app = TestApp::start().await;
    store(&app, "a", vec![offer("a", 0)]).await;
    assert_eq!(titles(&app, json!({})).await.len(), 1);
    let one = offer("a", 1);
    // As an import of many does: nothing but a purge of everything tells of them.
    let written = app.db.write(move |tx| offers::insert(tx, &one));
    written.await.unwrap();
    let body = json!({"all": true, "reason": "an import"});
    let purged = app.admin_post("/admin/purge", &body).await;
    assert_eq!(purged.status.as_u16(), 200, "{}", purged.text);
    for _ in 0..200 {
        if titles(&app, json!({})).await.len() == 2 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the new offer is in no list");
}
