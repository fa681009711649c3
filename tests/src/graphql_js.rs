//! Compares the origin's answers with those of graphql-js (npm package `graphql`) in Node.

use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;
use tokio::process::Command;

use crate::store::{root, run};

/// What came of a comparison.
#[derive(Clone, Debug, Deserialize)]
pub struct Comparison {
    /// The number of documents.
    pub documents: usize,
    /// The number of errors in the answers of graphql-js.
    pub failures: usize,
    /// The documents with both answers, where they differ.
    pub differences: Vec<String>,
}

/// Compares the answers in a file; `tests/graphql-js/compare.mjs` says what is in it.
pub async fn compare(answers: &Path) -> Result<Comparison> {
    let script = root().join("tests/graphql-js/compare.mjs");
    let text = run(Command::new("node").arg(script).arg(answers)).await;
    let text = text.context("graphql-js is an npm package that `cargo xtask test` installs")?;
    Ok(serde_json::from_str(&text)?)
}
