//! Golden vectors: keys, signatures and feed messages have the same bytes on every target. These
//! tests run natively and on wasm32.

use cache_core::{LogId, PurgeKind, PurgeRecord, Revision};
use edge_core::feed::{Append, Tail};
use edge_core::{plan, signature};
use pq_core::DocumentHash;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn key_of_an_answer() {
    let document = DocumentHash::of("query A { a }");
    let key = plan::key(document, r#"{"first":20}"#);
    assert_eq!(
        key.to_string(),
        "6895e64a7268a876aac272d6f703e30b5fcab35286b79c36678d3ea9e6db7aff"
    );
}

#[test]
fn signed_bytes() {
    let header = signature::sign(b"secret", "purge-log", 1_700_000_000_000, b"{}");
    assert_eq!(
        header,
        "t=1700000000000,v1=b1b16dca4c1597d2f7fb733565fe31486ffd99a9ed8dc484596dda5487ce0a59"
    );
}

#[test]
fn feed_messages() {
    let log = LogId::from_bytes([1; 16]);
    let record = PurgeRecord {
        revision: Revision(8),
        tags: vec!["thing:1".parse().unwrap()],
        kind: PurgeKind::Hard,
    };
    let append = Append {
        log,
        horizon: Revision(2),
        after: Revision(7),
        records: vec![record.clone()],
        head: Revision(8),
        sent_at_ms: 5,
        takes_tally: false,
        takes_usage: false,
    };
    assert_eq!(
        serde_json::to_string(&append).unwrap(),
        r#"{"log":"01010101010101010101010101010101","horizon":2,"after":7,"records":[{"revision":8,"tags":["thing:1"],"kind":"hard"}],"head":8,"sent_at_ms":5}"#
    );
    let tail = Tail {
        log,
        horizon: Revision(2),
        from: Revision(7),
        head: Revision(8),
        confirmed_at_ms: 3,
        read_at_ms: 4,
        records: vec![record],
    };
    let text = serde_json::to_string(&tail).unwrap();
    assert_eq!(serde_json::from_str::<Tail>(&text).unwrap(), tail);
}
