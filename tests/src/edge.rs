//! Starts the compiled worker in workerd.

use std::path::{Path, PathBuf};

use anyhow::Result;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::process::{Process, given};
use crate::store::root;

/// The secret with which origins and edge sign.
pub const SECRET: &str = "6d1f0c2b7a9e48d35f60718293a4b5c6d1f0c2b7a9e48d35f60718293a4b5c6d";

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
    pub kv_fault: Option<Fault>,
    /// The one jurisdiction in which Durable Objects are. workerd has none.
    pub jurisdiction: Option<&'static str>,
    /// How many errands of a client the rate limiter admits in each minute of the clock. Without it
    /// there is no rate limiter.
    pub rate_limit: Option<u32>,
    /// What is wrong with the rate limiter from the start.
    pub limiter_fault: Option<Fault>,
    /// Whether parts of the platform can be broken while the edge runs, see
    /// [`crate::Stack::break_platform`].
    pub breakable: bool,
    /// How many seconds its clock is ahead of the machine's.
    pub ahead_s: i64,
}

impl Platform {
    /// As arguments of edge/dev/serve.mjs.
    fn arguments(self, data: &Path) -> Vec<String> {
        let values = [
            (
                "--kv-fault",
                self.kv_fault.map(|fault| fault.as_str().to_owned()),
            ),
            ("--jurisdiction", self.jurisdiction.map(str::to_owned)),
            (
                "--rate-limit",
                self.rate_limit.map(|limit| limit.to_string()),
            ),
            (
                "--limiter-fault",
                self.limiter_fault.map(|fault| fault.as_str().to_owned()),
            ),
            (
                "--faults",
                self.breakable
                    .then(|| faults_file(data).display().to_string()),
            ),
            (
                "--ahead-s",
                (self.ahead_s != 0).then(|| self.ahead_s.to_string()),
            ),
        ];
        let given = values
            .into_iter()
            .filter_map(|(name, value)| Some([name.to_owned(), value?]));
        given.flatten().collect()
    }
}

/// The file that says what is wrong with the platform of a breakable edge.
pub(crate) fn faults_file(data: &Path) -> PathBuf {
    data.with_extension("faults.json")
}

/// What is wrong with a binding of an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Every operation fails.
    Rejects,
    /// No operation ends.
    Hangs,
}

impl Fault {
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
    command.args(platform.arguments(data));
    let mut process = Process::start("the edge", &mut command)?;
    let ready = |line: &str| {
        let ready: Value = serde_json::from_str(line).ok()?;
        Some(ready["url"].as_str()?.trim_end_matches('/').to_owned())
    };
    let url = process.line(ready).await?;
    Ok(Edge { process, url })
}
