//! Pages in Chromium.

use std::path::Path;

use anyhow::Result;
use serde_json::Value;
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

/// Runs a script of `tests/pages`, which says what its options are.
///
/// # Errors
/// When it cannot be started.
pub fn visit(script: &str, chromium: &Path, options: &Value) -> Result<Script> {
    let script = root().join("tests/pages").join(script);
    let mut command = Command::new("node");
    command.arg(script).arg(chromium);
    Script::start(command.arg(options.to_string()))
}
