//! The edge's platform fails, hangs and lies, part by part; in cold and in warm isolates. The origin can
//! answer all the same, so the edge does, in time.

use std::time::{Duration, Instant};

use cache_core::geo;
use e2e::{Answer, Ask, Options, Platform, Stack};
use serde_json::json;

use crate::{PARIS, venue, warm};

/// How long a request waits for all of the platform (`edge_core::patience`), and 300 ms for everything
/// else.
const IN_TIME: Duration = Duration::from_millis(400 + 300);
/// The fastest of so many requests counts: this machine is slow at times, and waits that add up are slow
/// always.
const TRIES: usize = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Isolate {
    /// It has no answers, no documents and no copy of the log.
    Cold,
    /// It has, and its copy of the log must be refreshed.
    Warm,
}

async fn breakable() -> Stack {
    let platform = Platform {
        breakable: true,
        rate_limit: Some(100_000),
        ..Platform::default()
    };
    let venues = vec![
        venue((48.8570, 2.3530), "thai"),
        venue((48.8600, 2.3400), "italian"),
    ];
    Stack::start(Options {
        venues,
        platform,
        ..Options::default()
    })
    .await
    .unwrap()
}

/// A list that differs by `nth` from all others, and so does its key.
fn list(stack: &Stack, nth: usize) -> Ask {
    // The centre of a cell: there edge and origin give the same distances.
    let (lat, lng) = geo::snap(PARIS.0, PARIS.1, 8).unwrap();
    stack.ask(
        "OffersNearby",
        json!({"location": {"lat": lat, "lng": lng}, "maxDistance": 5, "minDiscount": nth}),
    )
}

/// Ends the isolate's instance of the worker. The next request finds a new one.
async fn chill(stack: &Stack) {
    let url = format!("{}/graphql", stack.edge_url);
    let request = stack.client.get(url).header("yousoon-fault", "panic");
    assert_eq!(request.send().await.unwrap().status(), 500);
}

/// The edge's answer to `ask`, which must be the origin's, and how long it took.
async fn right(stack: &Stack, ask: &Ask, case: &str) -> (Answer, Duration) {
    let expected = ask.get(&stack.client, &stack.origin_url).await.unwrap();
    let began = Instant::now();
    let answer = ask.get(&stack.client, &stack.edge_url).await.unwrap();
    let took = began.elapsed();
    assert_eq!(
        (answer.status, answer.text.as_str()),
        (200, expected.text.as_str()),
        "{case}: {}",
        answer.cache_status()
    );
    (answer, took)
}

/// Asks with a fault, in isolates of this kind: for lists that KV has, and for others.
async fn survives(stack: &Stack, part: &str, fault: &str, isolate: Isolate) {
    let case = format!("{part} {fault} {isolate:?}");
    let mut fastest = [Duration::MAX; 2];
    for nth in 0..TRIES {
        stack.break_platform(&[]).unwrap();
        let known = list(stack, 0);
        warm(stack, &known).await;
        // Past the age at which the copy of the log is refreshed first.
        tokio::time::sleep(Duration::from_millis(1_100)).await;
        stack.break_platform(&[(part, fault)]).unwrap();
        if isolate == Isolate::Cold {
            chill(stack).await;
        }
        let fresh = list(stack, 1 + nth);
        for (ask, fastest) in [&known, &fresh].into_iter().zip(&mut fastest) {
            let (_, took) = right(stack, ask, &case).await;
            *fastest = took.min(*fastest);
        }
    }
    for took in fastest {
        assert!(took < IN_TIME, "{case}: {took:?}");
    }
    stack.break_platform(&[]).unwrap();
}

