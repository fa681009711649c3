//! What the edge stores, where, and for whom.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use crate::{PARIS, ids, near, stack, two_in_one_cell, warm};

#[tokio::test]
async fn a_miss_then_a_hit_from_memory_and_from_kv_in_a_fresh_isolate() {
    let mut stack = stack().await;
    let ask = near(&stack, PARIS);
    let miss = ask.get(&stack.client, &stack.edge_url).await.unwrap();
    assert_eq!(
        (miss.status, miss.cache_status()),
        (200, "yousoon-edge; fwd=uri-miss; stored"),
        "{}",
        miss.text
    );
    assert_eq!(ids(&miss.json()).len(), 3);

    let hit = ask.get(&stack.client, &stack.edge_url).await.unwrap();
    assert!(
        hit.cache_status().starts_with("yousoon-edge; hit; ttl="),
        "{}",
        hit.cache_status()
    );
    assert!(
        hit.cache_status().ends_with("; detail=memory"),
        "{}",
        hit.cache_status()
    );
    assert_eq!(hit.text, miss.text);
    assert_eq!(hit.header("etag"), miss.header("etag"));
    assert!(!hit.header("age").is_empty());
    assert_eq!(
        hit.header("cache-control"),
        "public, max-age=0, must-revalidate"
    );
    for internal in ["cache-tag", "yousoon-as-of"] {
        assert_eq!(hit.header(internal), "", "{internal} is for the edge alone");
        assert_eq!(
            miss.header(internal),
            "",
            "{internal} is for the edge alone"
        );
    }

    let reads = stack.to_origin.reads();
    stack.restart_edge().await.unwrap();
    let from_kv = ask.get(&stack.client, &stack.edge_url).await.unwrap();
    assert!(
        from_kv.cache_status().ends_with("; detail=kv"),
        "{}",
        from_kv.cache_status()
    );
    assert_eq!(from_kv.text, miss.text);
    assert_eq!(stack.to_origin.reads(), reads, "the origin was not asked");
}

#[tokio::test]
async fn two_users_200_m_apart_share_one_entry() {
    let stack = stack().await;
    let [north, south] = two_in_one_cell(PARIS);
    let first = near(&stack, north)
        .get(&stack.client, &stack.edge_url)
        .await
        .unwrap();
    assert!(!first.is_hit());
    let second = near(&stack, south)
        .get(&stack.client, &stack.edge_url)
        .await
        .unwrap();
    assert!(second.is_hit(), "{}", second.cache_status());
    assert_ne!(first.text, second.text, "each has its own distances");
    assert_eq!(ids(&first.json()).len(), ids(&second.json()).len());
    let far = near(&stack, (PARIS.0 + 0.02, PARIS.1))
        .get(&stack.client, &stack.edge_url)
        .await
        .unwrap();
    assert!(!far.is_hit());
}

#[tokio::test]
async fn a_private_or_erroneous_answer_is_never_stored() {
    let stack = stack().await;
    let list = warm(&stack, &near(&stack, PARIS)).await;
    let offer = ids(&list.json()).remove(0);
    let private = stack.ask("OfferIsFavorite", json!({"id": offer}));
    let refused = stack.ask(
        "OffersNearby",
        json!({"location": {"lat": 48.0, "lng": 2.0}, "first": 100_000}),
    );
    let absent = stack.ask("OfferDetail", json!({"id": "0123456789abcdef01234567"}));
    for (what, ask) in [
        ("private", private),
        ("refused", refused),
        ("absent", absent),
    ] {
        let before = stack.to_origin.reads();
        for _ in 0..3 {
            let answer = ask.get(&stack.client, &stack.edge_url).await.unwrap();
            assert!(
                !answer.is_hit() && !answer.cache_status().contains("stored"),
                "{what}: {}",
                answer.cache_status()
            );
            assert!(
                answer.header("cache-control").contains("no-store"),
                "{what}: {}",
                answer.header("cache-control")
            );
        }
        assert_eq!(
            stack.to_origin.reads(),
            before + 3,
            "{what}: the origin was asked each time"
        );
    }
}

