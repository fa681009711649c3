//! `cargo xtask soak`: the tests that find more the longer they run.

use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::binaries::{self, Binaries, Profile};
use crate::test::{self, Count};
use crate::{build_edge, checkout, mongo_server, progress, redis, tools};

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Random schedules of the simulation of the caches.
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    schedules: u64,
    /// How long everything fails under load, in seconds; a round of all faults takes 60.
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    chaos_s: u64,
    /// How long each fuzz target gets mutated bytes, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    fuzz_s: u64,
    /// Random documents whose answers are compared with those of graphql-js.
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    documents: u64,
    /// Lists by distance that are compared with what the edge makes of the candidates.
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    exact_lists: u64,
    /// How often twelve writes of an account race with its erasure, on each backend.
    #[arg(long, value_name = "N", default_value_t = 200)]
    erasures: u32,
    /// How long the edge hears of purges with ever new tags, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 3_600)]
    purges_s: u64,
}

/// The targets in tests/fuzz: what is read from strangers, from caches, from origins, and from files
/// of people.
const FUZZ_TARGETS: [&str; 9] = [
    "request", "headers", "messages", "codes", "entry", "appends", "import", "sheet", "manifest",
];

/// Its last line is the summary, also when tests failed.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let tools = tools::ensure()?;
    redis::ensure()?;
    build_edge::build(&tools, Profile::Release)?;
    tools::ensure_graphql_js()?;
    let cargo_fuzz = tools::ensure_cargo_fuzz(&tools)?;
    let binaries = binaries::build(Profile::Dev)?;
    let mut phases = vec![
        (
            format!("simulating {} schedules", options.schedules),
            simulation(options),
        ),
        (
            format!("comparing {} documents with graphql-js", options.documents),
            comparison(options),
        ),
        (
            format!("{} lists at both doors", options.exact_lists),
            exact_lists(options),
        ),
        (
            format!("chaos for {} s", options.chaos_s),
            chaos(options, &binaries),
        ),
        (
            format!("{} erasures under writes", options.erasures),
            erasures(options)?,
        ),
    ];
    phases.push((
        format!("purges of ever new tags for {} s", options.purges_s),
        purges(options, &binaries),
    ));
    for target in FUZZ_TARGETS {
        let title = format!("fuzzing {target} for {} s", options.fuzz_s);
        phases.push((title, fuzz(&cargo_fuzz, target, options)?));
    }
    let mut total = Count::default();
    for (title, mut command) in phases {
        progress::announce(&title);
        total.add(test::run_phase(&title, &mut command)?);
    }
    println!(
        "soak of {} schedules, {} documents, {} s of chaos and {} s a fuzz target: {total}",
        options.schedules, options.documents, options.chaos_s, options.fuzz_s
    );
    Ok(total.exit_code())
}

fn simulation(options: &Options) -> Command {
    let mut cargo = test::cargo_test();
    cargo
        .args(["-p", "cache-tiered", "--profile", "soak", "--test", "it"])
        // Its figures are of interest also when it passes.
        .args(["--", "simulation::", "--nocapture"])
        .env("YOUSOON_SCHEDULES", options.schedules.to_string());
    cargo
}

fn comparison(options: &Options) -> Command {
    let mut cargo = test::cargo_test();
    cargo
        .args(["-p", "yousoon", "--test", "it"])
        .args(["--", "graphql_js::", "--nocapture"])
        .env(
            "YOUSOON_GRAPHQL_JS_DOCUMENTS",
            options.documents.to_string(),
        );
    cargo
}

fn exact_lists(options: &Options) -> Command {
    let mut cargo = test::cargo_test();
    cargo
        .args(["-p", "catalogue-index", "--profile", "soak"])
        .args(["--test", "exact", "--", "--nocapture"])
        .env("YOUSOON_EXACT_LISTS", options.exact_lists.to_string());
    cargo
}

fn chaos(options: &Options, binaries: &Binaries) -> Command {
    let mut cargo = test::cargo_test();
    cargo
        .args(["-p", "e2e", "--test", "e2e"])
        .args(["--", "chaos::", "--nocapture"])
        .env("YOUSOON_CHAOS_S", options.chaos_s.to_string());
    test::give_binaries(&mut cargo, binaries);
    cargo
}

fn purges(options: &Options, binaries: &Binaries) -> Command {
    let mut cargo = test::cargo_test();
    cargo
        .args(["-p", "e2e", "--test", "e2e"])
        .args(["--", "purged_tags::", "--nocapture"])
        .env("YOUSOON_PURGES_S", options.purges_s.to_string());
    test::give_binaries(&mut cargo, binaries);
    cargo
}

fn erasures(options: &Options) -> Result<Command> {
    let mut cargo = test::cargo_test();
    cargo
        .args(["-p", "yousoon", "--test", "contract"])
        .args(["--", "erasing::"])
        .env("YOUSOON_ERASURES", options.erasures.to_string());
    if let Some(jar) = mongo_server::ensure()? {
        cargo.env("MONGO_SERVER_JAR", jar);
    }
    Ok(cargo)
}

/// What it finds stays in `corpus/`, and what breaks the target in `artifacts/`; the seeds are
/// committed. Without a sanitizer a stable toolchain builds it: this code has nothing unsafe to watch.
fn fuzz(cargo_fuzz: &Path, target: &str, options: &Options) -> Result<Command> {
    let dir = checkout::root().join("tests/fuzz");
    let corpus = dir.join("corpus").join(target);
    std::fs::create_dir_all(&corpus)?;
    let mut cargo = Command::new(cargo_fuzz);
    cargo
        .args(["run", "--sanitizer", "none", "--fuzz-dir"])
        .arg(&dir)
        .arg(target)
        .arg(corpus)
        .arg(dir.join("seeds").join(target))
        .arg("--")
        .arg(format!("-max_total_time={}", options.fuzz_s))
        .arg("-print_final_stats=1")
        .current_dir(checkout::root());
    Ok(cargo)
}
