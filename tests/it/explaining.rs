//! `yousoon cache explain`, `yousoon cache stats` and dry runs of purges, against running processes.

use std::time::{Duration, Instant};

use e2e::Stack;
use serde_json::{Value, json};

use crate::{PARIS, ids, near, stack, warm};

/// How long a purge may take to reach the edge, and a write to reach KV.
const WITHIN: Duration = Duration::from_secs(5);

fn variables() -> String {
    let (lat, lng) = PARIS;
    json!({"location": {"lat": lat, "lng": lng}, "maxDistance": 5}).to_string()
}

async fn explain(stack: &Stack, more: &[&str]) -> String {
    let variables = variables();
    let mut arguments = vec!["cache", "explain", "OffersNearby", &variables];
    arguments.extend(["--url", &stack.origin_url]);
    arguments.extend(more);
    stack.run(&arguments).await.unwrap()
}

async fn explained(stack: &Stack) -> Value {
    serde_json::from_str(&explain(stack, &["--json"]).await).unwrap()
}

async fn until(stack: &Stack, what: &str, done: impl Fn(&Value) -> bool) -> Value {
    let began = Instant::now();
    loop {
        let told = explained(stack).await;
        if done(&told) {
            return told;
        }
        assert!(began.elapsed() < WITHIN, "{what}: {told}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A tier of the edge.
fn edge_tier(told: &Value, index: usize) -> &Value {
    &told["edges"][0]["answer"]["tiers"][index]
}

#[tokio::test]
async fn every_tier_says_what_it_has_before_and_after_a_purge() {
    let stack = stack().await;
    let list = near(&stack, PARIS);
    let offer = ids(&warm(&stack, &list).await.json()).remove(0);
    let kept = until(&stack, "KV is written", |told| {
        edge_tier(told, 1)["state"] == "stored"
    })
    .await;
    assert!(!kept["snapped"].is_null(), "{kept}");
    let tiers = [
        (&kept["tiers"][0], "l1"),
        (edge_tier(&kept, 0), "memory"),
        (edge_tier(&kept, 1), "kv"),
    ];
    for (tier, name) in tiers {
        assert_eq!(
            (&tier["tier"], &tier["verdict"]),
            (&json!(name), &json!("serve")),
            "{kept}"
        );
    }
    assert_eq!(kept["tiers"][1]["state"], "off", "there is no Redis");
    let log = &kept["log"];
    let edges_log = &kept["edges"][0]["answer"]["log"];
    for field in ["identity", "head", "trusted"] {
        assert_eq!(log[field], edges_log[field], "{kept}");
    }

    // The import has purged too.
    let revision = log["head"].as_u64().unwrap() + 1;
    let tag = format!("offer:{offer}");
    let url = stack.origin_url.as_str();
    let purge = [
        "purge", "--offer", &offer, "--reason", "a test", "--url", url,
    ];
    let dry = [purge.as_slice(), &["--dry-run"]].concat();
    let told = stack.run(&dry).await.unwrap();
    assert!(told.contains("OffersNearby"), "{told}");
    assert!(told.contains("nothing was purged"), "{told}");
    stack.run(&purge).await.unwrap();

    let purged = until(&stack, "the purge is at the edge", |told| {
        edge_tier(told, 0)["verdict"] == "fetch"
    })
    .await;
    for tier in [
        &purged["tiers"][0],
        edge_tier(&purged, 0),
        edge_tier(&purged, 1),
    ] {
        assert_eq!(
            [&tier["why"], &tier["tag"], &tier["revision"]],
            [&json!("purged"), &json!(tag), &json!(revision)],
            "{purged}"
        );
    }
    let text = explain(&stack, &[]).await;
    println!("{text}");
    let sentence = format!("fetch: `{tag}` was purged at revision {revision}");
    assert_eq!(text.matches(&sentence).count(), 3, "{text}");
    let stats = ["cache", "stats", "--url", url];
    let stats = stack.run(&stats).await.unwrap();
    println!("{stats}\n{told}");
    assert!(stats.contains("OffersNearby"), "{stats}");
}

#[tokio::test]
async fn an_edge_that_does_not_answer_is_told_as_such() {
    let stack = stack().await;
    stack.to_edge.shut();
    let text = explain(&stack, &[]).await;
    assert!(
        text.contains("does not answer: the edge answered with status 503"),
        "{text}"
    );
    assert!(text.contains("l1         nothing stored"), "{text}");
}

#[tokio::test]
async fn the_edge_explains_itself_to_origins_only() {
    let stack = stack().await;
    let ask = |body: String| {
        let url = format!("{}/_yousoon/explain", stack.edge_url);
        let request = stack.client.post(url).body(body);
        let request = request.header("yousoon-signature", "t=1,v1=00");
        async { request.send().await.unwrap().status().as_u16() }
    };
    assert_eq!(ask(json!({"key": "0".repeat(64)}).to_string()).await, 401);
    assert_eq!(ask("x".repeat(2_000)).await, 413);
}
