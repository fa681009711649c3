//! `cargo xtask load --restarts`: two origins are each replaced twice, as Kubernetes replaces a pod,
//! while 200 requests a second arrive. None may fail, and no booking may be lost.

use std::fs;
use std::path::Path;
use std::thread::{self, sleep};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::all::{Running, System};
use super::options::Options;
use crate::binaries::Binaries;
use crate::processes::{Processes, TemporaryDir};
use crate::progress;

/// How often each origin is replaced.
const TIMES: usize = 2;
/// How long the traffic lasts.
const SECONDS: u64 = 60;
/// For the accounts to be made, and before the first replacement.
const BEFORE: Duration = Duration::from_secs(12);
/// As `preStop` waits: until no more connections are led here.
const PRE_STOP: Duration = Duration::from_secs(5);
/// Kubernetes kills after this (`terminationGracePeriodSeconds`).
const GRACE: Duration = Duration::from_secs(25);

/// What k6/restarts.js writes at its end.
#[derive(Debug, Deserialize)]
struct Summary {
    requests: u64,
    failed_rate: f64,
    dropped: u64,
    booked: u64,
    lost: u64,
    median_ms: f64,
    p95_ms: f64,
    p99_ms: f64,
    max_ms: f64,
    reconnections: u64,
    reconnected_p95_ms: f64,
}

pub(super) fn run(
    options: &Options,
    k6: &Path,
    binaries: &Binaries,
    build_dir: &Path,
) -> Result<()> {
    let dir = TemporaryDir::create("load-restarts")?;
    let edge_dir = TemporaryDir::create_in_memory("load-restarts-edge")?;
    let mut processes = Processes::new(dir.path().join("logs"))?;
    let system = System::new(
        options,
        dir.path(),
        edge_dir.path(),
        binaries,
        &mut processes,
    )?;
    let running = system.start(options, build_dir, &mut processes)?;
    let file = dir.path().join("summary.json");
    let (mut traffic, _granting) = system.traffic(options, k6, "k6/restarts.js", &running, &file);
    traffic.env("SECONDS", SECONDS.to_string());
    progress::announce("k6 with 200 requests a second, while origins are replaced");
    let traffic = thread::spawn(move || traffic.status());
    sleep(BEFORE);
    let replaced = replace_all(&system, options, &running, &mut processes);
    let status = traffic
        .join()
        .map_err(|_| anyhow::anyhow!("k6 was lost"))??;
    drop(processes);
    let json = fs::read_to_string(&file).context("k6 wrote no summary: the reason is above")?;
    let summary: Summary = serde_json::from_str(&json)?;
    report(&summary, &replaced?);
    if !status.success() {
        bail!("k6's thresholds are not met");
    }
    Ok(())
}

/// Replaces each origin in turn; gives how long each took to end.
fn replace_all(
    system: &System<'_>,
    options: &Options,
    running: &Running,
    processes: &mut Processes,
) -> Result<Vec<Duration>> {
    let mut ended = Vec::new();
    for _ in 0..TIMES {
        for origin in &running.origins {
            // Not ready: new connections go to the others, and those that are open stay.
            let others = running
                .origins
                .iter()
                .filter(|other| other.port != origin.port);
            running
                .balancer
                .lead_to(others.map(|other| other.port).collect());
            sleep(PRE_STOP);
            ended.push(processes.end(origin.name, GRACE)?);
            system.start_origin(options, *origin, running.edge_port, processes)?;
            let all = running.origins.iter().map(|origin| origin.port);
            running.balancer.lead_to(all.collect());
        }
    }
    Ok(ended)
}

fn report(summary: &Summary, ended: &[Duration]) {
    let longest = ended.iter().max().copied().unwrap_or_default();
    println!(
        "
{} requests, {:.3} % failed, {} not sent in time
median {:.1} ms, p95 {:.1} ms, p99 {:.1} ms, longest {:.0} ms
{} bookings, {} lost
{} subscriptions came back, p95 after {:.0} ms
{} origins were replaced; the slowest ended {:.1} s after it was told to",
        summary.requests,
        summary.failed_rate * 100.0,
        summary.dropped,
        summary.median_ms,
        summary.p95_ms,
        summary.p99_ms,
        summary.max_ms,
        summary.booked,
        summary.lost,
        summary.reconnections,
        summary.reconnected_p95_ms,
        ended.len(),
        longest.as_secs_f64(),
    );
}
