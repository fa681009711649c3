//! A release publishes documents and waits for them, requests are counted by document, and unused documents
//! are retired.

use std::time::{Duration, Instant};

use e2e::{Ask, Stack};
use serde_json::json;

use crate::{PARIS, near, stack, warm};

const NAME: &str = "graphql-client-name";
const VERSION: &str = "graphql-client-version";

/// Builds a manifest of one document that is not published yet; returns its file and hash.
async fn new_document(stack: &Stack) -> (String, String) {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let known = root.join("persisted-queries/operations/mobile/OffersNearby.graphql");
    let text = std::fs::read_to_string(known).unwrap();
    let folder = stack.beside("release");
    std::fs::create_dir_all(folder.join("mobile")).unwrap();
    let text = text.replacen("OffersNearby", "OffersNearbyOfNextRelease", 1);
    std::fs::write(folder.join("mobile/Next.graphql"), text).unwrap();
    let [schema, out] = ["schema.graphql", "release.json"].map(|name| path(stack, name));
    let folder = folder.display().to_string();
    let build = [
        "build",
        "--schema",
        &schema,
        "--operations",
        &folder,
        "--out",
        &out,
    ];
    let (code, text) = stack.pq(&build).await.unwrap();
    assert_eq!(code, 0, "{text}");
    let manifest: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(&out).unwrap()).unwrap();
    let id = manifest["operations"][0]["id"].as_str().unwrap().to_owned();
    (out, id)
}

fn path(stack: &Stack, name: &str) -> String {
    stack.beside(name).display().to_string()
}

/// Asks the edge as a version of the app.
async fn ask_as(stack: &Stack, ask: &Ask, name: &str, version: &str) -> u16 {
    let request = stack
        .client
        .get(format!("{}/graphql/{}", stack.edge_url, ask.id))
        .query(&[("variables", ask.variables.to_string())])
        .header(NAME, name)
        .header(VERSION, version);
    request.send().await.unwrap().status().as_u16()
}

/// The trace of a release: documents that are asked for before they are published fail; of those that
/// were awaited none does.
#[tokio::test]
async fn what_is_published_and_awaited_is_answered_at_every_door() {
    let stack = stack().await;
    let (manifest, id) = new_document(&stack).await;
    let ask = Ask {
        id,
        variables: near(&stack, PARIS).variables,
    };
    let early = ask.get(&stack.client, &stack.edge_url).await.unwrap();
    assert_eq!(early.code(), "PERSISTED_QUERY_NOT_FOUND");
    let publish = [
        "publish",
        "--manifest",
        &manifest,
        "--url",
        &stack.origin_url,
        "--await",
        "--door",
        &stack.origin_url,
        "--door",
        &stack.edge_url,
    ];
    let (code, text) = stack.pq(&publish).await.unwrap();
    let expected = format!(
        "1 added, 0 unchanged\n{} answers all 1\n{} answers all 1\n",
        stack.origin_url, stack.edge_url
    );
    assert_eq!((code, text), (0, expected));
    let phones = (0..10).map(async |_phone| {
        for _ in 0..500 {
            for door in [&stack.edge_url, &stack.origin_url] {
                let answer = ask.get(&stack.client, door).await.unwrap();
                assert_eq!(answer.status, 200, "{}", answer.text);
            }
        }
    });
    // 10,000 requests.
    futures_util::future::join_all(phones).await;
}

#[tokio::test]
async fn a_door_that_does_not_answer_is_named() {
    let stack = stack().await;
    let (manifest, _) = new_document(&stack).await;
    let publish = |door: &str| {
        let arguments = [
            "publish",
            "--manifest",
            &manifest,
            "--url",
            &stack.origin_url,
            "--await",
            "--timeout-s",
            "2",
            "--door",
            &stack.origin_url,
            "--door",
            door,
        ];
        arguments.map(str::to_owned)
    };
    let began = Instant::now();
    // Nobody listens there; this is no address of GraphQL.
    for (door, why) in [
        ("http://127.0.0.1:9".to_owned(), "error sending request"),
        (format!("{}/healthz", stack.origin_url), "it answered 404"),
    ] {
        let publish = publish(&door);
        let publish: Vec<&str> = publish.iter().map(String::as_str).collect();
        let (code, text) = stack.pq(&publish).await.unwrap();
        assert_eq!(code, 3, "{text}");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[1], format!("{} answers all 1", stack.origin_url));
        let line = format!("{door} does not answer 1 of 1: ");
        assert!(
            lines[2].starts_with(&line) && lines[2].contains(why),
            "{text}"
        );
        assert!(lines[2].ends_with("(OffersNearbyOfNextRelease)"), "{text}");
    }
    assert!(began.elapsed() < Duration::from_secs(30));
}

