//! An isolate's memory while the log names ever new tags: the copy forgets, so the memory stays where it is.
//! Measured is the memory of the worker's WASM. What workerd takes as well grows for minutes, because V8 collects
//! seldom on a machine that has gigabytes.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cache_core::{LogId, PurgeKind, PurgeRecord, Revision};
use e2e::{EDGE_SECRET, Options, Platform, Stack};
use edge_core::announced::announce;
use edge_core::feed::{Append, CONTEXT};
use edge_core::{header, signature};
use tokio::time::{Instant, sleep_until};

use crate::{PARIS, near, venue};

/// Another log than the origin's, and a later one.
const LOG: LogId = LogId::from_bytes([9; 16]);
const BEGIN: u64 = 1_000_000;
const RECORDS: u64 = 200;
const TAGS: u64 = 20;
/// The pause between appends. An isolate reads the log that often for requests that demand a revision.
const EVERY: Duration = Duration::from_millis(150);
/// As many as 600,000 tags, six times what a copy keeps.
const STEPS: u64 = 150;
/// After so many steps the copy is full.
const FULL_AFTER: u64 = 50;
/// How many records the log keeps.
const KEPT: u64 = 30_000;
/// By how much the memory may grow after that, in bytes. A copy that forgot nothing would take 40 MB more.
const SLACK_BYTES: u64 = 12 * 1_024 * 1_024;

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(since.as_millis()).unwrap()
}

async fn append(stack: &Stack, step: u64) -> Revision {
    let after = BEGIN + step * RECORDS;
    let records = (after + 1..=after + RECORDS).map(|revision| PurgeRecord {
        revision: Revision(revision),
        tags: (0..TAGS)
            .map(|tag| format!("offer:{revision}-{tag}").parse().unwrap())
            .collect(),
        kind: PurgeKind::Hard,
    });
    let head = Revision(after + RECORDS);
    let append = Append {
        log: LOG,
        horizon: Revision(after.saturating_sub(KEPT).max(BEGIN)),
        after: Revision(after),
        records: records.collect(),
        head,
        sent_at_ms: now_ms(),
        takes_tally: false,
        takes_usage: false,
    };
    let body = serde_json::to_vec(&append).unwrap();
    let announced = announce(&body);
    let secret = hex(EDGE_SECRET);
    let signed = signature::sign(&secret, CONTEXT, append.sent_at_ms, announced.as_bytes());
    let request = stack
        .client
        .post(format!("{}/_yousoon/purge-log", stack.edge_url))
        .header(header::SIGNATURE, signed)
        .header(header::BODY, announced)
        .body(body);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200, "step {step}");
    head
}

fn hex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2);
    let byte = |pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.map(byte).collect()
}

/// `YOUSOON_PURGES_S` lets it run for so many seconds instead.
#[tokio::test]
async fn memory_is_flat_while_the_log_names_ever_new_tags() {
    let seconds = std::env::var("YOUSOON_PURGES_S").ok();
    let lasts = seconds.map(|seconds| Duration::from_secs(seconds.parse().unwrap()));
    let stack = Stack::start(Options {
        venues: vec![venue(PARIS, "thai")],
        platform: Platform {
            breakable: true,
            ..Platform::default()
        },
        ..Options::default()
    })
    .await
    .unwrap();
    let ask = near(&stack, PARIS);
    stack.to_edge.shut();
    let began = Instant::now();
    let (mut step, mut full_bytes) = (0, 0);
    while lasts.map_or(step < STEPS, |lasts| began.elapsed() < lasts) {
        let next = Instant::now() + EVERY;
        let head = append(&stack, step).await;
        let url = format!("{}/graphql/{}", stack.edge_url, ask.id);
        let request = stack
            .client
            .get(url)
            .query(&[("variables", ask.variables.to_string())])
            .header(header::MIN_REVISION, head.to_string());
        assert_eq!(request.send().await.unwrap().status(), 200, "step {step}");
        step += 1;
        if step == FULL_AFTER {
            full_bytes = stack.edge_wasm_bytes().unwrap();
        }
        if step.is_multiple_of(STEPS) {
            let bytes = stack.edge_wasm_bytes().unwrap();
            println!("{} tags: {bytes} bytes", step * RECORDS * TAGS);
        }
        sleep_until(next).await;
    }
    let end_bytes = stack.edge_wasm_bytes().unwrap();
    println!(
        "{} tags: {full_bytes} bytes when the copy was full, {end_bytes} bytes at the end",
        step * RECORDS * TAGS
    );
    assert!(
        step > FULL_AFTER && end_bytes <= full_bytes + SLACK_BYTES,
        "from {full_bytes} to {end_bytes}"
    );
}
