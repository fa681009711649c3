//! `cargo xtask bench`: all benchmarks, one after the other, in one table and as JSON.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Parser;
use serde::Serialize;

use crate::bench::Figure;
use crate::{
    bench, bench_edge, bench_origin, bench_purge, bench_subscriptions, checkout, progress,
};

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Only this benchmark; may be repeated.
    #[arg(long = "only", value_name = "NAME", value_parser = BENCHMARKS.map(|(name, _)| name))]
    only: Vec<String>,
    /// The file that gets the figures as JSON; `bench.json` in the target folder unless given.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// A benchmark with the options that it has when none is given.
type Benchmark = fn() -> Result<Vec<Figure>>;

/// A new benchmark is a line here.
const BENCHMARKS: [(&str, Benchmark); 4] = [
    ("origin", || bench_origin::measure(&usual())),
    ("edge", || bench_edge::measure(&usual::<bench::Turns>())),
    ("purge", || bench_purge::measure(&usual())),
    ("subscriptions", || bench_subscriptions::measure(&usual())),
];

/// A command's options when none is given.
fn usual<T: clap::Args>() -> T {
    #[derive(Parser)]
    struct Defaults<T: clap::Args> {
        #[command(flatten)]
        options: T,
    }
    Defaults::parse_from(["bench"]).options
}

/// One benchmark's outcome in the JSON.
#[derive(Debug, Serialize)]
struct Outcome {
    benchmark: &'static str,
    figures: Vec<Figure>,
    /// Why it could not be run.
    error: Option<String>,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let mut outcomes = Vec::new();
    for (benchmark, measure) in BENCHMARKS {
        if !options.only.is_empty() && options.only.iter().all(|only| only != benchmark) {
            continue;
        }
        progress::announce(&format!("benchmark: {benchmark}"));
        // One that cannot be run is told at the end: the others take an hour.
        let (figures, error) = match measure() {
            Ok(figures) => (figures, None),
            Err(error) => (Vec::new(), Some(format!("{error:#}"))),
        };
        outcomes.push(Outcome {
            benchmark,
            figures,
            error,
        });
    }
    let missed = print(&outcomes);
    let out = match &options.out {
        Some(out) => out.clone(),
        None => checkout::target_dir()?.join("bench.json"),
    };
    fs::write(&out, serde_json::to_string_pretty(&outcomes)?)
        .with_context(|| format!("cannot write {}", out.display()))?;
    println!("\nwritten to {}", out.display());
    if missed > 0 {
        bail!("{missed} targets are not met");
    }
    Ok(())
}

/// Prints a line a figure; gives how many targets are not met. A benchmark that could not be run met
/// none.
fn print(outcomes: &[Outcome]) -> usize {
    let mut missed = 0;
    println!(
        "\n{:<14} {:<44} {:>16} {:>7}  target",
        "benchmark", "figure", "", "ratio"
    );
    for outcome in outcomes {
        for figure in &outcome.figures {
            let ratio = figure
                .ratio
                .map_or(String::new(), |ratio| format!("{ratio:.2}"));
            let target = figure
                .target
                .map_or(String::new(), |target| target.to_string());
            let is_met = figure.is_met();
            missed += usize::from(is_met == Some(false));
            println!(
                "{:<14} {:<44} {:>9.1} {:<6} {ratio:>7}  {target} {}",
                outcome.benchmark,
                figure.what,
                figure.value,
                figure.unit,
                is_met.map_or("", |is_met| if is_met { "met" } else { "NOT met" })
            );
        }
        if let Some(error) = &outcome.error {
            missed += 1;
            println!("{:<14} NOT run: {error}", outcome.benchmark);
        }
    }
    missed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::Target;

    #[test]
    fn what_is_missed_or_not_run_is_counted() {
        let figure = |ratio| Figure {
            what: "hits".to_owned(),
            value: 10.0,
            unit: "/s".to_owned(),
            ratio: Some(ratio),
            target: Some(Target::RatioAtLeast(1.0)),
        };
        let outcome = |figures, error: Option<&str>| Outcome {
            benchmark: "origin",
            figures,
            error: error.map(str::to_owned),
        };
        assert_eq!(print(&[outcome(vec![figure(1.0)], None)]), 0);
        let missed = [
            outcome(vec![figure(0.9), figure(1.1)], None),
            outcome(vec![], Some("no wrk")),
        ];
        assert_eq!(print(&missed), 2);
    }

    #[test]
    fn every_benchmark_has_usual_options() {
        let _: bench_origin::Options = usual();
        let _: bench::Turns = usual();
        let _: bench_purge::Options = usual();
        let _: bench_subscriptions::Options = usual();
    }
}
