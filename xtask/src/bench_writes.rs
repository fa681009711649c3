//! `cargo xtask bench-writes`: bookings of different offers by ever more clients, and beside them plain
//! transactions on separate documents of the same MongoDB, on this machine in one run.

use std::process::Command;

use anyhow::Result;

use crate::bench::{self, Figure};
use crate::binaries::{self, Profile};
use crate::processes::TemporaryDir;
use crate::{checkout, progress, redis, test};

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The MongoDB or Azure DocumentDB to measure on. It gets a database of its own for the run.
    #[arg(
        long,
        value_name = "URL",
        env = "YOUSOON_TEST_MONGODB_URL",
        hide_env_values = true
    )]
    mongodb_url: Option<String>,
    /// Bookings and transactions for each number of clients.
    #[arg(long, value_name = "N", default_value_t = 640, value_parser = clap::value_parser!(u32).range(64..))]
    writes: u32,
}

impl Options {
    pub(crate) fn on(self, mongodb_url: Option<String>) -> Self {
        Self {
            mongodb_url,
            ..self
        }
    }
}

const TITLE: &str = "booking, and writing the same number of plain documents";

pub(crate) fn run(options: &Options) -> Result<()> {
    progress::step_with_output(TITLE, &mut prepare(options)?)
}

/// As [`run`], for the table of all benchmarks. The small server that tests fall back to has no
/// transactions, so only a given one is measured.
pub(crate) fn measure(options: &Options) -> Result<Vec<Figure>> {
    if options.mongodb_url.is_none() {
        return Ok(vec![Figure::not_run("bookings", "no server by URL")]);
    }
    let dir = TemporaryDir::create("bench-writes")?;
    let file = dir.path().join("figures.json");
    let mut cargo = prepare(options)?;
    cargo.env(bench::FIGURES_FILE, &file);
    progress::step_with_output(TITLE, &mut cargo)?;
    bench::read_figures(&file)
}

fn prepare(options: &Options) -> Result<Command> {
    redis::ensure()?;
    let binaries = binaries::build(Profile::Release)?;
    let mut cargo = checkout::cargo();
    cargo
        .args([
            "run",
            "--release",
            "--quiet",
            "-p",
            "e2e",
            "--example",
            "booking_writes",
            "--",
        ])
        .arg(options.writes.to_string());
    if let Some(url) = &options.mongodb_url {
        cargo.env("YOUSOON_TEST_MONGODB_URL", url);
    }
    test::give_binaries(&mut cargo, &binaries);
    Ok(cargo)
}
