//! What Apollo's manifest generator and `pq build` make of the same folder.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;
use tokio::process::Command;

use crate::process::given;
use crate::store::{root, run};

/// A folder with the documents of one client.
#[derive(Clone, Debug)]
pub struct Folder {
    /// Its documents.
    pub documents: PathBuf,
    /// The SDL that they fit.
    pub schema: PathBuf,
}

/// By the names of operations: a document's hash and text.
pub type Texts = BTreeMap<String, (String, String)>;

#[derive(Deserialize)]
struct Manifest {
    operations: Vec<Operation>,
}

#[derive(Deserialize)]
struct Operation {
    id: String,
    name: String,
    body: String,
    split: Option<Split>,
}

/// The parts that `pq` makes of a document that is partly private: only the edge asks for them.
#[derive(Deserialize)]
struct Split {
    public: String,
    remainder: String,
}

impl Folder {
    /// A folder in the checkout, with its SDL.
    pub fn of(documents: &str, schema: &str) -> Self {
        Self {
            documents: root().join(documents),
            schema: root().join(schema),
        }
    }

    /// What `@apollo/generate-persisted-query-manifest` makes of it.
    pub async fn generated(&self) -> Result<Texts> {
        let script = root().join("tests/manifest-generator/generate.mjs");
        let text = run(Command::new("node").arg(script).arg(&self.documents)).await;
        let text =
            text.context("the generator needs npm packages that `cargo xtask test` installs")?;
        texts(text.as_bytes())
    }

    /// What `pq build --as apollo` makes of it.
    pub async fn built(&self) -> Result<Texts> {
        let dir = tempfile::tempdir()?;
        let out = dir.path().join("manifest.json");
        let mut build = Command::new(given("PQ_BIN")?);
        build.args(["build", "--as", "apollo", "--client", "test"]);
        let paths: [(&str, &Path); 3] = [
            ("--schema", &self.schema),
            ("--operations", &self.documents),
            ("--out", &out),
        ];
        for (option, path) in paths {
            build.arg(option).arg(path);
        }
        run(&mut build).await?;
        texts(&tokio::fs::read(&out).await?)
    }
}

fn texts(manifest: &[u8]) -> Result<Texts> {
    let manifest: Manifest = serde_json::from_slice(manifest)?;
    let splits = manifest
        .operations
        .iter()
        .filter_map(|one| one.split.as_ref());
    let parts = splits.flat_map(|split| [split.public.clone(), split.remainder.clone()]);
    let parts: HashSet<String> = parts.collect();
    let operations = manifest.operations.into_iter();
    let own = operations.filter(|operation| !parts.contains(&operation.id));
    let texts = own.map(|operation| (operation.name, (operation.id, operation.body)));
    Ok(texts.collect())
}
