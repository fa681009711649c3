//! `cargo xtask bench-purge`: how long after a write each tier still answers with what was there
//! before; two origins, one Redis and the edge on this machine.

use anyhow::{Result, bail};

use crate::binaries::{self, Profile};
use crate::{build_edge, checkout, progress, redis, test, tools};

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Writes after which the other origin is watched.
    #[arg(long, value_name = "N", default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..))]
    samples: u32,
    /// Writes after which the edge is watched.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    edge_samples: u32,
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
            "purge_latency",
            "--",
        ])
        .args([options.samples, options.edge_samples].map(|count| count.to_string()));
    test::give_binaries(&mut cargo, &binaries);
    progress::announce("writing, and watching who still answers with what was there before");
    let status = cargo
        .status()
        .map_err(|error| progress::not_started(&cargo, &error))?;
    if !status.success() {
        bail!("{}", progress::failure("the measurement", status));
    }
    Ok(())
}
