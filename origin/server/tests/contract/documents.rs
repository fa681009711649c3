//! Published documents.

use std::collections::HashMap;

use domain::documents::{Published, Record};
use pq_core::DocumentHash;
use serde_json::json;

use crate::{backends::Fresh, runner::tests, samples::NOW_MS};

tests! {
    what_is_published_is_read_back: [],
    publishing_again_changes_nothing: [],
    a_changed_record_is_replaced_and_purged: [],
    a_document_that_two_clients_publish_belongs_to_both: [],
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
