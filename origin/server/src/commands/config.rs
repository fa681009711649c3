//! `yousoon config`: checks the configuration in the environment.

use anyhow::bail;
use clap::{Args, Subcommand};
use yousoon::config::{PlainRedis, Rollout, check::Report};

#[derive(Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print every setting of the server and which are missing or refused; secrets are not shown.
    Check(CheckOptions),
}

#[derive(Args)]
pub(crate) struct CheckOptions {
    /// Also refuse what a server would start with, and what must not be rolled out to production.
    #[arg(long)]
    production: bool,
    /// How many servers share the configuration: only one can use the embedded store, or do without
    /// Redis.
    #[arg(long, default_value_t = 2, requires = "production")]
    replicas: u32,
    /// Allow a Redis without TLS, for one that only this cluster reaches.
    #[arg(long, requires = "production")]
    allow_plain_redis: bool,
}

impl CheckOptions {
    fn rollout(&self) -> Option<Rollout> {
        self.production.then_some(Rollout {
            replicas: self.replicas,
            plain_redis: if self.allow_plain_redis {
                PlainRedis::Allowed
            } else {
                PlainRedis::Refused
            },
        })
    }
}

pub(crate) fn run(command: &ConfigCommand) -> anyhow::Result<()> {
    let ConfigCommand::Check(options) = command;
    let rollout = options.rollout();
    let report = Report::of_environment(rollout);
    print!("{report}");
    let consequence = match rollout {
        None => "`yousoon serve` would not start",
        Some(_) => "this must not be deployed to production",
    };
    match report.wrong() {
        0 => Ok(()),
        1 => bail!("{consequence}: 1 setting is missing or refused"),
        wrong => bail!("{consequence}: {wrong} settings are missing or refused"),
    }
}
