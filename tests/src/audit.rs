//! The public audits of GraphQL over HTTP, in Node.

use anyhow::{Context, Result};
use serde::Deserialize;
use tokio::process::Command;

use crate::store::{root, run};

/// One audit, and how it went.
#[derive(Clone, Debug, Deserialize)]
pub struct Audit {
    /// Four characters; stable.
    pub id: String,
    /// What it wants, beginning with MUST, SHOULD or MAY.
    pub name: String,
    /// `ok`, or what is broken: `error` a MUST, `warn` a SHOULD, `notice` a MAY.
    pub status: String,
    /// Why it is broken.
    pub reason: Option<String>,
}

/// What a server was found to do.
#[derive(Clone, Debug, Deserialize)]
pub struct Report {
    /// Every audit of the suite.
    pub audits: Vec<Audit>,
    /// How many types the schema has that tools read out of it.
    pub types: usize,
}

/// Audits the server at `url`.
pub async fn audits(url: &str) -> Result<Report> {
    let script = root().join("tests/graphql-http/audit.mjs");
    let text = run(Command::new("node").arg(script).arg(url)).await;
    let text = text.context("`cargo xtask test` installs what the audits need")?;
    Ok(serde_json::from_str(&text)?)
}
