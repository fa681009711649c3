//! `cargo xtask bench-warm`: how soon hits come back after a new purge log and after a deployment, with warm fills
//! and without; two origins, one Redis and the edge on this machine.

use anyhow::Result;

use crate::{progress, test};

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Requests a second.
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = clap::value_parser!(u32).range(1..))]
    rate: u32,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let mut cargo = test::example_of_a_cluster("warm_hits")?;
    cargo.arg(options.rate.to_string());
    progress::step_with_output("emptying caches, and watching hits come back", &mut cargo)
}
