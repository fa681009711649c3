//! `cargo xtask bench-edge`: hits per second of the worker beside a hand-written JavaScript worker
//! that reads its answers from KV; both in workerd on this machine, in turns, in one run.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::json;

use crate::bench::{self, Asked, Comparison, Contender, Figure, Proof, Rounds, Target, Workload};
use crate::binaries::Profile;
use crate::processes::{Processes, TemporaryDir};
use crate::{build_edge, checkout, http, progress, secrets, tools};

const START_LIMIT: Duration = Duration::from_secs(30);
/// What the gzipped worker stays below: 500 KB. Cloudflare limits the compressed size.
const MAX_GZIPPED_BYTES: u64 = 500_000;

/// What edge/bench/workload.mjs prints.
#[derive(Debug, Deserialize)]
struct Printed {
    asked: Vec<PrintedRequest>,
}

#[derive(Debug, Deserialize)]
struct PrintedRequest {
    path: String,
    body: String,
}

const EDGE: &str = "yousoon-edge";

const MEMORY: &str = "edge-memory";
/// The same lists, made of candidates for each location.
const EXACT: &str = "edge-exact";
const KV: &str = "edge-kv";
const PEER_KV: &str = "peer-kv";
const PEER_MEMORY: &str = "peer-memory";

/// Who is measured: the worker with and without its memory tier, the peer without and with memory.
fn contenders() -> Result<Vec<Contender>> {
    let hit = |tier| Proof::Hit { cache: EDGE, tier };
    let compare = |of, over, at_least| Comparison { of, over, at_least };
    [
        (
            MEMORY,
            "this worker, memory tier",
            hit("memory"),
            compare(MEMORY, PEER_KV, Some(2.4)),
        ),
        (
            EXACT,
            "this worker, exact lists of candidates (÷ memory tier)",
            hit("memory"),
            compare(EXACT, MEMORY, Some(0.9)),
        ),
        (
            KV,
            "this worker, KV tier",
            hit("kv"),
            compare(KV, PEER_KV, Some(0.85)),
        ),
        (
            PEER_KV,
            "JavaScript worker, KV",
            Proof::Obvious,
            compare(PEER_KV, PEER_KV, None),
        ),
        (
            PEER_MEMORY,
            "JavaScript worker, memory (ours ÷ it)",
            Proof::Obvious,
            compare(MEMORY, PEER_MEMORY, Some(0.95)),
        ),
    ]
    .into_iter()
    .map(|(name, label, proof, comparison)| {
        Ok(Contender {
            name,
            label,
            port: http::free_port()?,
            proof,
            comparison,
        })
    })
    .collect()
}

pub(crate) fn run(turns: &bench::Turns) -> Result<()> {
    let (rounds, contenders, gzipped_bytes) = compare(turns)?;
    if gzipped_bytes >= MAX_GZIPPED_BYTES {
        bail!("the worker is too large");
    }
    rounds.require_targets(&contenders)
}

/// As [`run`], for the table of all benchmarks.
pub(crate) fn measure(turns: &bench::Turns) -> Result<Vec<Figure>> {
    let (rounds, contenders, gzipped_bytes) = compare(turns)?;
    let kb = |bytes: u64| f64::from(u32::try_from(bytes).unwrap_or(u32::MAX)) / 1e3;
    let mut figures = rounds.figures(&contenders);
    let what = "the worker's WASM, gzipped".to_owned();
    figures.push(Figure {
        target: Some(Target::ValueBelow(kb(MAX_GZIPPED_BYTES))),
        ..Figure::plain(what, kb(gzipped_bytes), "KB")
    });
    Ok(figures)
}

