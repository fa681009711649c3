//! Programs that are built with Go, installed once. A folder's name has the version, so that a new version
//! is installed anew.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::{checkout, debian, progress};

/// The program of a package and its version.
pub(crate) fn ensure(
    name: &str,
    (package, version): (&str, &str),
    duration: &str,
) -> Result<PathBuf> {
    let dir = checkout::tools_dir()?.join(format!("{name}-{version}"));
    let program = dir.join(name);
    if !program.is_file() {
        let go = debian::ensure("go", "golang-go")?;
        progress::step(
            &format!("installing {name} {version} ({duration})"),
            Command::new(go)
                .args(["install", &format!("{package}@{version}")])
                .env("GOBIN", &dir),
        )?;
    }
    Ok(program)
}
