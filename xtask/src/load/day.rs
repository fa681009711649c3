//! `cargo xtask load --day`: a day of the mix in a few minutes, and which share of each document's requests the
//! edge answered itself.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::all::{Running, System};
use super::options::Options;
use super::rates::{Rates, samples};
use crate::binaries::Binaries;
use crate::processes::{Processes, TemporaryDir};
use crate::{http, progress};

/// What an isolate counted is in the origins' metrics after so long at most: see docs/edge.md.
const HANDED_ON: Duration = Duration::from_secs(13);
/// Seconds an hour takes, and people in the busiest one.
const FULL: [u32; 2] = [15, 100];
const SHORT: [u32; 2] = [2, 20];

/// What k6/day.js writes at its end.
#[derive(Debug, Deserialize)]
struct Summary {
    requests: u64,
    failed_rate: f64,
}

pub(super) fn run(
    options: &Options,
    k6: &Path,
    binaries: &Binaries,
    build_dir: &Path,
) -> Result<()> {
    let dir = TemporaryDir::create("load-day")?;
    let edge_dir = TemporaryDir::create_in_memory("load-day-edge")?;
    let mut processes = Processes::new(dir.path().join("logs"))?;
    let system = System::new(
        options,
        dir.path(),
        edge_dir.path(),
        binaries,
        &mut processes,
    )?;
    let running = system.start(options, build_dir, &mut processes)?;
    let summary = dir.path().join("summary.json");
    let [hour_s, people] = if options.short { SHORT } else { FULL };
    let (mut command, _granting) = system.traffic(options, k6, "k6/day.js", &running, &summary);
    command
        // Which people do everything in turn is of the mix's trial.
        .env_remove("SHORT")
        .env("HOUR_S", hour_s.to_string())
        .env("PEOPLE", people.to_string());
    progress::announce("a day of the mix through the edge");
    let has_run = processes.run(&mut command)?.success();
    thread::sleep(HANDED_ON);
    let rates = read(&running)?;
    drop(processes);
    let json = fs::read_to_string(&summary).context("k6 wrote no summary: the reason is above")?;
    let summary: Summary = serde_json::from_str(&json)?;
    println!(
        "\n{} requests, {:.2} % failed\n\n{rates}",
        summary.requests,
        summary.failed_rate * 100.0
    );
    if !has_run {
        bail!("k6 failed: the reason is above");
    }
    Ok(())
}

/// What all origins counted together: each number of the edge is in one of them.
fn read(running: &Running) -> Result<Rates> {
    let mut rates = Rates::default();
    for origin in &running.origins {
        let answer = http::get(origin.metrics_port, "/metrics")?;
        for sample in samples(&answer.body) {
            rates.add(&sample);
        }
    }
    Ok(rates)
}
