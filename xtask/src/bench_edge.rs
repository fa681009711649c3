//! `cargo xtask bench-edge`: hits per second of the worker beside a hand-written JavaScript worker
//! that reads its answers from KV; both in workerd on this machine, in turns, in one run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::json;

use crate::processes::{Processes, TemporaryDir};
use crate::{build_edge, checkout, http, progress, secrets, tools};

mod probe;
mod report;

use probe::Expected;
use report::Round;

const START_LIMIT: Duration = Duration::from_secs(30);
/// An edge's first answers come from the origin, and its KV is written beside them.
const WARM_LIMIT: Duration = Duration::from_secs(30);

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How often each worker is measured; the median counts.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// How long each measurement takes.
    #[arg(long, value_name = "SECONDS", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..))]
    seconds: u32,
    /// How many connections ask at the same time.
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..))]
    connections: u32,
}

/// What edge/bench/workload.mjs prints.
#[derive(Debug, Deserialize)]
struct Workload {
    paths: Vec<String>,
    body: String,
}

/// A worker under test.
#[derive(Debug)]
struct Contender {
    name: &'static str,
    label: &'static str,
    port: u16,
    expected: Expected,
}

/// The one that the others are compared with.
const MEASURE: &str = "peer-kv";
/// What a contender is to reach, as a multiple of the measure.
const TARGETS: [(&str, f64); 2] = [("edge-memory", 1.6), ("edge-kv", 0.85)];

pub(crate) fn run(options: &Options) -> Result<()> {
    require_wrk()?;
    let build_dir = build_edge::build(&tools::ensure()?)?;
    let dir = TemporaryDir::create("bench")?;
    let workload = read_workload()?;
    let paths = dir.path().join("paths");
    fs::write(&paths, workload.paths.join("\n") + "\n")
        .with_context(|| format!("cannot write {}", paths.display()))?;
    let mut processes = Processes::new(dir.path().join("logs"))?;
    let contenders = start(&mut processes, dir.path(), &build_dir)?;
    warm(&mut processes, &contenders, &workload)?;
    let mut rounds = Vec::new();
    for number in 1..=options.rounds {
        progress::announce(&format!("round {number} of {}", options.rounds));
        for contender in &contenders {
            probe::check(contender, &workload)?;
            let summary = dir.path().join("summary.json");
            let mut wrk = wrk(options, contender.port, &paths, &summary);
            let status = processes.run(&mut wrk)?;
            if !status.success() {
                bail!("{}", progress::failure("wrk", status));
            }
            rounds.push(Round::read(contender.name, &summary)?);
        }
    }
    // Also after the last one: what was measured is what was meant.
    for contender in &contenders {
        probe::check(contender, &workload)?;
    }
    drop(processes);
    report::print(&contenders, &rounds);
    report::print_size(&build_dir)?;
    report::require_targets(&rounds)
}

fn require_wrk() -> Result<()> {
    // Without arguments it prints its usage and fails.
    match Command::new("wrk").stdin(Stdio::null()).output() {
        Ok(_) => Ok(()),
        Err(error) => Err(progress::not_started(&Command::new("wrk"), &error)
            .context("the load comes from wrk (Debian, Ubuntu: apt install wrk; macOS: brew install wrk; or https://github.com/wg/wrk)")),
    }
}

fn bench_file(name: &str) -> PathBuf {
    checkout::root().join("edge/bench").join(name)
}

fn read_workload() -> Result<Workload> {
    let json = progress::output_of(Command::new("node").arg(bench_file("workload.mjs")))?;
    serde_json::from_str(&json).context("edge/bench/workload.mjs printed something else")
}

/// Starts a stand-in for the origin, the worker with and without its memory tier, and the peer
/// without and with memory.
fn start(processes: &mut Processes, dir: &Path, build_dir: &Path) -> Result<Vec<Contender>> {
    let contenders = [
        (
            "edge-memory",
            "this worker, memory tier",
            Expected::Hit("memory"),
        ),
        ("edge-kv", "this worker, KV tier", Expected::Hit("kv")),
        (MEASURE, "JavaScript worker, KV", Expected::Plain),
        (
            "peer-memory",
            "JavaScript worker, memory (for context)",
            Expected::Plain,
        ),
    ]
    .into_iter()
    .map(|(name, label, expected)| {
        Ok(Contender {
            name,
            label,
            port: http::free_port()?,
            expected,
        })
    })
    .collect::<Result<Vec<_>>>()?;
    let secret = secrets::load_or_create(dir)?.edge_secret;
    let origin_port = http::free_port()?;
    let mut origin = Command::new("node");
    origin
        .arg(bench_file("origin.mjs"))
        .args(["--port", &origin_port.to_string()])
        .env("EDGE_SECRET", &secret);
    for contender in &contenders {
        let data_dir = dir.join(contender.name);
        let port = contender.port.to_string();
        let mut node = Command::new("node");
        match contender.expected {
            Expected::Hit(tier) => {
                origin.args(["--edge", &format!("http://127.0.0.1:{port}")]);
                let mut bindings = json!({
                    "ORIGIN_URL": format!("http://127.0.0.1:{origin_port}"),
                    "EDGE_SECRET": secret,
                });
                if tier == "kv" {
                    bindings["ISOLATE_MEMORY_BYTES"] = json!("0");
                }
                node.arg(checkout::root().join("edge/dev/serve.mjs"))
                    .arg("--build-dir")
                    .arg(build_dir)
                    .env("EDGE_BINDINGS", bindings.to_string());
            }
            Expected::Plain => {
                node.arg(bench_file("peer.mjs"));
                if contender.name == "peer-memory" {
                    node.arg("--memory");
                }
            }
        }
        node.arg("--data-dir").arg(data_dir).args(["--port", &port]);
        processes.start(contender.name, &mut node)?;
    }
    for contender in &contenders {
        processes.wait_until(contender.label, START_LIMIT, || {
            http::get(contender.port, "/healthz").is_ok_and(|answer| answer.status == 200)
        })?;
    }
    processes.start("origin", &mut origin)?;
    processes.wait_until("the stand-in for the origin", START_LIMIT, || {
        http::get(origin_port, "/readyz").is_ok_and(|answer| answer.status == 200)
    })?;
    Ok(contenders)
}

/// Asks for everything until every answer comes from the tier that is to be measured.
fn warm(processes: &mut Processes, contenders: &[Contender], workload: &Workload) -> Result<()> {
    for contender in contenders {
        for path in &workload.paths {
            let mut last = Ok(());
            let warmed = processes.wait_until(contender.label, WARM_LIMIT, || {
                last = probe::check_path(contender, path, &workload.body);
                last.is_ok()
            });
            warmed.or_else(|error| last.and(Err(error)))?;
        }
    }
    Ok(())
}

fn wrk(options: &Options, port: u16, paths: &Path, summary: &Path) -> Command {
    let mut wrk = Command::new("wrk");
    wrk.args(["--threads", "1", "--latency"])
        // Slow is counted as slow; what takes longer than this hangs.
        .args(["--timeout", "10s"])
        .args(["--connections", &options.connections.to_string()])
        .args(["--duration", &format!("{}s", options.seconds)])
        .arg("--script")
        .arg(bench_file("paths.lua"))
        .arg(format!("http://127.0.0.1:{port}"))
        .env("PATHS", paths)
        .env("SUMMARY", summary)
        .stdout(Stdio::null());
    wrk
}
