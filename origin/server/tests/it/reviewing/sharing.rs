//! Reviews in caches: shared answers have their tags, and nobody reads what is gone. What is kept of a
//! person.

use serde_json::{Value, json};

use super::{ADD, SHOWN, UPDATE, reviewed, visited, world};
use crate::{
    accounts::person::{PASSWORD, register},
    app::TestApp,
    fixtures::partner,
};

const NAMED: &str = "query N($i: ID!) { partner(id: $i) { name rating } }";

/// The answer's `Cache-Status`, and the answer.
async fn read(app: &TestApp, document: &str) -> (String, Value) {
    let variables = json!({"i": partner("a").id, "o": "HIGHEST"});
    let variables = if document == SHOWN {
        variables
    } else {
        json!({"i": partner("a").id})
    };
    let answer = app.ask(document, variables).await;
    (answer.header("cache-status").to_owned(), answer.data())
}

#[tokio::test]
async fn a_review_purges_the_reviews_and_the_partner_only_if_its_rating_shows_it() {
    let (app, one, other) = world().await;
    app.publish(&[SHOWN, NAMED]).await;
    let (ana, ben) = (register(&app, "ana").await, register(&app, "ben").await);
    let visit = visited(&app, &ana, &one).await;
    ana.ask(&app, ADD, json!({"b": visit, "s": 4})).await.data();
    for document in [SHOWN, NAMED] {
        read(&app, document).await;
        assert!(read(&app, document).await.0.contains("hit"), "{document}");
    }
    // Four stars among fours.
    let visit = visited(&app, &ben, &other).await;
    let new = json!({"b": visit, "s": 4});
    let added = ben.ask(&app, ADD, new).await.data();
    let (status, shown) = read(&app, SHOWN).await;
    assert!(!status.contains("hit"), "{status}");
    assert_eq!(shown["partner"]["reviewCount"], 2);
    assert!(read(&app, NAMED).await.0.contains("hit"));
    let edit = json!({"i": added["addReview"]["id"], "s": 1});
    ben.ask(&app, UPDATE, edit).await.data();
    let (status, named) = read(&app, NAMED).await;
    assert!(!status.contains("hit"), "{status}");
    // (20 + 4 + 1) / 7 is 3.57.
    assert_eq!(named["partner"]["rating"], 3.6);
}

#[tokio::test]
async fn reviews_are_paged_in_each_order_and_cursors_belong_to_one() {
    let (app, one, _) = world().await;
    let mut ids = Vec::new();
    for (name, stars) in [("ana", 3), ("ben", 5), ("cleo", 1)] {
        let person = register(&app, name).await;
        app.pass_ms(1_000);
        ids.push(json!(reviewed(&app, &person, &one, stars).await));
    }
    for (order, expected) in [
        ("NEWEST", [2, 1, 0]),
        ("HIGHEST", [1, 0, 2]),
        ("LOWEST", [2, 0, 1]),
    ] {
        let (mut after, mut found) = (Value::Null, Vec::new());
        loop {
            let page = json!({"i": partner("a").id, "f": 1, "a": after, "o": order});
            let page = app.ask(SHOWN, page).await.data()["partner"]["reviews"].clone();
            found.push(page["edges"][0]["node"]["id"].clone());
            after = page["pageInfo"]["endCursor"].clone();
            if page["pageInfo"]["hasNextPage"] == false {
                break;
            }
        }
        let expected: Vec<_> = expected.iter().map(|at| ids[*at].clone()).collect();
        assert_eq!(found, expected, "{order}");
        let foreign = if order == "NEWEST" {
            "LOWEST"
        } else {
            "NEWEST"
        };
        let foreign = json!({"i": partner("a").id, "a": after, "o": foreign});
        assert_eq!(app.ask(SHOWN, foreign).await.code(), "CURSOR_INVALID");
    }
    let large = json!({"i": partner("a").id, "f": 101, "o": "NEWEST"});
    assert_eq!(app.ask(SHOWN, large).await.code(), "PAGE_SIZE_OUT_OF_RANGE");
}

