//! `yousoon completions` and `yousoon man`: what shells and `man` know of the commands.

use std::{io, path::PathBuf};

use anyhow::Context as _;
use clap::{Args, Command};
use clap_complete::Shell;

#[derive(Args)]
pub(crate) struct CompletionsOptions {
    shell: Shell,
}

#[derive(Args)]
pub(crate) struct ManOptions {
    /// The folder for the pages, one a command.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Prints the completions; such as `source <(yousoon completions bash)`.
pub(crate) fn completions(mut command: Command, options: &CompletionsOptions) {
    let name = command.get_name().to_owned();
    clap_complete::generate(options.shell, &mut command, name, &mut io::stdout());
}

pub(crate) fn pages(command: Command, options: &ManOptions) -> anyhow::Result<()> {
    let out = &options.out;
    std::fs::create_dir_all(out).with_context(|| format!("cannot create {}", out.display()))?;
    clap_mangen::generate_to(command, out)
        .with_context(|| format!("cannot write to {}", out.display()))
}
