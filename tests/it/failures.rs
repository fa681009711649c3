//! Failures: the origin is down, the purge feed is silent, the worker panics.

use std::time::{Duration, Instant};

use e2e::{Answer, Fault, Options, Platform, Stack};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::{LYON, PARIS, near, stack, warm};

/// Longer than the edge's staleness bound of 5 s.
const PAST_THE_BOUND: Duration = Duration::from_millis(6_500);

#[tokio::test]
async fn an_origin_that_is_gone_is_covered_for_and_that_is_said() {
    let mut stack = stack().await;
    let known = near(&stack, PARIS);
    let before = warm(&stack, &known).await;
    stack.stop_origin().await.unwrap();
    tokio::time::sleep(PAST_THE_BOUND).await;
    let covered = known.get(&stack.client, &stack.edge_url).await.unwrap();
    assert_eq!((covered.status, &covered.text), (200, &before.text));
    assert!(
        covered.cache_status().ends_with("; detail=stale-if-error"),
        "{}",
        covered.cache_status()
    );

    let unknown = near(&stack, LYON)
        .get(&stack.client, &stack.edge_url)
        .await
        .unwrap();
    assert_eq!(
        (unknown.status, unknown.code().as_str()),
        (503, "ORIGIN_UNREACHABLE")
    );
    assert!(unknown.header("cache-control").contains("no-store"));

    stack.start_origin().await.unwrap();
    let within = Duration::from_secs(10);
    let fresh =
        |answer: &Answer| answer.is_hit() && answer.cache_status().ends_with("; detail=memory");
    known
        .until(&stack.client, &stack.edge_url, within, fresh)
        .await
        .unwrap();
}

/// Errors of fields have status 200, so the status does not tell the edge that the origin failed.
#[tokio::test]
async fn a_field_that_fails_at_the_origin_is_covered_for_and_never_stored() {
    let mut stack = stack().await;
    let known = near(&stack, PARIS);
    let before = warm(&stack, &known).await;
    // With a new process no offer is in the origin's memory, but what lists need of them is.
    stack.stop_origin().await.unwrap();
    stack.start_origin().await.unwrap();
    let database = rusqlite::Connection::open(stack.database()).unwrap();
    database
        .execute("UPDATE offers SET category = 'UNKNOWN'", [])
        .unwrap();
    stack.to_edge.shut();
    tokio::time::sleep(PAST_THE_BOUND).await;
    let covered = known.get(&stack.client, &stack.edge_url).await.unwrap();
    assert_eq!(covered.text, before.text);
    assert!(
        covered.cache_status().ends_with("; detail=stale-if-error"),
        "{}",
        covered.cache_status()
    );
    let id = before.json()["data"]["offers"]["edges"][0]["node"]["id"].clone();
    let detail = stack.ask("OfferDetail", serde_json::json!({"id": id}));
    for base in [&stack.edge_url, &stack.origin_url, &stack.edge_url] {
        let failed = detail.get(&stack.client, base).await.unwrap();
        assert_eq!((failed.status, failed.code().as_str()), (200, "INTERNAL"));
        assert_eq!(failed.json()["data"], serde_json::json!({"offer": null}));
        assert!(failed.header("cache-control").contains("no-store"));
        assert!(!failed.is_hit(), "{}", failed.cache_status());
    }
}

#[tokio::test]
async fn a_silent_purge_feed_is_distrusted_and_then_trusted_again() {
    let stack = stack().await;
    let ask = near(&stack, PARIS);
    warm(&stack, &ask).await;
    stack.to_edge.shut();
    tokio::time::sleep(PAST_THE_BOUND).await;
    let distrusted = ask.get(&stack.client, &stack.edge_url).await.unwrap();
    assert_eq!(distrusted.status, 200);
    assert_eq!(
        distrusted.cache_status(),
        "yousoon-edge; fwd=miss; stored; detail=purge-log-silent"
    );
    // An answer that was read just now is within the bound, so it may be served without the log.
    let licensed = ask.get(&stack.client, &stack.edge_url).await.unwrap();
    assert!(licensed.is_hit(), "{}", licensed.cache_status());
    tokio::time::sleep(PAST_THE_BOUND).await;
    assert!(
        !ask.get(&stack.client, &stack.edge_url)
            .await
            .unwrap()
            .is_hit(),
        "and no longer"
    );

    stack.to_edge.release();
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(warm(&stack, &ask).await.is_hit());
    tokio::time::sleep(PAST_THE_BOUND).await;
    let trusted = ask.get(&stack.client, &stack.edge_url).await.unwrap();
    assert!(trusted.is_hit(), "{}", trusted.cache_status());
}

#[tokio::test]
async fn purges_that_were_missed_while_the_feed_was_cut_are_caught_up() {
    let stack = stack().await;
    let ask = near(&stack, PARIS);
    let offer = crate::ids(&warm(&stack, &ask).await.json()).remove(0);
    stack.to_edge.shut();
    for _ in 0..3 {
        stack
            .run(&["purge", "--offer", &offer, "--reason", "a test"])
            .await
            .unwrap();
    }
    stack.to_edge.release();
    let within = Duration::from_secs(5);
    let (miss, _) = ask
        .until(&stack.client, &stack.edge_url, within, |answer| {
            !answer.is_hit()
        })
        .await
        .unwrap();
    assert!(
        miss.cache_status().contains("detail=purged"),
        "{}",
        miss.cache_status()
    );
}

