//! Published documents.

use std::collections::HashMap;

use domain::{
    documents::{Published, Record, Usage, UsageSum},
    paris::Day,
};
use pq_core::DocumentHash;
use serde_json::json;

use crate::{backends::Fresh, runner::tests, samples::NOW_MS};

tests! {
    what_is_published_is_read_back: [],
    publishing_again_changes_nothing: [],
    a_changed_record_is_replaced_and_purged: [],
    a_document_that_two_clients_publish_belongs_to_both: [],
    a_retired_document_is_gone_and_purged: [],
    usage_adds_up_by_day_and_is_forgotten: [],
}

/// A document of this name, under this policy.
fn record(name: &str, policy: &str) -> Record {
    let hash = DocumentHash::of(format!("query {name} {{ a }}"));
    Record {
        hash,
        name: name.into(),
        json: json!({"id": hash, "name": name, "policy": policy}).to_string(),
    }
}

async fn publish(fresh: &Fresh, records: &[Record]) -> (Published, Vec<DocumentHash>) {
    let published = fresh.db.documents.publish(records.to_vec(), NOW_MS);
    published.await.unwrap()
}

fn published(added: usize, unchanged: usize) -> Published {
    Published { added, unchanged }
}

async fn what_is_published_is_read_back(fresh: Fresh) {
    let records = [record("A", "public"), record("B", "private")];
    assert_eq!(publish(&fresh, &records).await, (published(2, 0), vec![]));
    let store = &fresh.db.documents;
    for record in &records {
        let found = store.record(record.hash).await.unwrap();
        assert_eq!(found.as_ref(), Some(&record.json));
    }
    assert_eq!(store.record(DocumentHash::of("none")).await.unwrap(), None);
    let names = records.map(|record| (record.hash, record.name));
    assert_eq!(store.names().await.unwrap(), HashMap::from(names));
    // Nobody can have kept an answer to them.
    assert_eq!(fresh.pending().await, []);
}

async fn publishing_again_changes_nothing(fresh: Fresh) {
    let known = record("A", "public");
    publish(&fresh, std::slice::from_ref(&known)).await;
    let more = [known, record("B", "public")];
    assert_eq!(publish(&fresh, &more).await, (published(1, 1), vec![]));
    assert_eq!(publish(&fresh, &more).await, (published(0, 2), vec![]));
    assert_eq!(publish(&fresh, &[]).await, (published(0, 0), vec![]));
    assert_eq!(fresh.pending().await, []);
}

async fn a_changed_record_is_replaced_and_purged(fresh: Fresh) {
    publish(&fresh, &[record("A", "public"), record("B", "public")]).await;
    let changed = record("B", "private");
    let given = [
        record("A", "public"),
        changed.clone(),
        record("C", "public"),
    ];
    assert_eq!(
        publish(&fresh, &given).await,
        (published(1, 2), vec![changed.hash])
    );
    let stored = fresh.db.documents.record(changed.hash).await.unwrap();
    assert_eq!(stored, Some(changed.json));
    let rows = fresh.pending().await;
    let [row] = &rows[..] else {
        panic!("one purge: {rows:?}")
    };
    assert_eq!(row.purge.tags, [domain::tags::document(&changed.hash)]);
    assert_eq!(row.purge.actor, "publish");
}

/// D3.
async fn a_document_that_two_clients_publish_belongs_to_both(fresh: Fresh) {
    let body = "query A { a }";
    let hash = DocumentHash::of(body);
    let of = |client: &str| {
        let operation = json!({"id": hash, "name": "A", "type": "query", "body": body,
            "clientName": client});
        Record::of(&serde_json::from_value(operation).unwrap()).unwrap()
    };
    let (mobile, site) = (of("mobile"), of("site"));
    let first = publish(&fresh, std::slice::from_ref(&mobile)).await;
    assert_eq!(first, (published(1, 0), vec![]));
    let second = publish(&fresh, std::slice::from_ref(&site)).await;
    assert_eq!(second, (published(0, 1), vec![hash]));
    let again = publish(&fresh, &[site, mobile]).await;
    assert_eq!(again, (published(0, 2), vec![]));
    let stored = fresh.db.documents.record(hash).await.unwrap().unwrap();
    let stored: serde_json::Value = serde_json::from_str(&stored).unwrap();
    assert_eq!(stored["clientName"], json!(["mobile", "site"]));
    // Its answers are the same for both.
    assert_eq!(fresh.pending().await, []);
}

async fn a_retired_document_is_gone_and_purged(fresh: Fresh) {
    let [a, b] = [record("A", "public"), record("B", "public")];
    publish(&fresh, &[a.clone(), b.clone()]).await;
    let store = &fresh.db.documents;
    let unknown = DocumentHash::of("unknown");
    let retired = store.retire(vec![unknown, a.hash], NOW_MS).await.unwrap();
    assert_eq!(retired, [a.hash]);
    assert_eq!(store.record(a.hash).await.unwrap(), None);
    assert_eq!(store.record(b.hash).await.unwrap(), Some(b.json));
    let rows = fresh.pending().await;
    let [row] = &rows[..] else {
        panic!("one purge: {rows:?}")
    };
    assert_eq!(row.purge.tags, [domain::tags::document(&a.hash)]);
    assert_eq!(store.retire(vec![a.hash], NOW_MS).await.unwrap(), []);
    assert_eq!(publish(&fresh, &[a]).await, (published(1, 0), vec![]));
}

async fn usage_adds_up_by_day_and_is_forgotten(fresh: Fresh) {
    let store = &fresh.db.documents;
    let day = |text: &str| Day::parse(text).unwrap();
    let [first, second, third] = ["2026-03-01", "2026-03-02", "2026-03-10"].map(day);
    let mut hashes = ["a", "b"].map(DocumentHash::of);
    hashes.sort_unstable();
    let row = |day, document, client: &str, version: &str, requests| Usage {
        day,
        document,
        client: client.into(),
        version: version.into(),
        requests,
    };
    assert_eq!(store.usage_since().await.unwrap(), None);
    let rows = vec![
        row(first, hashes[0], "mobile", "4.1", 2),
        row(second, hashes[0], "mobile", "4.1", 3),
        row(second, hashes[0], "site", "other", 1),
    ];
    store.add_usage(rows).await.unwrap();
    let more = vec![
        row(second, hashes[0], "mobile", "4.1", 5),
        row(third, hashes[1], "mobile", "4.2", 7),
    ];
    store.add_usage(more).await.unwrap();
    store.add_usage(vec![]).await.unwrap();
    let sum = |document, client: &str, version: &str, requests, last| UsageSum {
        document,
        client: client.into(),
        version: version.into(),
        requests,
        last,
    };
    let all = [
        sum(hashes[0], "mobile", "4.1", 10, second),
        sum(hashes[0], "site", "other", 1, second),
        sum(hashes[1], "mobile", "4.2", 7, third),
    ];
    assert_eq!(store.usage(first).await.unwrap(), all);
    assert_eq!(store.usage(third).await.unwrap(), all[2..]);
    assert_eq!(store.usage_since().await.unwrap(), Some(first));
    store.forget_usage(second).await.unwrap();
    assert_eq!(store.usage_since().await.unwrap(), Some(second));
    let kept = store.usage(first).await.unwrap();
    assert_eq!(kept[0], sum(hashes[0], "mobile", "4.1", 8, second));
}
