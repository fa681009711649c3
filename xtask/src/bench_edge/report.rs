//! What was measured: medians, because the machine has other things to do as well.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::{Contender, MEASURE, TARGETS};
use crate::progress;

/// What the gzipped worker stays below: 500 KB.
const MAX_GZIPPED_BYTES: u64 = 500_000;

/// What edge/bench/paths.lua writes.
#[derive(Clone, Copy, Debug, Deserialize)]
struct Summary {
    requests: f64,
    duration_us: f64,
    p50_us: f64,
    p99_us: f64,
    /// Answers with a status of 400 or more.
    refused: u64,
    /// No answer in time.
    late: u64,
    /// The connection failed.
    broken: u64,
}

/// One measurement of one contender.
#[derive(Debug)]
pub(super) struct Round {
    contender: &'static str,
    summary: Summary,
}

impl Round {
    pub(super) fn read(contender: &'static str, path: &Path) -> Result<Self> {
        let json = fs::read_to_string(path).context("wrk wrote no summary")?;
        let summary: Summary = serde_json::from_str(&json)
            .context("wrk's summary has another format than edge/bench/paths.lua says")?;
        let Summary {
            refused,
            late,
            broken,
            ..
        } = summary;
        if refused + late + broken > 0 {
            bail!(
                "{contender}: {refused} requests were refused, {late} not answered in time, {broken} connections failed"
            );
        }
        Ok(Self { contender, summary })
    }
}

impl Summary {
    fn per_second(&self) -> f64 {
        self.requests / self.duration_us * 1e6
    }
}

fn median_of(rounds: &[Round], contender: &str, value: impl Fn(&Summary) -> f64) -> f64 {
    median(
        rounds
            .iter()
            .filter(|round| round.contender == contender)
            .map(|round| value(&round.summary))
            .collect(),
    )
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let upper = values.len() / 2;
    match (values.get((values.len().max(1) - 1) / 2), values.get(upper)) {
        (Some(lower), Some(upper)) => f64::midpoint(*lower, *upper),
        _ => f64::NAN,
    }
}

/// Requests per second as a multiple of the measure's: the median over rounds of each round's own
/// ratio, so that what slowed a whole round down counts for nothing.
fn ratio(rounds: &[Round], contender: &str) -> f64 {
    let of = |name: &'static str| rounds.iter().filter(move |round| round.contender == name);
    let contender_rounds = rounds.iter().filter(|round| round.contender == contender);
    median(
        contender_rounds
            .zip(of(MEASURE))
            .map(|(ours, measure)| ours.summary.per_second() / measure.summary.per_second())
            .collect(),
    )
}

pub(super) fn print(contenders: &[Contender], rounds: &[Round]) {
    println!(
        "\n{:<40} {:>10} {:>9} {:>9} {:>6}  target",
        "", "requests/s", "p50 ms", "p99 ms", "ratio"
    );
    for Contender { name, label, .. } in contenders {
        let target = TARGETS
            .iter()
            .find(|(target, _)| target == name)
            .map(|(_, at_least)| format!("≥ {at_least}"))
            .unwrap_or_default();
        println!(
            "{label:<40} {:>10.0} {:>9.2} {:>9.2} {:>6.2}  {target}",
            median_of(rounds, name, Summary::per_second),
            median_of(rounds, name, |summary| summary.p50_us) / 1e3,
            median_of(rounds, name, |summary| summary.p99_us) / 1e3,
            ratio(rounds, name),
        );
    }
}

/// Cloudflare limits the compressed size.
pub(super) fn print_size(build_dir: &Path) -> Result<()> {
    let script = "process.stdout.write(String(require('zlib').gzipSync(require('fs').readFileSync(process.argv[1])).length))";
    let wasm = build_dir.join("index_bg.wasm");
    let gzipped_bytes: u64 =
        progress::output_of(Command::new("node").args(["-e", script]).arg(wasm))?.parse()?;
    println!(
        "\nthe worker's WASM, gzipped: {} KB (target: < {} KB)",
        gzipped_bytes / 1_000,
        MAX_GZIPPED_BYTES / 1_000
    );
    if gzipped_bytes >= MAX_GZIPPED_BYTES {
        bail!("the worker is too large");
    }
    Ok(())
}

pub(super) fn require_targets(rounds: &[Round]) -> Result<()> {
    for (contender, at_least) in TARGETS {
        let reached = ratio(rounds, contender);
        if reached < at_least {
            bail!("{contender} reaches {reached:.2} of the {at_least} aimed at");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(contender: &'static str, requests: f64) -> Round {
        let summary = Summary {
            requests,
            duration_us: 1e6,
            p50_us: 1.0,
            p99_us: 1.0,
            refused: 0,
            late: 0,
            broken: 0,
        };
        Round { contender, summary }
    }

    #[test]
    fn a_round_is_compared_with_itself() {
        let rounds = [
            round("edge-kv", 200.0),
            round(MEASURE, 100.0),
            round("edge-kv", 20.0),
            round(MEASURE, 10.0),
            round("edge-kv", 10.0),
            round(MEASURE, 100.0),
        ];
        assert!((ratio(&rounds, "edge-kv") - 2.0).abs() < 1e-9);
        assert!((median(vec![4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < 1e-9);
    }
}
