//! `yousoon reviews`: ratings that drifted are found, and mended.

use std::{path::Path, process::Command};

use domain::{
    BookingId, PartnerId, ReviewId,
    rows::{Collection, KINDS, Row},
};
use serde_json::json;
use store_sqlite::database::EmbeddedDb;
use yousoon::database::Database;

fn yousoon(dir: &Path, arguments: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_yousoon"))
        .args(arguments)
        .env("YOUSOON_DATA_DIR", dir)
        .output()
        .unwrap();
    let mut text = String::from_utf8(output.stdout).unwrap();
    text.push_str(&String::from_utf8(output.stderr).unwrap());
    (output.status.code().unwrap(), text)
}

/// Stores a review as if another program had, which does not keep the partner's rating.
async fn store_beside(dir: &Path) -> PartnerId {
    let db = Database::embedded(&EmbeddedDb::open(dir).unwrap());
    let partners = db.reviews.recounted(None, 1).await.unwrap();
    let partner = partners[0].partner.clone();
    let mut kinds = KINDS.iter().copied();
    let kind = kinds.find(|kind| kind.collection == Collection::Reviews);
    let kind = kind.unwrap();
    let given = json!({
        "id": ReviewId::derive("review", "alien"),
        "booking_id": BookingId::derive("booking", "alien"),
        "partner_id": partner,
        "offer_id": ReviewId::derive("offer", "alien"),
        "stars": 5,
        "visited_at_ms": 1,
        "state": "shown",
        "created_at_ms": 1,
        "changed_at_ms": 1,
    });
    let columns = kind.fields.iter().map(|field| field.column);
    let row: Row = columns
        .map(|column| (column.to_owned(), given[column].clone()))
        .collect();
    db.rows.put(kind, vec![row]).await.unwrap();
    partner
}

#[tokio::test]
async fn ratings_that_drifted_are_listed_and_counted_anew() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let (code, text) = yousoon(dir, &["seed", "--offers", "20"]);
    assert_eq!(code, 0, "{text}");
    let (code, text) = yousoon(dir, &["reviews", "check"]);
    assert_eq!(code, 0, "{text}");
    let partner = store_beside(dir).await;
    let (code, text) = yousoon(dir, &["reviews", "check"]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains(partner.as_str()), "{text}");
    assert!(text.contains("[0, 0, 0, 0, 1]"), "{text}");
    let (code, text) = yousoon(dir, &["reviews", "check", "--json"]);
    assert_eq!(code, 1, "{text}");
    let first: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert_eq!(first["partner"], partner.as_str(), "{text}");
    assert_eq!(first["counted"], serde_json::json!([0, 0, 0, 0, 1]));
    let (code, text) = yousoon(dir, &["reviews", "recount"]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("counted anew: 1"), "{text}");
    let (code, text) = yousoon(dir, &["reviews", "check"]);
    assert_eq!(code, 0, "{text}");
}
