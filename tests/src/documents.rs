//! The clients' published documents.

use anyhow::Result;
use serde_json::Value;
use tokio::process::Command;

use crate::ask::Ask;
use crate::origin::TOKEN;
use crate::process::given;
use crate::store::{Store, root, run};

/// Finds published documents by name.
#[derive(Clone, Debug, Default)]
pub struct Documents {
    manifest: Value,
}

impl Documents {
    /// Builds the manifest against the store's own schema, and publishes it to the origin at `url`.
    pub(crate) async fn publish(store: &Store, url: &str) -> Result<Self> {
        let pq = given("PQ_BIN")?;
        let schema = store.beside("schema.graphql");
        let manifest = store.beside("manifest.json");
        tokio::fs::write(&schema, store.run(&["schema"]).await?).await?;
        let mut build = Command::new(&pq);
        build
            .arg("build")
            .arg("--schema")
            .arg(&schema)
            .arg("--operations")
            .arg(root().join("persisted-queries/operations"))
            .arg("--out")
            .arg(&manifest);
        run(&mut build).await?;
        let mut publish = Command::new(&pq);
        publish
            .arg("publish")
            .arg("--manifest")
            .arg(&manifest)
            .args(["--url", url]);
        run(publish.env("YOUSOON_ADMIN_TOKEN", TOKEN)).await?;
        let manifest = serde_json::from_slice(&tokio::fs::read(&manifest).await?)?;
        Ok(Self { manifest })
    }

    /// A request for the document with this name.
    ///
    /// # Panics
    /// When there is no document of this name.
    pub fn ask(&self, document: &str, variables: Value) -> Ask {
        let operations = self.manifest["operations"].as_array();
        let operation =
            operations.and_then(|all| all.iter().find(|operation| operation["name"] == document));
        let id = operation
            .and_then(|operation| operation["id"].as_str())
            .unwrap_or_default()
            .to_owned();
        assert!(!id.is_empty(), "no document {document}");
        Ask { id, variables }
    }

    /// The name and hash of every document.
    pub fn names(&self) -> Vec<(String, String)> {
        let operations = self.manifest["operations"].as_array();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let named = |operation: &Value| (text(&operation["name"]), text(&operation["id"]));
        operations.into_iter().flatten().map(named).collect()
    }
}
