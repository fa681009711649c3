//! What became of requests at the edge is shown by the origin's metrics.

use std::time::{Duration, Instant};

use e2e::{Options, Stack, port};

use crate::{PARIS, ids, near, venue, warm};

/// An isolate hands its sums on after 10 s, an origin takes them within 1 s; the rest is this machine's.
const SHOWN_WITHIN: Duration = Duration::from_secs(14);

/// The samples of a metric: labels and value.
async fn samples(stack: &Stack, url: &str, metric: &str) -> Vec<(String, u64)> {
    let text = stack.client.get(url).send().await.unwrap();
    let text = text.text().await.unwrap();
    let lines = text.lines().filter_map(|line| {
        let (labels, value) = line.strip_prefix(metric)?.rsplit_once(' ')?;
        Some((labels.to_owned(), value.parse().ok()?))
    });
    lines.collect()
}

fn total(samples: &[(String, u64)], label: &str) -> u64 {
    let with_label = samples.iter().filter(|(labels, _)| labels.contains(label));
    with_label.map(|(_, value)| value).sum()
}

#[tokio::test]
async fn hits_misses_and_stale_answers_of_the_edge_are_in_the_origins_metrics_once() {
    let listen = format!("127.0.0.1:{}", port::free().unwrap());
    let url = format!("http://{listen}/metrics");
    let listen: &'static str = Box::leak(listen.into_boxed_str());
    let stack = Stack::start(Options {
        venues: vec![venue(PARIS, "thai")],
        origin: vec![("YOUSOON_METRICS_LISTEN", listen)],
        ..Options::default()
    })
    .await
    .unwrap();
    let list = near(&stack, PARIS);
    let missed = list.get(&stack.client, &stack.edge_url).await.unwrap();
    assert!(!missed.is_hit(), "{}", missed.cache_status());
    let offer = ids(&missed.json()).remove(0);
    let hit = list.get(&stack.client, &stack.edge_url).await.unwrap();
    assert!(hit.is_hit(), "{}", hit.cache_status());
    let mut sent = 2;
    // Afterwards the entry is stale: it is served once more, and refreshed.
    let purge = ["purge", "--offer", &offer, "--soft", "--reason", "a test"];
    stack.run(&purge).await.unwrap();
    let asked_until = Instant::now() + Duration::from_secs(3);
    while Instant::now() < asked_until {
        let answer = list.get(&stack.client, &stack.edge_url).await.unwrap();
        assert!(answer.is_hit(), "{}", answer.cache_status());
        sent += 1;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    // Of another document.
    let nothing = stack.ask("OfferDetail", serde_json::json!({"id": "none"}));
    nothing.get(&stack.client, &stack.edge_url).await.unwrap();

    let began = Instant::now();
    let requests = "yousoon_edge_requests_total";
    let found = loop {
        let found = samples(&stack, &url, requests).await;
        if total(&found, r#"operation="OffersNearby""#) >= sent {
            break found;
        }
        assert!(began.elapsed() < SHOWN_WITHIN, "{sent} sent: {found:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    let of_list: Vec<_> = (found.iter())
        .filter(|(labels, _)| labels.contains(r#"operation="OffersNearby""#))
        .cloned()
        .collect();
    let document = format!(r#"document="{}""#, list.id);
    assert_eq!(total(&of_list, &document), sent, "{found:?}");
    assert_eq!(total(&of_list, r#"edge="http"#), sent, "{found:?}");
    assert_eq!(total(&of_list, r#"outcome="filled",tier="origin""#), 1);
    let stale = total(&of_list, r#"outcome="stale",tier="memory""#);
    let hits = total(&of_list, r#"outcome="hit",tier="memory""#);
    assert!(stale >= 1 && hits >= 1, "{found:?}");
    assert_eq!(1 + stale + hits, sent, "{found:?}");
    assert_eq!(total(&found, r#"operation="OfferDetail""#), 1, "{found:?}");
    let ages = samples(&stack, &url, "yousoon_edge_age_seconds_count").await;
    assert_eq!(total(&ages, r#"operation="OffersNearby""#), sent);
    assert_eq!(total(&ages, r#"tier="memory""#), stale + hits);

    // Nothing is taken twice, and later requests are added.
    warm(&stack, &list).await;
    tokio::time::sleep(SHOWN_WITHIN).await;
    let later = samples(&stack, &url, requests).await;
    let later = total(&later, r#"operation="OffersNearby""#);
    assert_eq!(later, sent + 1);
}
