//! `cargo xtask bench-writes`: bookings of different offers by ever more clients, and beside them plain
//! transactions on separate documents of the same MongoDB, on this machine in one run.

use anyhow::Result;

use crate::binaries::{self, Profile};
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

pub(crate) fn run(options: &Options) -> Result<()> {
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
    let title = "booking, and writing the same number of plain documents";
    progress::step_with_output(title, &mut cargo)
}