async fn all(part: &str, faults: &[&str]) {
    let stack = breakable().await;
    for fault in faults {
        for isolate in [Isolate::Cold, Isolate::Warm] {
            survives(&stack, part, fault, isolate).await;
        }
    }
    // And it recovers.
    let answer = warm(&stack, &list(&stack, 0)).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn kv_fails_hangs_and_lies() {
    let lies = ["nonsense", "foreign", "truncated", "version"];
    all("KV", &[["fails", "hangs"].as_slice(), &lies].concat()).await;
}

#[tokio::test]
async fn the_purge_logs_object_fails_hangs_and_lies() {
    all("PURGE_LOG", &["fails", "hangs", "nonsense", "future"]).await;
}

#[tokio::test]
async fn the_data_centres_cache_fails_hangs_and_lies() {
    all("CACHE", &["fails", "hangs", "nonsense", "future"]).await;
}

#[tokio::test]
async fn the_rate_limiter_fails_hangs_and_lies() {
    all("RATE_LIMITER", &["fails", "hangs", "nonsense"]).await;
}

/// Each part has a limit of its own; together they are within one.
#[tokio::test]
async fn all_parts_hang_at_once() {
    let stack = breakable().await;
    let parts = ["KV", "PURGE_LOG", "CACHE", "RATE_LIMITER"];
    let mut fastest = Duration::MAX;
    for nth in 0..TRIES {
        stack
            .break_platform(&parts.map(|part| (part, "hangs")))
            .unwrap();
        chill(&stack).await;
        let (answer, took) = right(&stack, &list(&stack, nth), "all hang").await;
        assert!(!answer.is_hit(), "{}", answer.cache_status());
        fastest = took.min(fastest);
    }
    assert!(fastest < IN_TIME, "{fastest:?}");
}

/// While the object hangs, only the first requests wait for it.
#[tokio::test]
async fn an_object_that_hangs_is_not_waited_for_again_and_again() {
    let stack = breakable().await;
    stack.break_platform(&[("PURGE_LOG", "hangs")]).unwrap();
    chill(&stack).await;
    right(&stack, &list(&stack, 0), "the first").await;
    // Past the object's own limit: the first retry is due.
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let mut waits = 0;
    for nth in 1..=50 {
        let (_, took) = right(&stack, &list(&stack, nth), "a later one").await;
        waits += usize::from(took >= Duration::from_millis(400));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    // There is a retry every second or two. Had a request waited for each, it would be three or more.
    assert!(waits <= 1, "{waits} requests waited");
}

/// A purge that comes while the log lies is not missed.
#[tokio::test]
async fn a_log_from_the_future_is_not_believed() {
    let stack = breakable().await;
    let ask = list(&stack, 0);
    let offer = crate::ids(&warm(&stack, &ask).await.json()).remove(0);
    for part in ["PURGE_LOG", "CACHE"] {
        stack.break_platform(&[(part, "future")]).unwrap();
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        right(&stack, &ask, part).await;
        stack.break_platform(&[]).unwrap();
        warm(&stack, &ask).await;
        stack
            .run(&["purge", "--offer", &offer, "--reason", "a test"])
            .await
            .unwrap();
        let purged = |answer: &Answer| answer.cache_status().contains("detail=purged");
        let within = Duration::from_secs(5);
        ask.until(&stack.client, &stack.edge_url, within, purged)
            .await
            .unwrap();
        warm(&stack, &ask).await;
    }
}

/// What KV holds under a wrong key, or damaged, is written anew: answers and documents.
#[tokio::test]
async fn what_kv_holds_wrongly_is_mended() {
    let stack = breakable().await;
    let lookups = || {
        let passed = stack.to_origin.passed();
        let lines = passed.iter().map(|passed| passed.line.as_str());
        lines
            .filter(|line| line.contains("/internal/documents/"))
            .count()
    };
    let other = stack.ask("OfferDetail", json!({"id": "x"}));
    other.get(&stack.client, &stack.edge_url).await.unwrap();
    warm(&stack, &list(&stack, 1)).await;
    warm(&stack, &list(&stack, 2)).await;
    for lie in ["foreign", "truncated", "version", "nonsense"] {
        // Nothing is mended yet: the switch forgets what was when KV tells the truth.
        stack.break_platform(&[]).unwrap();
        chill(&stack).await;
        for ask in [&other, &list(&stack, 1), &list(&stack, 2)] {
            ask.get(&stack.client, &stack.edge_url).await.unwrap();
        }
        stack.break_platform(&[("KV", lie)]).unwrap();
        chill(&stack).await;
        let before = lookups();
        let (answer, _) = right(&stack, &list(&stack, 1), lie).await;
        assert!(!answer.is_hit(), "{lie}: {}", answer.cache_status());
        assert_eq!(
            lookups(),
            before + 1,
            "{lie}: the origin knows the document"
        );
        // KV is written after the answer.
        tokio::time::sleep(Duration::from_millis(500)).await;
        chill(&stack).await;
        // The object lives in the same instance here, and does not know until the next heartbeat that
        // its log is complete.
        tokio::time::sleep(Duration::from_millis(1_200)).await;
        let (answer, _) = right(&stack, &list(&stack, 1), lie).await;
        let status = answer.cache_status();
        assert!(
            answer.is_hit() && status.ends_with("detail=kv"),
            "{lie}: {status}"
        );
    }
}

/// The origin answers requests, but does not say what documents are.
#[tokio::test]
async fn a_document_that_cannot_be_looked_up_is_left_to_the_origin() {
    let stack = breakable().await;
    stack.to_origin.refuse("/internal/documents/");
    stack.break_platform(&[("KV", "fails")]).unwrap();
    chill(&stack).await;
    let (answer, _) = right(&stack, &list(&stack, 0), "forwarded").await;
    assert!(!answer.is_hit());
}
