//! Why a question is answered out of a cache or not.

use std::{net::Ipv4Addr, time::Duration};

use axum::{Router, body::Bytes, http::HeaderMap, routing::post};
use cache_core::Revision;
use edge_core::{
    explain::{CONTEXT, EdgeAnswer, Found, LogState, Question, TierReport},
    signature::verify,
};
use pq_core::DocumentHash;
use serde_json::{Value, json};

use crate::{
    app::{Answer, EDGE_SECRET, TestApp},
    fixtures::{NOW_MS, offer, store},
};

const OFFER: &str = "query Detail($id: ID!) { offer(id: $id) { title } }";
const OFFERS: &str = "query List($i: OffersInput!) { offers(input: $i) { edges { node { id } } } }";
const FAVORITE: &str = "query Favorite($id: ID!) { offer(id: $id) { isFavorite } }";

async fn explain(app: &TestApp, document: &str, variables: Value) -> Answer {
    let body = json!({"document": document, "variables": variables});
    app.admin_post("/admin/cache/explain", &body).await
}

async fn purge(app: &TestApp, soft: bool) {
    let body = json!({"offerId": offer("a", 0).id, "soft": soft, "reason": "a test"});
    let answer = app.admin_post("/admin/purge", &body).await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.text);
}

#[tokio::test]
async fn memory_says_what_it_has_and_what_becomes_of_it() {
    let app = TestApp::start().await;
    store(&app, "a", vec![offer("a", 0)]).await;
    app.publish(&[OFFER]).await;
    let variables = json!({"id": offer("a", 0).id});
    let explained = async || explain(&app, "Detail", variables.clone()).await.json();
    let before = explained().await;
    let hash = DocumentHash::of(OFFER);
    assert_eq!(before["document"], hash.to_string());
    assert_eq!(before["operation"], "Detail");
    assert_eq!(before["client"], "site");
    assert_eq!(before["policy"]["maxAgeS"], 900);
    assert_eq!(before["variables"], variables);
    assert_eq!(
        (&before["snapped"], &before["note"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(before["key"].as_str().unwrap().len(), 64);
    assert_eq!(before["log"]["identity"], app.log().to_string());
    assert_eq!(before["log"]["trusted"], true);
    assert_eq!(
        before["tiers"],
        json!([{"tier": "l1", "state": "absent"}, {"tier": "l2", "state": "off"}])
    );
    assert_eq!(before["edges"], json!([]));

    app.ask(OFFER, variables.clone()).await.data();
    let kept = &explained().await["tiers"][0];
    assert_eq!(
        (&kept["state"], &kept["verdict"]),
        (&json!("stored"), &json!("serve"))
    );
    assert_eq!(kept["tags"][0], format!("document:{hash}"));
    assert_eq!(kept["asOf"], format!("{}:0", app.log()));
    assert_eq!(kept["lifetime"]["maxAgeS"], 900);
    assert_eq!(kept["ageMs"], 0);

    let tag = format!("offer:{}", offer("a", 0).id);
    purge(&app, true).await;
    let stale = &explained().await["tiers"][0];
    assert_eq!(
        (&stale["verdict"], &stale["why"]),
        (&json!("stale"), &json!("soft-purge"))
    );
    assert_eq!(
        (&stale["tag"], &stale["revision"]),
        (&json!(tag), &json!(1))
    );

    purge(&app, false).await;
    let purged = explained().await;
    let tier = &purged["tiers"][0];
    assert_eq!(
        (&tier["verdict"], &tier["why"]),
        (&json!("fetch"), &json!("purged"))
    );
    assert_eq!((&tier["tag"], &tier["revision"]), (&json!(tag), &json!(2)));
    assert_eq!(
        tier["words"],
        format!("`{tag}` was purged at revision 2; the entry was last known valid at 0")
    );
    assert_eq!(purged["log"]["head"], 2);
    assert_eq!(app.head(), Revision(2), "explaining changes nothing");
}

#[tokio::test]
async fn the_key_is_the_one_that_the_edge_asks_by() {
    const COUNT: &str = "query Count($i: OffersInput!) { offers(input: $i) { totalCount } }";
    let app = TestApp::start().await;
    app.publish(&[OFFERS, COUNT]).await;
    let at = |lat: f64| json!({"i": {"location": {"lat": lat, "lng": 2.3522}}});
    let list = explain(&app, "List", at(48.8566)).await.json();
    assert_eq!(
        list["key"],
        explain(&app, "List", at(48.8567)).await.json()["key"]
    );
    assert!(list["note"].as_str().unwrap().contains("candidates"));
    let first = explain(&app, "Count", at(48.8566)).await.json();
    let neighbour = explain(&app, "Count", at(48.8567)).await.json();
    assert_eq!(first["key"], neighbour["key"]);
    assert_eq!(first["variables"]["i"]["location"]["lat"], 48.8566);
    assert_ne!(first["snapped"], first["variables"]);
    assert!(first["note"].as_str().unwrap().contains("snapped"));
    // What the edge sends is found under the key that was told.
    app.ask(COUNT, first["snapped"].clone()).await.data();
    let kept = explain(&app, "Count", at(48.8566)).await.json();
    assert_eq!(kept["tiers"][0]["verdict"], "serve");
}

#[tokio::test]
async fn a_question_that_names_nothing_is_refused() {
    let app = TestApp::start().await;
    let other = format!("{OFFER} ");
    app.publish(&[OFFER, &other, FAVORITE]).await;
    let unknown = DocumentHash::of("unknown").to_string();
    let table = [
        ("Nothing", json!({}), 404, "PERSISTED_QUERY_NOT_FOUND"),
        (
            unknown.as_str(),
            json!({}),
            404,
            "PERSISTED_QUERY_NOT_FOUND",
        ),
        ("Detail", json!({"id": "1"}), 400, "BAD_USER_INPUT"),
        ("Favorite", json!({}), 400, "VARIABLE_MISSING"),
        ("Favorite", json!([]), 400, "INVALID_REQUEST"),
    ];
    for (document, variables, status, code) in table {
        let refused = explain(&app, document, variables).await;
        assert_eq!(
            (refused.status.as_u16(), refused.code().as_str()),
            (status, code),
            "{document}: {}",
            refused.text
        );
    }
    let ambiguous = explain(&app, "Detail", json!({"id": "1"})).await;
    let hash = DocumentHash::of(&other).to_string();
    assert!(ambiguous.text.contains(&hash), "{}", ambiguous.text);
    let by_hash = explain(&app, &format!("sha256:{hash}"), json!({"id": "1"})).await;
    assert_eq!(by_hash.json()["document"], hash);
    let private = explain(&app, "Favorite", json!({"id": "1"})).await.json();
    assert_eq!(
        (&private["key"], &private["tiers"]),
        (&Value::Null, &json!([]))
    );
    assert!(private["note"].as_str().unwrap().contains("private"));
}

#[tokio::test]
async fn redis_is_explained_and_one_that_is_gone_is_no_absence() {
    if let Some(reason) = e2e::redis::cannot_be_killed().await {
        return println!("skipped: {reason}");
    }
    let mut redis = e2e::Redis::start(e2e::Durability::Memory).await.unwrap();
    let app = TestApp::builder().redis(&redis.url()).start().await;
    store(&app, "a", vec![offer("a", 0)]).await;
    app.publish(&[OFFER]).await;
    let variables = json!({"id": offer("a", 0).id});
    let l2 = async || {
        let explained = explain(&app, "Detail", variables.clone()).await.json();
        explained["tiers"][1].clone()
    };
    assert_eq!(l2().await, json!({"tier": "l2", "state": "absent"}));
    app.ask(OFFER, variables.clone()).await.data();
    let began = std::time::Instant::now();
    while l2().await["state"] != "stored" {
        assert!(began.elapsed() < Duration::from_secs(5), "{}", l2().await);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(l2().await["verdict"], "serve");
    purge(&app, false).await;
    assert_eq!(l2().await["why"], "purged");
    redis.kill().await.unwrap();
    assert_eq!(l2().await["state"], "failed");
}

/// An edge that answers what it was asked, if it was asked by the origin.
async fn edge() -> String {
    async fn answer(
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<axum::Json<EdgeAnswer>, &'static str> {
        let signature = headers["yousoon-signature"].to_str().unwrap();
        if verify(
            EDGE_SECRET,
            signature,
            CONTEXT,
            NOW_MS.unsigned_abs(),
            &body,
        )
        .is_err()
        {
            return Err("not the origin");
        }
        let question: Question = serde_json::from_slice(&body).unwrap();
        Ok(axum::Json(EdgeAnswer {
            log: LogState::of(None, 0, 5_000),
            tiers: vec![TierReport {
                tier: question.key,
                found: Found::Absent,
            }],
        }))
    }
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let routes = Router::new().route("/base/_yousoon/explain", post(answer));
    tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
    url
}

#[tokio::test]
async fn edges_are_asked_and_one_that_is_silent_is_told_as_such() {
    let alive = edge().await;
    let (with_base, wrong) = (format!("{alive}/base/"), format!("{alive}/wrong"));
    let dead = "http://user:secret@127.0.0.1:1";
    let app = TestApp::builder()
        .edge(&with_base)
        .edge(&wrong)
        .edge(dead)
        .start()
        .await;
    app.publish(&[OFFER]).await;
    let explained = explain(&app, "Detail", json!({"id": "1"})).await;
    let json = explained.json();
    let edges = json["edges"].as_array().unwrap();
    assert_eq!(edges[0]["edge"], format!("{alive}/base"));
    assert_eq!(edges[0]["answer"]["tiers"][0]["tier"], json["key"]);
    assert_eq!(edges[0]["error"], Value::Null);
    assert_eq!(
        edges[1]["error"],
        "the edge answered with status 404 Not Found"
    );
    assert_eq!(edges[2]["edge"], "http://127.0.0.1:1");
    assert!(
        edges[2]["error"]
            .as_str()
            .unwrap()
            .contains("cannot be reached")
    );
    assert!(!explained.text.contains("secret"), "{}", explained.text);
}
