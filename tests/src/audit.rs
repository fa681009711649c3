//! Runs the public audits of GraphQL over HTTP (npm package `graphql-http`) in Node.

use anyhow::{Context, Result};
use serde::Deserialize;
use tokio::process::Command;

use crate::store::{root, run};

/// The result of one audit.
#[derive(Clone, Debug, Deserialize)]
pub struct Audit {
    /// The audit's id: four characters, stable.
    pub id: String,
    /// What it requires, beginning with MUST, SHOULD or MAY.
    pub name: String,
    /// `ok`, or which kind of requirement fails: `error` a MUST, `warn` a SHOULD, `notice` a MAY.
    pub status: String,
    /// Why it fails.
    pub reason: Option<String>,
}

/// The results of all audits of a server.
#[derive(Clone, Debug, Deserialize)]
pub struct Report {
    /// Every audit of the suite.
    pub audits: Vec<Audit>,
    /// The number of types in the schema, as introspection returns it.
    pub types: usize,
}

/// Runs all audits against the server at `url`.
pub async fn audits(url: &str) -> Result<Report> {
    let script = root().join("tests/graphql-http/audit.mjs");
    let text = run(Command::new("node").arg(script).arg(url)).await;
    let text = text.context("the audits need npm packages that `cargo xtask test` installs")?;
    Ok(serde_json::from_str(&text)?)
}
