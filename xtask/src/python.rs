//! Programs that come from Python's packages: a virtual environment for each list of requirements.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::{checkout, debian, progress};

/// The folder of the programs. They are installed anew when their requirements have changed.
pub(crate) fn ensure(name: &str, requirements: &Path, duration: &str) -> Result<PathBuf> {
    let dir = checkout::tools_dir()?.join(format!("python-{name}"));
    let required = fs::read_to_string(requirements)
        .with_context(|| format!("cannot read {}", requirements.display()))?;
    // Written last: what was interrupted is done again.
    let installed = dir.join("installed.txt");
    if !fs::read_to_string(&installed).is_ok_and(|text| text == required) {
        let python = debian::ensure("python3", "python3-venv")?;
        progress::step(
            &format!("making a virtual environment of Python for {name}"),
            Command::new(python)
                .args(["-m", "venv", "--clear"])
                .arg(&dir),
        )?;
        progress::step(
            &format!("installing {name} with pip ({duration})"),
            Command::new(dir.join("bin/pip"))
                .args(["install", "--quiet", "--requirement"])
                .arg(requirements),
        )?;
        fs::write(&installed, required)?;
    }
    Ok(dir.join("bin"))
}