#[tokio::test]
async fn a_panic_does_not_poison_the_isolate() {
    let stack = stack().await;
    let ask = near(&stack, PARIS);
    warm(&stack, &ask).await;
    let url = format!("{}/graphql/{}", stack.edge_url, ask.id);
    let variables = ask.variables.to_string();
    let request = stack
        .client
        .get(url)
        .query(&[("variables", variables)])
        .header("yousoon-fault", "panic");
    let panicked = Answer::read(request.send().await.unwrap()).await.unwrap();
    assert_eq!(panicked.status, 500);
    for _ in 0..20 {
        let answer = ask.get(&stack.client, &stack.edge_url).await.unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
}

/// F6. The edge waits for KV for a part of a second, which `platform` measures; without that nothing would answer.
#[tokio::test]
async fn kv_that_fails_or_never_answers_is_covered_for_by_the_origin() {
    const SOON: Duration = Duration::from_secs(5);
    for fault in [Fault::Rejects, Fault::Hangs] {
        let stack = Stack::start(Options {
            platform: Platform {
                kv_fault: Some(fault),
                ..Platform::default()
            },
            ..Options::default()
        })
        .await
        .unwrap();
        let guess = json!({"input": {"email": "ana@example.fr", "password": "not hers"}});
        let table = [
            (stack.ask("Login", guess), "CREDENTIALS_INVALID"),
            (near(&stack, PARIS), ""),
            (near(&stack, LYON), ""),
        ];
        for (ask, code) in table {
            let began = Instant::now();
            let answer = ask.post(&stack.client, &stack.edge_url, "").await.unwrap();
            let took = began.elapsed();
            assert_eq!(
                (answer.status, answer.code().as_str()),
                (200, code),
                "{fault:?}: {}",
                answer.text
            );
            assert!(took < SOON, "{fault:?}: {took:?}");
        }
    }
}

/// F6. The origin's record takes the place of the other one.
#[tokio::test]
async fn a_record_of_another_document_is_replaced() {
    let mut stack = stack().await;
    let (nearby, detail) = (
        near(&stack, PARIS),
        stack.ask("OfferDetail", json!({"id": "x"})),
    );
    warm(&stack, &nearby).await;
    detail.get(&stack.client, &stack.edge_url).await.unwrap();
    let [nearby_key, detail_key] = [&nearby, &detail].map(|ask| format!("doc:{}", ask.id));
    let path = stack.kv_database().await.unwrap();
    let blob_of = |key: &str| {
        let database = rusqlite::Connection::open(&path).unwrap();
        let sql = "SELECT blob_id FROM _mf_entries WHERE key = ?1";
        let blob: String = database.query_row(sql, [key], |row| row.get(0)).unwrap();
        blob
    };
    let foreign = blob_of(&detail_key);
    rusqlite::Connection::open(&path)
        .unwrap()
        .execute(
            "UPDATE _mf_entries SET blob_id = ?1 WHERE key = ?2",
            [&foreign, &nearby_key],
        )
        .unwrap();
    stack.restart_edge().await.unwrap();
    let answer = nearby.get(&stack.client, &stack.edge_url).await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert!(answer.json()["data"]["offers"].is_object());
    // KV is written after the answer.
    tokio::time::sleep(Duration::from_secs(1)).await;
    stack.kv_database().await.unwrap();
    assert_ne!(blob_of(&nearby_key), foreign);
}

#[tokio::test]
async fn nobody_without_the_secret_writes_to_the_purge_log() {
    let stack = stack().await;
    let append = r#"{"log":"00000000000000000000000000000000","horizon":0,"after":0,"records":[],"head":0,"sent_at_ms":0}"#;
    let url = format!("{}/_yousoon/purge-log", stack.edge_url);
    let replayed = stack.to_edge.passed().pop().unwrap();
    let [signature, announced] = ["yousoon-signature", "yousoon-body"]
        .map(|name| replayed.headers.get(name).unwrap().clone());
    // Each on a connection of its own: the edge refuses without reading the body, and closes.
    let client = reqwest::Client::builder().pool_max_idle_per_host(0);
    let client = client.build().unwrap();
    let unsigned = client.post(&url).body(append).send().await.unwrap();
    assert_eq!(unsigned.status(), 401);
    let signed = |body: Vec<u8>| {
        let request = client.post(&url).body(body);
        request
            .header("yousoon-signature", signature.clone())
            .header("yousoon-body", announced.clone())
            .send()
    };
    let other_body = signed(vec![b'x'; replayed.body.len()]).await.unwrap();
    assert_eq!(other_body.status(), 401);
    let replay = signed(replayed.body.into()).await.unwrap();
    assert!(
        [200, 409].contains(&replay.status().as_u16()),
        "a replay in time is idempotent"
    );
}

/// E12.
#[tokio::test]
async fn a_body_that_nobody_signed_is_not_read() {
    let stack = stack().await;
    let address = stack.edge_url.strip_prefix("http://").unwrap();
    let head = format!(
        "POST /_yousoon/purge-log HTTP/1.1\r\nHost: {address}\r\nContent-Length: 4000000\r\n\r\n"
    );
    let mut connection = tokio::net::TcpStream::connect(address).await.unwrap();
    connection.write_all(head.as_bytes()).await.unwrap();
    // The body never comes.
    let mut first = [0; 12];
    let answered = connection.read_exact(&mut first);
    let within = tokio::time::timeout(Duration::from_secs(5), answered).await;
    within.expect("the edge waits for the body").unwrap();
    assert_eq!(&first, b"HTTP/1.1 401");
}
