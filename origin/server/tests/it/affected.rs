//! Dry runs: how many kept answers a purge would reach.

use std::time::Duration;

use pq_core::DocumentHash;
use serde_json::{Value, json};

use crate::{
    app::{Answer, TOKEN, TestApp},
    fixtures::{offer, partner, store},
};

const OFFER: &str = "query Detail($id: ID!) { offer(id: $id) { title } }";
const OFFERS: &str = "query List($i: OffersInput!) { offers(input: $i) { edges { node { id } } } }";
const UNPUBLISHED: &str = "query A { categories { id } }";

/// Two offers and a list of them are kept, and the categories.
async fn fill(app: &TestApp) {
    store(app, "a", vec![offer("a", 0), offer("a", 1)]).await;
    app.publish(&[OFFER, OFFERS]).await;
    ask(app).await;
}

async fn ask(app: &TestApp) {
    for number in [0, 1] {
        let id = offer("a", number).id;
        app.ask(OFFER, json!({"id": id})).await.data();
    }
    app.ask(OFFERS, json!({"i": {}})).await.data();
    app.ask(UNPUBLISHED, json!({})).await.data();
}

async fn dry(app: &TestApp, mut body: Value) -> Value {
    body["reason"] = "a test".into();
    body["dryRun"] = true.into();
    let answer = app.admin_post("/admin/purge", &body).await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.text);
    let json = answer.json();
    assert_eq!(
        (&json["revision"], &json["dryRun"]),
        (&Value::Null, &json!(true))
    );
    json
}

fn of(document: &str, operation: &Value, memory: u64, redis: &Value) -> Value {
    json!({"document": DocumentHash::of(document), "operation": operation,
        "memory": memory, "redis": redis})
}

/// Documents, each with how many of its answers are in memory.
fn counts(answer: &Value) -> Vec<(String, u64)> {
    let affected = answer["affected"].as_array().unwrap();
    let mut counts: Vec<_> = affected
        .iter()
        .map(|of| {
            let name = of["operation"].as_str().unwrap_or("unknown");
            (name.to_owned(), of["memory"].as_u64().unwrap())
        })
        .collect();
    counts.sort();
    counts
}

fn named(expected: &[(&str, u64)]) -> Vec<(String, u64)> {
    expected
        .iter()
        .map(|(name, count)| ((*name).to_owned(), *count))
        .collect()
}

#[tokio::test]
async fn a_dry_run_counts_by_document_what_a_purge_would_make_invalid() {
    let app = TestApp::start().await;
    fill(&app).await;
    let id = offer("a", 0).id;
    let one = dry(&app, json!({"offerId": id})).await;
    assert_eq!(counts(&one), named(&[("Detail", 1), ("List", 1)]));
    assert_eq!(one["cut"], false);
    let both = dry(&app, json!({"partnerId": partner("a").id})).await;
    assert_eq!(counts(&both), named(&[("Detail", 2), ("List", 1)]));
    let all = dry(&app, json!({"all": true})).await;
    assert_eq!(
        counts(&all),
        named(&[("Detail", 2), ("List", 1), ("unknown", 1)])
    );
    let first = &all["affected"][0];
    assert_eq!(
        *first,
        of(OFFER, &json!("Detail"), 2, &Value::Null),
        "the most first, and there is no Redis"
    );
    let nothing = dry(&app, json!({"offerId": offer("a", 7).id})).await;
    assert_eq!(nothing["affected"], json!([]));
    assert_eq!(app.head().0, 0, "nothing was purged");
    let detail = app.ask(OFFER, json!({"id": id})).await;
    assert!(detail.header("cache-status").contains("hit"));
}

#[tokio::test]
async fn what_is_stale_or_invalid_already_is_not_counted_again() {
    let app = TestApp::start().await;
    fill(&app).await;
    let target = |soft: bool| json!({"offerId": offer("a", 0).id, "soft": soft});
    let purge = async |soft: bool| {
        let mut body = target(soft);
        body["reason"] = "a test".into();
        let answer = app.admin_post("/admin/purge", &body).await;
        assert_eq!(answer.status.as_u16(), 200, "{}", answer.text);
    };
    let would = async |soft: bool| counts(&dry(&app, target(soft)).await);
    let two = named(&[("Detail", 1), ("List", 1)]);
    assert_eq!(would(true).await, two);
    purge(true).await;
    assert_eq!(would(true).await, [], "stale already");
    assert_eq!(would(false).await, two, "still served");
    purge(false).await;
    assert_eq!(would(false).await, [], "invalid already");
}

#[tokio::test]
async fn the_mutation_counts_as_well_and_a_real_purge_counts_nothing() {
    const PURGE: &str = "mutation A($i: PurgeInput!) { purge(input: $i) { dryRun cut affected { document operation memory redis } } }";
    let app = TestApp::start().await;
    fill(&app).await;
    let purge = async |dry_run: bool| {
        let input = json!({"document": DocumentHash::of(OFFER), "dryRun": dry_run, "reason": "x"});
        let request = app.post(PURGE, &json!({"i": input})).bearer_auth(TOKEN);
        Answer::of(request).await.data()["purge"].clone()
    };
    assert_eq!(
        purge(true).await,
        json!({"dryRun": true, "cut": false,
            "affected": [of(OFFER, &json!("Detail"), 2, &Value::Null)]})
    );
    assert_eq!(
        purge(false).await,
        json!({"dryRun": false, "cut": null, "affected": null})
    );
}

#[tokio::test]
async fn redis_is_counted_too_and_says_when_it_cannot_be() {
    if let Some(reason) = e2e::redis::cannot_be_killed().await {
        return println!("skipped: {reason}");
    }
    let mut redis = e2e::Redis::start(e2e::Durability::Memory).await.unwrap();
    let filler = TestApp::builder().redis(&redis.url()).start().await;
    fill(&filler).await;
    let target = || json!({"offerId": offer("a", 0).id});
    let expected = json!([
        of(OFFER, &json!("Detail"), 1, &json!(1)),
        of(OFFERS, &json!("List"), 1, &json!(1))
    ]);
    let sorted = |answer: &Value| {
        let mut affected = answer["affected"].as_array().unwrap().clone();
        affected.sort_by_key(|of| of["operation"].to_string());
        Value::from(affected)
    };
    // Writes to Redis are waited for by nobody.
    let began = std::time::Instant::now();
    let mut told = dry(&filler, target()).await;
    while sorted(&told) != expected {
        assert!(began.elapsed() < Duration::from_secs(5), "{told}");
        tokio::time::sleep(Duration::from_millis(10)).await;
        told = dry(&filler, target()).await;
    }
    assert_eq!(told["cut"], false);
    redis.kill().await.unwrap();
    let told = dry(&filler, target()).await;
    assert_eq!(told["cut"], true, "{told}");
    assert!(told["affected"][0]["redis"].is_null(), "{told}");
}
