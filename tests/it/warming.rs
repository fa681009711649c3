//! The hottest answers are hits at the edge before any client asks again: after `purge --warm`, and when a new
//! log has begun.

use std::time::Duration;

use e2e::{Ask, Cluster, ClusterOptions, Stack};
use edge_core::header::WARMS;
use serde_json::json;

use crate::{LYON, PARIS, near, stack, venue, warm};

/// How many answers the edge has asked for by itself.
fn warm_fills(stack: &Stack) -> usize {
    let passed = stack.to_origin.passed();
    let all = passed.iter();
    all.filter(|request| request.headers.contains_key(WARMS))
        .count()
}

async fn purge(stack: &Stack, warm: bool) {
    let body = json!({"all": true, "warm": warm, "reason": "a test"});
    let url = format!("{}/admin/purge", stack.origin_url);
    let request = stack
        .client
        .post(url)
        .bearer_auth(stack.token())
        .json(&body);
    assert!(request.send().await.unwrap().status().is_success());
}

#[tokio::test]
async fn after_a_warm_purge_the_edge_has_its_hottest_answers_before_a_client_asks() {
    let stack = stack().await;
    let asks = [near(&stack, PARIS), near(&stack, LYON)];
    for ask in &asks {
        warm(&stack, ask).await;
    }
    assert_eq!(warm_fills(&stack), 0);
    purge(&stack, true).await;
    // No client asks the edge for anything: its isolate hears of the purge with an append.
    for _ in 0..500 {
        if warm_fills(&stack) >= asks.len() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(warm_fills(&stack), asks.len());
    tokio::time::sleep(Duration::from_millis(500)).await;
    for request in stack.to_origin.passed() {
        if request.headers.contains_key(WARMS) {
            for private in ["authorization", "cookie", "yousoon-client-ip"] {
                assert!(!request.headers.contains_key(private), "{private}");
            }
        }
    }
    for ask in &asks {
        let answer = ask.get(&stack.client, &stack.edge_url).await.unwrap();
        assert!(answer.is_hit(), "{}", answer.cache_status());
    }
    // A purge that does not ask for it leaves the next request to fetch.
    purge(&stack, false).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(warm_fills(&stack), asks.len());
    let answer = asks[0].get(&stack.client, &stack.edge_url).await.unwrap();
    assert!(!answer.is_hit(), "{}", answer.cache_status());
}

#[tokio::test]
async fn when_a_new_log_has_begun_the_hottest_answers_are_there_before_a_client_asks() {
    let options = ClusterOptions {
        origins: 2,
        venues: vec![venue(PARIS, "thai"), venue(LYON, "french")],
        ..ClusterOptions::default()
    };
    let mut cluster = Cluster::start(&options).await.unwrap();
    let documents = cluster.documents.clone();
    let list = |(lat, lng): (f64, f64)| {
        let variables = json!({"location": {"lat": lat, "lng": lng}, "maxDistance": 5});
        documents.ask("OffersNearby", variables)
    };
    let categories = || documents.ask("Categories", json!({}));
    let asks: [Ask; 3] = [list(PARIS), list(LYON), categories()];
    let edge = cluster.edge_url();
    let within = Duration::from_secs(10);
    for ask in &asks {
        let hit = ask.until(&cluster.client, &edge, within, e2e::Answer::is_hit);
        hit.await.unwrap();
    }
    cluster.redis_mut().kill().await.unwrap();
    cluster.redis_mut().restart_wiped().await.unwrap();
    // Long enough for a new log, its way to the edge, and three answers.
    tokio::time::sleep(Duration::from_secs(10)).await;
    for ask in &asks {
        let answer = ask.get(&cluster.client, &edge).await.unwrap();
        assert!(answer.is_hit(), "{}", answer.cache_status());
    }
    // Both origins have what anybody may ask of them, in memory or in Redis.
    for pod in cluster.pod_urls() {
        let answer = categories().get(&cluster.client, &pod).await.unwrap();
        assert!(
            answer.cache_status().contains("hit"),
            "{}",
            answer.cache_status()
        );
    }
}