#[tokio::test]
async fn the_edge_builds_the_request_for_a_shared_read_itself() {
    let stack = stack().await;
    let ask = near(&stack, PARIS);
    let url = format!("{}/graphql/{}", stack.edge_url, ask.id);
    let answer = stack
        .client
        .get(url)
        .query(&[
            ("variables", ask.variables.to_string()),
            ("utm_source", "poison".to_owned()),
        ])
        .header("authorization", "Bearer somebody")
        .header("cookie", "session=somebody")
        .header("x-forwarded-host", "poison.example")
        .header("accept-language", "de")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    let passed = stack.to_origin.passed();
    let read = passed
        .iter()
        .find(|passed| passed.line == "POST /graphql")
        .unwrap();
    for header in [
        "authorization",
        "cookie",
        "x-forwarded-host",
        "accept-language",
        "referer",
    ] {
        assert!(
            read.headers.get(header).is_none(),
            "{header} went to the origin"
        );
    }
    let body = String::from_utf8(read.body.to_vec()).unwrap();
    assert!(!body.contains("poison"));
    // Variables are sorted, defaults are filled in, the location is the centre of the cell: the same for
    // everybody in it.
    assert!(
        body.contains(r#""first":20,"location":{"lat":48.85434,"lng":2.3513299},"maxDistance":5}"#),
        "{body}"
    );
}

#[tokio::test]
async fn identical_misses_are_one_read() {
    let stack = stack().await;
    // The edge knows the document, but has no answer yet.
    near(&stack, (PARIS.0 + 0.05, PARIS.1))
        .get(&stack.client, &stack.edge_url)
        .await
        .unwrap();
    let ask = near(&stack, PARIS);
    let before = stack.to_origin.reads();
    stack.to_origin.hold_answers();
    let asking: Vec<_> = (0..20)
        .map(|_| {
            let (ask, client, url) = (ask.clone(), stack.client.clone(), stack.edge_url.clone());
            tokio::spawn(async move { ask.get(&client, &url).await.unwrap() })
        })
        .collect();
    stack.to_origin.until_one_is_held().await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    stack.to_origin.release();
    let mut collapsed = 0;
    for answer in asking {
        let answer = answer.await.unwrap();
        assert_eq!(answer.status, 200);
        collapsed += usize::from(answer.cache_status().contains("; collapsed"));
    }
    assert_eq!(stack.to_origin.reads(), before + 1);
    assert_eq!(collapsed, 19);
}

/// Once V8 has compiled `new Promise`, a promise does not know its request any more: the request that
/// resolves it would run the waiter's code (see `edge/worker/src/coalesce.rs`). It happened after
/// 9,000 waits.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_waits_for_another_ones_fetch_resumes_in_its_own_context() {
    const READERS: usize = 32;
    const WAITS: usize = 16_000;
    let stack = stack().await;
    // The answers cannot be stored, so every read fetches, or waits for another one's fetch.
    let ask = stack.ask("OfferDetail", json!({"id": "0123456789abcdef01234567"}));
    let waits = Arc::new(AtomicUsize::new(0));
    let mut readers = tokio::task::JoinSet::new();
    for _ in 0..READERS {
        let (ask, client, url) = (ask.clone(), stack.client.clone(), stack.edge_url.clone());
        let waits = Arc::clone(&waits);
        readers.spawn(async move {
            while waits.load(Ordering::Relaxed) < WAITS {
                let answer = ask.get(&client, &url).await.unwrap();
                assert_eq!(answer.status, 200, "{}", answer.text);
                let waited = answer.cache_status().contains("; collapsed");
                waits.fetch_add(usize::from(waited), Ordering::Relaxed);
            }
        });
    }
    readers.join_all().await;
}
