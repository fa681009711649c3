//! The schema in tools that its users bring. GraphQL Code Generator is in `typescript`, the manifests of Apollo
//! and Relay are in `manifests`.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

/// graphql-eslint's recommended rules, and every document as GraphQL Inspector validates it: none uses a deprecated
/// field.
#[test]
fn graphql_eslint_and_graphql_inspector_find_nothing() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let asked = Command::new("node")
        .arg("tests/schema-tools/check.mjs")
        .args(["docs/schema.graphql", "persisted-queries/operations"])
        .current_dir(root)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&asked.stderr);
    let said: Value = serde_json::from_slice(&asked.stdout).unwrap_or_else(|_| panic!("{errors}"));
    assert_eq!(said["lint"], json!([]));
    assert_eq!(said["documents"]["invalid"], json!([]));
    assert!(
        said["documents"]["checked"].as_u64().unwrap() > 150,
        "{said}"
    );
}
