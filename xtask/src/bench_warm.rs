//! `cargo xtask bench-warm`: how soon hits come back after a new purge log and after a deployment, with warm fills
//! and without; two origins, one Redis and the edge on this machine.

use anyhow::Result;

use crate::binaries::{self, Profile};
use crate::{build_edge, checkout, progress, redis, test, tools};

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Requests a second.
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = clap::value_parser!(u32).range(1..))]
    rate: u32,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let tools = tools::ensure()?;
    redis::ensure()?;
    build_edge::build(&tools, Profile::Release)?;
    let binaries = binaries::build(Profile::Release)?;
    let mut cargo = checkout::cargo();
    cargo
        .args([
            "run",
            "--quiet",
            "-p",
            "e2e",
            "--example",
            "warm_hits",
            "--",
        ])
        .arg(options.rate.to_string());
    test::give_binaries(&mut cargo, &binaries);
    progress::step_with_output("emptying caches, and watching hits come back", &mut cargo)
}
