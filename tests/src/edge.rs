//! Starts the compiled worker in workerd.

use std::path::Path;

use anyhow::Result;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::process::{Process, given};
use crate::store::root;

/// The secret with which origins and edge sign.
pub(crate) const SECRET: &str = "6d1f0c2b7a9e48d35f60718293a4b5c6d1f0c2b7a9e48d35f60718293a4b5c6d";

/// A running edge.
#[derive(Debug)]
pub(crate) struct Edge {
    pub(crate) process: Process,
    pub(crate) url: String,
}

/// Starts an edge for the origin at `origin_url`. It stores its data in `data`. `variables` are added
/// to the usual ones and override them.
pub(crate) async fn start(
    data: &Path,
    origin_url: &str,
    variables: &[(&str, &str)],
) -> Result<Edge> {
    let mut bindings =
        json!({"ORIGIN_URL": origin_url, "EDGE_SECRET": SECRET, "FAULT_INJECTION": "on"});
    for (name, value) in variables {
        bindings[*name] = json!(value);
    }
    let mut command = Command::new("node");
    command
        .arg(root().join("edge/dev/serve.mjs"))
        .arg("--data-dir")
        .arg(data)
        .arg("--build-dir")
        .arg(given("EDGE_BUILD_DIR")?)
        .args(["--port", "0", "--bindings", &bindings.to_string()]);
    let mut process = Process::start("the edge", &mut command)?;
    let ready = |line: &str| {
        let ready: Value = serde_json::from_str(line).ok()?;
        Some(ready["url"].as_str()?.trim_end_matches('/').to_owned())
    };
    let url = process.line(ready).await?;
    Ok(Edge { process, url })
}
