//! The origin's pages in Chromium.

use std::path::Path;

use anyhow::Result;
use tokio::process::Command;

use crate::script::Script;
use crate::store::root;

/// Opens the origin's GraphiQL and executes a query and a subscription on it.
pub fn graphiql(chromium: &Path, origin: &str, query: &str, subscription: &str) -> Result<Script> {
    let script = root().join("tests/pages/graphiql.mjs");
    let mut command = Command::new("node");
    command.arg(script).arg(chromium);
    Script::start(command.args([origin, query, subscription]))
}
