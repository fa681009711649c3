//! `yousoon config`: checks the configuration in the environment.

use anyhow::bail;
use clap::Subcommand;
use yousoon::config::check::Report;

#[derive(Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print every setting of the server and which are missing or refused; secrets are not shown.
    Check,
}

pub(crate) fn run(command: &ConfigCommand) -> anyhow::Result<()> {
    let ConfigCommand::Check = command;
    let report = Report::of_environment();
    print!("{report}");
    match report.wrong() {
        0 => Ok(()),
        1 => bail!("`yousoon serve` would not start: 1 setting is missing or refused"),
        wrong => bail!("`yousoon serve` would not start: {wrong} settings are missing or refused"),
    }
}
