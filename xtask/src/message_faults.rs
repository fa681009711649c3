//! `cargo xtask message-faults`: messages while providers fail and the origin is killed.

use anyhow::Result;

use crate::binaries::{self, Profile};
use crate::{debian, progress, test};

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How long things go wrong, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    seconds: u64,
    /// How many accounts get news.
    #[arg(long, value_name = "N", default_value_t = 50_000)]
    news: u32,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let faketime = debian::ensure("faketime", "faketime")?;
    let binaries = binaries::build(Profile::Release)?;
    let mut cargo = test::example("message_faults", &binaries);
    cargo
        .args([options.seconds.to_string(), options.news.to_string()])
        .env("FAKETIME_BIN", faketime);
    progress::step_with_output("sending messages while everything fails", &mut cargo)
}
