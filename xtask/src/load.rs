//! `cargo xtask load`: k6 against the edge and against the origin, on a system of its own; with
//! `--all` with every kind of request, through the edge.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::binaries::{self, Profile};
use crate::origin::Documents;
use crate::processes::TemporaryDir;
use crate::stack::{Runtime, Settings, Stack};
use crate::tools::{self, Tools};
use crate::{build_edge, checkout, http, progress};

mod all;
mod day;
mod rates;
mod restarts;

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// 20 users for 15 s instead of 200 for 3 min.
    #[arg(long)]
    short: bool,
    /// How many sample offers there are.
    #[arg(long, value_name = "N", default_value_t = 5000)]
    offers: u32,
    /// Every kind of request, through the edge to two origins, instead of one list at one place.
    #[arg(long)]
    all: bool,
    /// A day of the mix of --all in six minutes: prints the hit rate of each document at the edge.
    #[arg(long, conflicts_with_all = ["all", "restarts"])]
    day: bool,
    /// 200 requests a second through the edge for a minute, while each of two origins is replaced
    /// twice: no request may fail.
    #[arg(long, conflicts_with = "all")]
    restarts: bool,
    /// With --all: keep everything in this MongoDB instead of the embedded store.
    #[arg(long, value_name = "URL", requires = "all")]
    mongodb_url: Option<String>,
    /// With --all: the p95 that each operation must stay below, in milliseconds, instead of 50. The
    /// other limits move with it.
    #[arg(long, value_name = "MS", requires = "all")]
    limit_ms: Option<u32>,
}

/// What k6/offers.js writes at its end.
#[derive(Debug, serde::Deserialize)]
struct Summary {
    p95_ms: f64,
    failed_rate: f64,
    requests: u64,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let tools = tools::ensure()?;
    let k6 = find_k6(&tools)?;
    let binaries = binaries::build(Profile::Release)?;
    let build_dir = build_edge::build(&tools, Profile::Release)?;
    if options.restarts {
        return restarts::run(options, &k6, &binaries, &build_dir);
    }
    if options.day {
        return day::run(options, &k6, &binaries, &build_dir);
    }
    if options.all {
        return all::run(options, &k6, &binaries, &build_dir);
    }
    let dir = TemporaryDir::create("load")?;
    let edge_dir = TemporaryDir::create_in_memory("load-edge")?;
    let settings = Settings {
        data_dir: dir.path().to_path_buf(),
        edge_dir: edge_dir.path().to_path_buf(),
        runtime: Runtime::Bare,
        build_dir,
        offers: options.offers,
        origin_port: http::free_port()?,
        edge_port: http::free_port()?,
        documents: Documents::Published,
        environment: Vec::new(),
        traced_share: 0.0,
    };
    let mut stack = Stack::start(settings, &binaries)?;
    let targets = [
        ("edge", stack.settings.edge_url()),
        ("origin", stack.settings.origin_url()),
    ];
    let document = stack.manifest.id_of("OffersNearby")?.to_owned();
    let mut report = Vec::new();
    let mut all_met = true;
    for (name, url) in targets {
        let summary_file = dir.path().join(format!("{name}.json"));
        let mut command = k6_run(&k6, "k6/offers.js", &summary_file, options);
        command.env("TARGET", url).env("DOCUMENT", &document);
        progress::announce(&format!("k6 against the {name}"));
        let met = stack.processes.run(&mut command)?.success();
        all_met &= met;
        report.push(describe(name, &read_summary(&summary_file)?, met));
    }
    drop(stack);
    println!("\n{}", report.join("\n"));
    if !all_met {
        bail!("k6's thresholds are not met");
    }
    Ok(())
}

fn k6_run(k6: &Path, script: &str, summary: &Path, options: &Options) -> Command {
    let mut command = Command::new(k6);
    command
        .args(["run", "--quiet", "--no-usage-report"])
        .arg(checkout::root().join(script))
        // Nothing but the system under test is asked for anything.
        .env("K6_AUTO_EXTENSION_RESOLUTION", "false")
        .env("SUMMARY", summary);
    if options.short {
        command.env("SHORT", "1");
    }
    command
}

fn read_summary(path: &Path) -> Result<Summary> {
    let json = fs::read_to_string(path).context("k6 wrote no summary: the reason is above")?;
    serde_json::from_str(&json).context("k6's summary has another format than k6/offers.js says")
}

fn describe(name: &str, summary: &Summary, met: bool) -> String {
    format!(
        "{name:<7} p95 {:.1} ms, {} requests, {:.2} % failed: {}",
        summary.p95_ms,
        summary.requests,
        summary.failed_rate * 100.0,
        if met {
            "thresholds met"
        } else {
            "thresholds NOT met"
        }
    )
}

fn find_k6(tools: &Tools) -> Result<PathBuf> {
    let ours = tools.bin().join("k6");
    for candidate in [Path::new("k6"), &ours] {
        if progress::output_of(Command::new(candidate).arg("version")).is_ok() {
            return Ok(candidate.to_path_buf());
        }
    }
    if progress::output_of(Command::new("go").arg("version")).is_err() {
        bail!("k6 is missing, and so is go to build it: install one of them, then try again");
    }
    progress::step(
        "installing k6 (about 3 min)",
        Command::new("go")
            .args(["install", "go.k6.io/k6@v1.8.1"])
            .env("GOBIN", tools.bin())
            // Go refuses to work inside a module that it does not know.
            .current_dir(env::temp_dir()),
    )?;
    Ok(ours)
}
