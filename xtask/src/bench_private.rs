//! `cargo xtask bench-private`: what documents that are partly private take, beside each of their parts; one origin,
//! Redis and the edge on this machine.

use std::process::Command;

use anyhow::Result;

use crate::bench::{self, Figure};
use crate::processes::TemporaryDir;
use crate::{progress, test};

const TITLE: &str = "asking for documents that are partly private, and for their parts";

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Requests for each document and each part.
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..))]
    samples: u32,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    progress::step_with_output(TITLE, &mut prepare(options)?)
}

/// As [`run`], for the table of all benchmarks. The program fails when a target is missed: its
/// figures tell that as well.
pub(crate) fn measure(options: &Options) -> Result<Vec<Figure>> {
    let dir = TemporaryDir::create("bench-private")?;
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
    let mut cargo = test::example_of_a_cluster("private_parts")?;
    cargo.arg(options.samples.to_string());
    Ok(cargo)
}
