//! The clients' published documents.

use std::path::{Path, PathBuf};

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
        let mut build = Command::new(given("PQ_BIN")?);
        build.arg("build").arg("--operations").arg(operations());
        let manifest = build_and_publish(build, store, url).await?;
        Ok(Self { manifest })
    }

    /// Publishes the app's documents with the texts that Apollo Client and urql send; returns their
    /// hashes by name.
    pub(crate) async fn publish_as_apollo(store: &Store, url: &str) -> Result<Value> {
        let ids = store.beside("ids");
        let mut build = Command::new(given("PQ_BIN")?);
        build.args(["build", "--as", "apollo", "--client", "mobile"]);
        build.arg("--operations").arg(operations().join("mobile"));
        build.arg("--ids").arg(&ids);
        build_and_publish(build, store, url).await?;
        let ids = tokio::fs::read(ids.join("mobile.json")).await?;
        Ok(serde_json::from_slice(&ids)?)
    }

    /// Those of a manifest that somebody else has published.
    pub(crate) fn read(manifest: &Path) -> Result<Self> {
        let manifest = serde_json::from_slice(&std::fs::read(manifest)?)?;
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

fn operations() -> PathBuf {
    root().join("persisted-queries/operations")
}

/// Completes `pq build` by the store's schema and runs it; publishes the manifest and returns it.
async fn build_and_publish(mut build: Command, store: &Store, url: &str) -> Result<Value> {
    let schema = store.beside("schema.graphql");
    let manifest = store.beside("manifest.json");
    tokio::fs::write(&schema, store.run(&["schema"]).await?).await?;
    run(build
        .arg("--schema")
        .arg(&schema)
        .arg("--out")
        .arg(&manifest))
    .await?;
    let mut publish = Command::new(given("PQ_BIN")?);
    publish.args(["publish", "--url", url, "--manifest"]);
    run(publish.arg(&manifest).env("YOUSOON_ADMIN_TOKEN", TOKEN)).await?;
    Ok(serde_json::from_slice(&tokio::fs::read(&manifest).await?)?)
}
