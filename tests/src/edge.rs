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

/// What Cloudflare gives an edge. The default is what workerd has.
#[derive(Clone, Copy, Debug, Default)]
pub struct Platform {
    /// What is wrong with KV from the start.
    pub kv_fault: Option<KvFault>,
    /// The one jurisdiction in which Durable Objects are. workerd has none.
    pub jurisdiction: Option<&'static str>,
}

/// What is wrong with an edge's KV.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KvFault {
    /// Every operation fails.
    Rejects,
    /// No operation ends.
    Hangs,
}

impl KvFault {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Rejects => "rejects",
            Self::Hangs => "hangs",
        }
    }
}

/// Starts an edge for the origin at `origin_url`. It stores its data in `data`. `variables` are added
/// to the usual ones and override them.
pub(crate) async fn start(
    data: &Path,
    origin_url: &str,
    variables: &[(&str, &str)],
    platform: Platform,
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
    if let Some(fault) = platform.kv_fault {
        command.args(["--kv-fault", fault.as_str()]);
    }
    if let Some(jurisdiction) = platform.jurisdiction {
        command.args(["--jurisdiction", jurisdiction]);
    }
    let mut process = Process::start("the edge", &mut command)?;
    let ready = |line: &str| {
        let ready: Value = serde_json::from_str(line).ok()?;
        Some(ready["url"].as_str()?.trim_end_matches('/').to_owned())
    };
    let url = process.line(ready).await?;
    Ok(Edge { process, url })
}
