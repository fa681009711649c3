//! `cargo xtask load`: k6 against the edge and against the origin, on a system of its own; with
//! `--all` with every kind of request, through the edge.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::binaries::{self, Profile};
use crate::origin::Documents;
use crate::processes::TemporaryDir;
use crate::stack::{Runtime, Settings, Stack};
use crate::tools;
use crate::{build_edge, http, progress};

mod all;
mod day;
mod k6;
mod options;
mod rates;
mod restarts;

pub(crate) use options::Options;

/// What k6/offers.js writes at its end.
#[derive(Debug, serde::Deserialize)]
struct Summary {
    p95_ms: f64,
    failed_rate: f64,
    requests: u64,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let tools = tools::ensure()?;
    let k6 = k6::find(&tools)?;
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
        let mut command = k6::command(&k6, "k6/offers.js", &summary_file, options);
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
