//! Where k6 is, and how it is run.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use super::options::Options;
use crate::tools::Tools;
use crate::{checkout, progress};

pub(super) fn command(k6: &Path, script: &str, summary: &Path, options: &Options) -> Command {
    let mut command = Command::new(k6);
    command
        .args(["run", "--quiet", "--no-usage-report"])
        .arg(checkout::root().join(script))
        // Nothing but the system under test is asked for anything.
        .env("K6_AUTO_EXTENSION_RESOLUTION", "false")
        .env("SUMMARY", summary);
    if options.short {
        command.env("SHORT", "1");
    }
    command
}

pub(super) fn find(tools: &Tools) -> Result<PathBuf> {
    let ours = tools.bin().join("k6");
    for candidate in [Path::new("k6"), &ours] {
        if progress::output_of(Command::new(candidate).arg("version")).is_ok() {
            return Ok(candidate.to_path_buf());
        }
    }
    if progress::output_of(Command::new("go").arg("version")).is_err() {
        bail!("k6 is missing, and so is go to build it: install one of them, then try again");
    }
    progress::step(
        "installing k6 (about 3 min)",
        Command::new("go")
            .args(["install", "go.k6.io/k6@v1.8.1"])
            .env("GOBIN", tools.bin())
            // Go refuses to work inside a module that it does not know.
            .current_dir(env::temp_dir()),
    )?;
    Ok(ours)
}
