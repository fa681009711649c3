//! `cargo xtask soak`: the tests that find more the longer they run.

use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::binaries::{self, Binaries, Profile};
use crate::test::{self, Count};
use crate::{build_edge, progress, redis, tools};

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Random schedules of the simulation of the caches.
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    schedules: u64,
    /// How long everything fails under load, in seconds; a round of all faults takes 60.
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    chaos_s: u64,
}

/// Its last line is the summary, also when tests failed.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let tools = tools::ensure()?;
    redis::ensure()?;
    build_edge::build(&tools)?;
    let binaries = binaries::build(Profile::Dev)?;
    let phases = [
        (
            format!("simulating {} schedules", options.schedules),
            simulation(options),
        ),
        (
            format!("chaos for {} s", options.chaos_s),
            chaos(options, &binaries),
        ),
    ];
    let mut total = Count::default();
    for (title, mut command) in phases {
        progress::announce(&title);
        total.add(test::run_phase(&title, &mut command)?);
    }
    println!(
        "soak of {} schedules and {} s of chaos: {total}",
        options.schedules, options.chaos_s
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

fn chaos(options: &Options, binaries: &Binaries) -> Command {
    let mut cargo = test::cargo_test();
    cargo
        .args(["-p", "e2e", "--test", "e2e"])
        .args(["--", "chaos::", "--nocapture"])
        .env("YOUSOON_CHAOS_S", options.chaos_s.to_string());
    test::give_binaries(&mut cargo, binaries);
    cargo
}
