//! Published client libraries, in Node.

use anyhow::Result;
use serde_json::Value;
use tokio::process::Command;

use crate::script::Script;
use crate::store::root;

/// The libraries that `tests/clients/try.mjs` knows.
pub const CLIENTS: [&str; 5] = ["apollo-3", "apollo-4", "urql", "relay", "graphql-request"];
/// Those of them that have a normalised cache.
pub const CACHING: [&str; 4] = ["apollo-3", "apollo-4", "urql", "relay"];

/// Starts a scenario of `tests/clients/try.mjs`, which says what the options are.
pub fn start(client: &str, scenario: &str, options: &Value) -> Result<Script> {
    let script = root().join("tests/clients/try.mjs");
    let arguments = [client, scenario, &options.to_string()];
    Script::start(Command::new("node").arg(script).args(arguments))
}
