//! Golden vectors: hashes and manifests have the same bytes on every target.

use pq_core::{DocumentHash, Manifest};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// A manifest as `Manifest::to_json` writes it.
const MANIFEST: &str = include_str!("fixtures/golden.json");

#[test]
fn the_hash_of_a_document_is_the_same_everywhere() {
    assert_eq!(
        DocumentHash::of("{__typename}").to_string(),
        "ecf4edb46db40b5132295c0291d62fb65d6759a9eedfa4d5d612dd5ec54a6b38"
    );
    assert_eq!(
        DocumentHash::of("").to_string(),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
}

#[test]
fn a_manifest_is_written_as_it_was_read() {
    let manifest = Manifest::from_json(MANIFEST).unwrap();
    assert_eq!(manifest.to_json().unwrap(), MANIFEST);
}
