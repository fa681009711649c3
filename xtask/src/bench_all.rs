//! `cargo xtask bench`: all benchmarks, one after the other, in one table and as JSON.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Parser;
use serde::Serialize;

use crate::bench::{Figure, Machine};
use crate::{
    bench, bench_edge, bench_lists, bench_origin, bench_private, bench_purge, bench_subscriptions,
    bench_writes, checkout, progress,
};

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Only this benchmark; may be repeated.
    #[arg(long = "only", value_name = "NAME", value_parser = BENCHMARKS.map(|(name, _)| name))]
    only: Vec<String>,
    /// The file that gets the figures as JSON; `bench.json` in the target folder unless given.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// The MongoDB or Azure DocumentDB that `lists` and `writes` measure on; see there. Without it
    /// neither is measured on MongoDB.
    #[arg(
        long,
        value_name = "URL",
        env = "YOUSOON_TEST_MONGODB_URL",
        hide_env_values = true
    )]
    mongodb_url: Option<String>,
}

/// A benchmark with the options that it has when none is given, but for the URL of a MongoDB.
type Benchmark = fn(Option<String>) -> Result<Vec<Figure>>;

/// A new benchmark is a line here.
const BENCHMARKS: [(&str, Benchmark); 7] = [
    ("lists", |mongodb_url| {
        bench_lists::measure(&usual::<bench_lists::Options>().on(mongodb_url))
    }),
    ("writes", |mongodb_url| {
        bench_writes::measure(&usual::<bench_writes::Options>().on(mongodb_url))
    }),
    ("origin", |_| bench_origin::measure(&usual())),
    ("edge", |_| bench_edge::measure(&usual::<bench::Turns>())),
    ("private", |_| bench_private::measure(&usual())),
    ("purge", |_| bench_purge::measure(&usual())),
    ("subscriptions", |_| bench_subscriptions::measure(&usual())),
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

/// What is written as JSON.
#[derive(Debug, Serialize)]
struct Report {
    machine: Machine,
    benchmarks: Vec<Outcome>,
}

/// One benchmark's outcome in the JSON.
#[derive(Debug, Serialize)]
struct Outcome {
    benchmark: &'static str,
    figures: Vec<Figure>,
    /// Why it could not be run.
    error: Option<String>,
}

/// How many targets were met, and how many figures were not measured.
#[derive(Debug, Default, PartialEq, Eq)]
struct Count {
    met: usize,
    missed: usize,
    not_run: usize,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let mut benchmarks = Vec::new();
    for (benchmark, measure) in BENCHMARKS {
        if !options.only.is_empty() && options.only.iter().all(|only| only != benchmark) {
            continue;
        }
        progress::announce(&format!("benchmark: {benchmark}"));
        // One that cannot be run is told at the end: the others take an hour.
        let (figures, error) = match measure(options.mongodb_url.clone()) {
            Ok(figures) => (figures, None),
            Err(error) => (Vec::new(), Some(format!("{error:#}"))),
        };
        benchmarks.push(Outcome {
            benchmark,
            figures,
            error,
        });
    }
    let report = Report {
        machine: Machine::this(),
        benchmarks,
    };
    let Count {
        met,
        missed,
        not_run,
    } = print(&report);
    let out = match &options.out {
        Some(out) => out.clone(),
        None => checkout::target_dir()?.join("bench.json"),
    };
    fs::write(&out, serde_json::to_string_pretty(&report)?)
        .with_context(|| format!("cannot write {}", out.display()))?;
    println!("\n{met} targets are met, {missed} are not, {not_run} were not measured");
    println!("written to {}", out.display());
    if missed > 0 {
        bail!("{missed} targets are not met");
    }
    Ok(())
}

/// Prints a line for each figure. A benchmark that failed missed a target; what was not measured
/// neither met nor missed one.
fn print(report: &Report) -> Count {
    let mut count = Count::default();
    println!("\n{}", report.machine);
    println!("{:<14} {}", "benchmark", bench::figures_header());
    for outcome in &report.benchmarks {
        for figure in &outcome.figures {
            count.met += usize::from(figure.is_met() == Some(true));
            count.missed += usize::from(figure.is_met() == Some(false));
            count.not_run += usize::from(figure.not_run.is_some());
            println!("{:<14} {figure}", outcome.benchmark);
        }
        if let Some(error) = &outcome.error {
            count.missed += 1;
            println!("{:<14} failed: {error}", outcome.benchmark);
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::Target;

    #[test]
    fn targets_are_counted_and_what_was_not_measured_met_none() {
        let hits = |ratio| Figure {
            ratio: Some(ratio),
            target: Some(Target::RatioAtLeast(1.0)),
            ..Figure::plain("hits".to_owned(), 10.0, "/s")
        };
        let of = |figures, error: Option<&str>| Outcome {
            benchmark: "origin",
            figures,
            error: error.map(str::to_owned),
        };
        let report = Report {
            machine: Machine::this(),
            benchmarks: vec![
                of(vec![hits(0.9), hits(1.1), hits(1.0)], None),
                of(vec![Figure::not_run("MongoDB", "no server by URL")], None),
                of(vec![], Some("no wrk")),
            ],
        };
        let expected = Count {
            met: 2,
            missed: 2,
            not_run: 1,
        };
        assert_eq!(print(&report), expected);
        // JSON has no NaN.
        let json = serde_json::to_value(&report).unwrap();
        let figure = &json["benchmarks"][1]["figures"][0];
        assert_eq!(figure["not_run"], "no server by URL");
        assert!(figure["value"].is_null());
    }

    #[test]
    fn every_benchmark_has_usual_options() {
        let _: bench_lists::Options = usual();
        let _: bench_writes::Options = usual();
        let _: bench_origin::Options = usual();
        let _: bench::Turns = usual();
        let _: bench_purge::Options = usual();
        let _: bench_subscriptions::Options = usual();
    }
}
