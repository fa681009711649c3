//! `cargo xtask abuse`: hostile clients against an origin and an edge, in their long form.

use std::process::ExitCode;

use anyhow::Result;

use crate::binaries::{self, Profile};
use crate::{build_edge, progress, test, tools};

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Where the dice begin: the same number sends the same requests.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// How long the memory of origin and edge is watched under load, in seconds; at least 360 tell
    /// whether it grows.
    #[arg(long, value_name = "SECONDS", default_value_t = 3_600)]
    watched_s: u64,
}

/// Its last line counts tests; the line of the run itself is printed by the test.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let tools = tools::ensure()?;
    build_edge::build(&tools, Profile::Release)?;
    let binaries = binaries::build(Profile::Dev)?;
    let title = format!("abuse, seed {}", options.seed);
    progress::announce(&title);
    let mut cargo = test::cargo_test();
    cargo
        .args(["-p", "e2e", "--test", "e2e"])
        // Its figures are of interest also when it passes.
        .args(["--", "abuse::", "--nocapture"])
        .env("YOUSOON_ABUSE", "long")
        .env("YOUSOON_ABUSE_SEED", options.seed.to_string())
        .env("YOUSOON_ABUSE_WATCHED_S", options.watched_s.to_string());
    test::give_binaries(&mut cargo, &binaries);
    let count = test::run_phase(&title, &mut cargo)?;
    println!("{count}");
    Ok(count.exit_code())
}
