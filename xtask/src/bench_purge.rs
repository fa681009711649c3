//! `cargo xtask bench-purge`: how long after a write each tier still answers with what was there
//! before; two origins, one Redis and the edge on this machine.

use std::process::Command;

use anyhow::Result;

use crate::bench::{self, Figure};
use crate::processes::TemporaryDir;
use crate::{progress, test};

const TITLE: &str = "writing, and watching who still answers with what was there before";

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
    progress::step_with_output(TITLE, &mut prepare(options)?)
}

/// As [`run`], for the table of all benchmarks. The program fails when a target is missed: its
/// figures tell that as well.
pub(crate) fn measure(options: &Options) -> Result<Vec<Figure>> {
    let dir = TemporaryDir::create("bench-purge")?;
    let file = dir.path().join("figures.json");
    let mut cargo = prepare(options)?;
    progress::announce(TITLE);
    cargo
        .env(bench::FIGURES_FILE, &file)
        .status()
        .map_err(|error| progress::not_started(&cargo, &error))?;
    bench::read_figures(&file)
}

fn prepare(options: &Options) -> Result<Command> {
    let mut cargo = test::example_of_a_cluster("purge_latency")?;
    cargo.args([options.samples, options.edge_samples].map(|count| count.to_string()));
    Ok(cargo)
}
