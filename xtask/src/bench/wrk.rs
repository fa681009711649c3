//! The load: wrk, one thread, connections that are kept.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::contender::Turns;
use crate::processes::Processes;
use crate::{checkout, debian, progress};

/// What paths.lua writes.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Summary {
    pub(super) requests: f64,
    pub(super) duration_us: f64,
    pub(super) p50_us: f64,
    pub(super) p99_us: f64,
    /// Answers with a status of 400 or more.
    pub(super) refused: u64,
    /// No answer in time.
    pub(super) late: u64,
    /// The connection failed.
    pub(super) broken: u64,
}

impl Summary {
    pub(super) fn per_second(&self) -> f64 {
        self.requests / self.duration_us * 1e6
    }
}

pub(crate) fn require() -> Result<()> {
    debian::ensure("wrk", "wrk")
        .map(drop)
        .context("the load comes from wrk (macOS: brew install wrk; or https://github.com/wg/wrk)")
}

/// Loads one port for as long as a turn takes.
pub(super) fn run(
    processes: &mut Processes,
    turns: &Turns,
    port: u16,
    paths: &Path,
    dir: &Path,
) -> Result<Summary> {
    let summary = dir.join("summary.json");
    let mut wrk = Command::new("wrk");
    wrk.args(["--threads", "1", "--latency"])
        // Slow is counted as slow; what takes longer than this hangs.
        .args(["--timeout", "10s"])
        .args(["--connections", &turns.connections.to_string()])
        .args(["--duration", &format!("{}s", turns.seconds)])
        .arg("--script")
        .arg(checkout::root().join("xtask/src/bench/paths.lua"))
        .arg(format!("http://127.0.0.1:{port}"))
        .env("PATHS", paths)
        .env("SUMMARY", &summary)
        .stdout(Stdio::null());
    let status = processes.run(&mut wrk)?;
    if !status.success() {
        bail!("{}", progress::failure("wrk", status));
    }
    let json = fs::read_to_string(&summary).context("wrk wrote no summary")?;
    serde_json::from_str(&json).context("wrk's summary has another format than paths.lua says")
}