/// `pq usage`, until it has a line that contains all of these words.
async fn until_counted(stack: &Stack, words: &[&str]) -> String {
    let began = Instant::now();
    loop {
        let (code, text) = stack
            .pq(&["usage", "--url", &stack.origin_url])
            .await
            .unwrap();
        assert_eq!(code, 0, "{text}");
        let words_of = |line: &str| {
            line.split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        let is_it = |line: &str| {
            let found = words_of(line);
            words.iter().all(|word| found.iter().any(|one| one == word))
        };
        if text.lines().any(is_it) {
            return text;
        }
        assert!(
            began.elapsed() < Duration::from_secs(40),
            "{words:?}: {text}"
        );
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

#[tokio::test]
async fn requests_are_counted_by_document_client_and_version() {
    let stack = stack().await;
    let (near, me) = (near(&stack, PARIS), stack.ask("Me", json!({})));
    warm(&stack, &near).await;
    for _ in 0..20 {
        assert_eq!(ask_as(&stack, &near, "mobile", "9.12.1").await, 200);
    }
    // Of nobody's published name, and of no version.
    for _ in 0..3 {
        ask_as(&stack, &near, "mallory", "9.12.1").await;
        ask_as(&stack, &near, "mobile", "<script>").await;
    }
    // Private: the origin answers it, and counts it.
    for _ in 0..4 {
        ask_as(&stack, &me, "mobile", "9.12.1").await;
    }
    let text = until_counted(&stack, &["OffersNearby", "mobile", "9.12.1", "20"]).await;
    assert!(
        !text.contains("mallory") && !text.contains("script"),
        "{text}"
    );
    until_counted(&stack, &["OffersNearby", "mobile", "other", "3"]).await;
    until_counted(&stack, &["Me", "mobile", "9.12.1", "4"]).await;

    // `pq check` says how much traffic a change breaks.
    let sdl = std::fs::read_to_string(stack.beside("schema.graphql")).unwrap();
    let changed = path(&stack, "changed.graphql");
    let without = sdl.replacen("  maxDistance: Float", "  furthest: Float", 1);
    assert_ne!(without, sdl);
    std::fs::write(&changed, without).unwrap();
    let manifest = path(&stack, "manifest.json");
    let check = ["check", "--schema", &changed, "--manifest", &manifest];
    let (code, text) = stack
        .pq(&[&check[..], &["--url", &stack.origin_url]].concat())
        .await
        .unwrap();
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("mobile 9.12.1: 20"), "{text}");
    let (_, text) = stack.pq(&check).await.unwrap();
    assert!(!text.contains("requests"), "without --url: {text}");
}

#[tokio::test]
async fn only_what_nobody_asks_for_is_retired() {
    let stack = stack().await;
    let (used, unused) = (
        near(&stack, PARIS),
        stack.ask("OfferDetail", json!({"id": "x"})),
    );
    warm(&stack, &used).await;
    ask_as(&stack, &used, "mobile", "9.12.1").await;
    until_counted(&stack, &["OffersNearby", "mobile", "9.12.1"]).await;
    let retire = ["retire", &used.id, &unused.id, "--url", &stack.origin_url];
    let (code, text) = stack.pq(&retire).await.unwrap();
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("0 retired, 2 refused, 0 unknown"), "{text}");
    assert!(text.contains("requests are counted since"), "{text}");
    // As if it had been counted for long.
    rusqlite::Connection::open(stack.database())
        .unwrap()
        .execute(
            "INSERT INTO document_usage VALUES ('2020-01-01', ?1, 'mobile', '1.0', 1)",
            [&unused.id],
        )
        .unwrap();
    let (code, text) = stack
        .pq(&[&retire[..], &["--dry-run"]].concat())
        .await
        .unwrap();
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("1 would retire, 1 refused"), "{text}");
    let known = unused.get(&stack.client, &stack.edge_url).await.unwrap();
    assert_eq!(known.status, 200, "a dry run retires nothing");
    // That request was one for it.
    until_counted(&stack, &["OfferDetail"]).await;
    let other = stack.ask(
        "OfferFacets",
        json!({"location": {"lat": 48.0, "lng": 2.0}}),
    );
    let retire = ["retire", &used.id, &other.id, "--url", &stack.origin_url];
    let (code, text) = stack.pq(&retire).await.unwrap();
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("1 retired, 1 refused"), "{text}");
    assert!(
        text.contains("OffersNearby") && text.contains("it was asked for"),
        "{text}"
    );
    for door in [&stack.origin_url, &stack.edge_url] {
        let gone = |answer: &e2e::Answer| answer.code() == "PERSISTED_QUERY_NOT_FOUND";
        let within = Duration::from_secs(5);
        other
            .until(&stack.client, door, within, gone)
            .await
            .unwrap();
        assert_eq!(used.get(&stack.client, door).await.unwrap().status, 200);
    }
}