#[tokio::test]
async fn an_export_has_reviews_and_reports_and_an_erasure_leaves_stars() {
    let (app, one, other) = world().await;
    app.publish(&[SHOWN]).await;
    let (ana, ben) = (register(&app, "ana").await, register(&app, "ben").await);
    crate::accounts::person::verify(&app, &ana).await;
    reviewed(&app, &ana, &one, 2).await;
    let of_ben = reviewed(&app, &ben, &other, 1).await;
    let report = json!({"i": of_ben, "r": "FAKE", "t": "Il n’était pas là"});
    ana.ask(&app, super::moderating::REPORT, report)
        .await
        .data();
    let export = "query E { exportMyData { data } }";
    let export = ana.ask(&app, export, json!({})).await.data();
    let export = export["exportMyData"]["data"].as_str().unwrap();
    let export: Value = serde_json::from_str(export).unwrap();
    assert_eq!(export["reviews"][0]["stars"], 2);
    assert_eq!(export["reviews"][0]["text"], "Très bien");
    assert_eq!(export["reviewReports"][0]["text"], "Il n’était pas là");

    let (_, before) = read(&app, SHOWN).await;
    assert!(before.to_string().contains("Zoé D."));
    let erase = "mutation E($p: String!) { deleteMyAccount(password: $p) }";
    for person in [&ana, &ben] {
        person.ask(&app, erase, json!({"p": PASSWORD})).await.data();
    }
    let (status, after) = read(&app, SHOWN).await;
    assert!(!status.contains("hit"), "{status}");
    assert_eq!(after["partner"]["rating"], before["partner"]["rating"]);
    assert_eq!(after["partner"]["reviewCount"], 2);
    let edges = after["partner"]["reviews"]["edges"].as_array().unwrap();
    for edge in edges {
        let node = &edge["node"];
        assert_eq!(
            (&node["author"], &node["text"]),
            (&Value::Null, &Value::Null)
        );
    }
}

#[tokio::test]
async fn an_offer_shows_the_reviews_of_its_own_guests_and_a_cached_page_follows_them() {
    const OF_OFFER: &str = "query O($i: ID!, $f: Int, $a: String) { offer(id: $i) {
        reviews(first: $f, after: $a) { pageInfo { hasNextPage endCursor } edges { node { id } } } } }";
    let (app, one, other) = world().await;
    app.publish(&[OF_OFFER]).await;
    let page = async |offer: &domain::Offer, first: i32, after: Value| {
        let variables = json!({"i": offer.id, "f": first, "a": after});
        app.ask(OF_OFFER, variables).await.data()["offer"]["reviews"].clone()
    };
    assert_eq!(page(&one, 1, Value::Null).await["edges"], json!([]));
    let mut ids = Vec::new();
    for name in ["ana", "ben"] {
        let person = register(&app, name).await;
        app.pass_ms(1_000);
        let visit = visited(&app, &person, &one).await;
        let new = json!({"b": visit, "s": 4});
        let added = person.ask(&app, ADD, new).await.data();
        ids.push(added["addReview"]["id"].clone());
        let newest = page(&one, 1, Value::Null).await;
        assert_eq!(newest["edges"][0]["node"]["id"], ids[ids.len() - 1]);
    }
    let first = page(&one, 1, Value::Null).await;
    assert_eq!(first["pageInfo"]["hasNextPage"], true);
    let rest = page(&one, 1, first["pageInfo"]["endCursor"].clone()).await;
    assert_eq!(rest["edges"], json!([{"node": {"id": ids[0]}}]));
    assert_eq!(page(&other, 9, Value::Null).await["edges"], json!([]));
    for (variables, code) in [
        (json!({"i": one.id, "f": 101}), "PAGE_SIZE_OUT_OF_RANGE"),
        (json!({"i": one.id, "a": "x"}), "CURSOR_INVALID"),
    ] {
        assert_eq!(app.ask(OF_OFFER, variables).await.code(), code);
    }
}
