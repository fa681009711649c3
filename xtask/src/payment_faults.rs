//! `cargo xtask payment-faults`: 200 people pay for 50 places while everything fails.

use anyhow::Result;

use crate::binaries::{self, Profile};
use crate::{progress, redis, test};

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How many people want a place.
    #[arg(long, value_name = "N", default_value_t = 200)]
    people: usize,
    /// How many places there are.
    #[arg(long, value_name = "N", default_value_t = 50)]
    places: usize,
    /// Makes the same faults again.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Builds without optimizations, which is sooner ready.
    #[arg(long)]
    dev: bool,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    redis::ensure()?;
    let profile = if options.dev {
        Profile::Dev
    } else {
        Profile::Release
    };
    let binaries = binaries::build(profile)?;
    let mut cargo = test::example("payment_faults", &binaries);
    cargo
        .args([options.people.to_string(), options.places.to_string()])
        .arg(options.seed.to_string());
    progress::step_with_output("paying while everything fails", &mut cargo)
}
