//! Golden vectors: keys, frames, canonical variables, cells and records have the same bytes on every
//! target. These tests run natively and on wasm32.

use cache_core::entry::ContentHash;
use cache_core::variables::{CanonicalVariables, InputTypes, VariableDefinition};
use cache_core::{AsOf, EntryHead, Frame, KeyBuilder, Lifetime, LogId, PurgeRecord, Revision, geo};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn key() {
    let key = KeyBuilder::new()
        .part(b"document")
        .part(br#"{"first":20}"#)
        .finish();
    assert_eq!(
        key.to_string(),
        "39185012afcf6942def9752546faa618ba6ec54893ed95610ab792df7b8275fb"
    );
}

#[test]
fn frame() {
    let head = EntryHead {
        as_of: AsOf {
            log: LogId::from_bytes([0xab; 16]),
            revision: Revision(513),
        },
        born_ms: 1_700_000_000_123,
        lifetime: Lifetime {
            max_age_s: 300,
            stale_while_revalidate_s: 60,
            stale_if_error_s: 86_400,
        },
        content: ContentHash::of(b"{}"),
        tags: vec!["thing:1".parse().unwrap(), "geo:88".parse().unwrap()],
    };
    let bytes = Frame {
        head: head.clone(),
        body: b"{}",
    }
    .encode()
    .unwrap();
    let hex = hex::encode(&bytes);
    assert_eq!(
        hex,
        concat!(
            "594501",
            "4d000000",
            "02000000",
            "abababababababababababababababab",
            "0102000000000000",
            "7b68e5cf8b010000",
            "2c010000",
            "3c000000",
            "80510100",
            "44136fa355b3678a1146ad16f7e8649e",
            "0200",
            "07",
            "7468696e673a31",
            "06",
            "67656f3a3838",
            "7b7d",
        )
    );
    assert_eq!(Frame::decode(&bytes).unwrap().head, head);
}

#[test]
fn variables() {
    let definitions: Vec<VariableDefinition> = serde_json::from_str(
        r#"[{"name":"lat","type":"Float!"},{"name":"big","type":"Float"},{"name":"first","type":"Int","default":20}]"#,
    )
    .unwrap();
    let given: serde_json::Value =
        serde_json::from_str(r#"{"lat":48.856613333333333,"big":1e21}"#).unwrap();
    let variables = CanonicalVariables::coerce(
        &definitions,
        &InputTypes::default(),
        given.as_object().unwrap(),
    )
    .unwrap();
    assert_eq!(
        variables.to_json(),
        r#"{"big":1000000000000000000000,"first":20,"lat":48.856613333333335}"#
    );
}

#[test]
fn cells() {
    let cell = geo::cell(48.8566, 2.3522, 8).unwrap();
    assert_eq!(format!("{cell:x}"), "881fb46625fffff");
    assert_eq!(geo::centre(cell), Some((48.85434, 2.351_329_9)));
    assert_eq!(geo::cover(48.8566, 2.3522, 10.0).unwrap().len(), 19);
}

#[test]
fn purge_record() {
    let text = r#"{"revision":7,"tags":["thing:1","geo:88"],"kind":"soft"}"#;
    let record: PurgeRecord = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::to_string(&record).unwrap(), text);
}