/// Also gives the size of the worker, in bytes.
fn compare(turns: &bench::Turns) -> Result<(Rounds, Vec<Contender>, u64)> {
    bench::require_wrk()?;
    let build_dir = build_edge::build(&tools::ensure()?, Profile::Release)?;
    let dir = TemporaryDir::create_in_memory("bench-edge")?;
    let workload = read_workload()?;
    let contenders = contenders()?;
    let mut processes = Processes::new(dir.path().join("logs"))?;
    start(&mut processes, &contenders, dir.path(), &build_dir)?;
    let rounds = bench::measure(&mut processes, turns, &contenders, &workload, dir.path())?;
    drop(processes);
    rounds.print(&contenders, "ratio");
    let gzipped_bytes = gzipped_bytes(&build_dir)?;
    Ok((rounds, contenders, gzipped_bytes))
}

fn bench_file(name: &str) -> PathBuf {
    checkout::root().join("edge/bench").join(name)
}

fn read_workload() -> Result<Workload> {
    let json = progress::output_of(Command::new("node").arg(bench_file("workload.mjs")))?;
    let Printed { asked } =
        serde_json::from_str(&json).context("edge/bench/workload.mjs printed something else")?;
    let asked = asked
        .into_iter()
        .map(|PrintedRequest { path, body }| Asked { path, body });
    Ok(Workload(asked.collect()))
}

/// Starts a stand-in for the origin, and the contenders.
fn start(
    processes: &mut Processes,
    contenders: &[Contender],
    dir: &Path,
    build_dir: &Path,
) -> Result<()> {
    let secret = secrets::load_or_create(dir)?.edge_secret;
    let origin_of = |port: u16| {
        let mut origin = Command::new("node");
        origin
            .arg(bench_file("origin.mjs"))
            .args(["--port", &port.to_string()])
            .env("EDGE_SECRET", &secret);
        origin
    };
    let (origin_port, exact_port) = (http::free_port()?, http::free_port()?);
    let (mut origin, mut exact) = (origin_of(origin_port), origin_of(exact_port));
    exact.arg("--exact");
    for contender in contenders {
        let data_dir = dir.join(contender.name);
        let port = contender.port.to_string();
        let mut node = Command::new("node");
        match contender.proof {
            Proof::Hit { tier, .. } => {
                let (behind, behind_port) = if contender.name == EXACT {
                    (&mut exact, exact_port)
                } else {
                    (&mut origin, origin_port)
                };
                behind.args(["--edge", &format!("http://127.0.0.1:{port}")]);
                let mut bindings = json!({
                    "ORIGIN_URL": format!("http://127.0.0.1:{behind_port}"),
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
            Proof::Varnish | Proof::ResolverCalls { .. } | Proof::Obvious => {
                node.arg(bench_file("peer.mjs"));
                if contender.name == PEER_MEMORY {
                    node.arg("--memory");
                }
            }
        }
        node.arg("--data-dir").arg(data_dir).args(["--port", &port]);
        processes.start(contender.name, &mut node)?;
    }
    for contender in contenders {
        processes.wait_until(contender.label, START_LIMIT, || {
            http::is_ready(contender.port, "/healthz")
        })?;
    }
    processes.start("origin", &mut origin)?;
    processes.start("origin-exact", &mut exact)?;
    processes.wait_until("the stand-ins for the origin", START_LIMIT, || {
        http::is_ready(origin_port, "/readyz") && http::is_ready(exact_port, "/readyz")
    })
}

fn gzipped_bytes(build_dir: &Path) -> Result<u64> {
    let script = "process.stdout.write(String(require('zlib').gzipSync(require('fs').readFileSync(process.argv[1])).length))";
    let wasm = build_dir.join("index_bg.wasm");
    let gzipped_bytes: u64 =
        progress::output_of(Command::new("node").args(["-e", script]).arg(wasm))?.parse()?;
    println!(
        "\nthe worker's WASM, gzipped: {} KB (target: < {} KB)",
        gzipped_bytes / 1_000,
        MAX_GZIPPED_BYTES / 1_000
    );
    Ok(gzipped_bytes)
}
