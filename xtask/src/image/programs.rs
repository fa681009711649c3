//! The programs of the image, and the list of crates that is in each.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::architecture::Architecture;
use super::toolbox::Toolbox;
use crate::{checkout, progress};

#[derive(Debug)]
pub(super) struct Built {
    pub(super) yousoon: PathBuf,
    pub(super) pq: PathBuf,
}

pub(super) fn build(toolbox: &Toolbox, arch: Architecture) -> Result<Built> {
    let target = arch.target();
    progress::step_with_output(
        &format!("building static programs for {target} (about 15 min the first time)"),
        toolbox
            .cargo()?
            .args(["auditable", "zigbuild", "--locked", "--release", "--bins"])
            .args(["--target", &target, "-p", "yousoon", "-p", "pq"]),
    )?;
    let folder = checkout::target_dir()?.join(target).join("release");
    Ok(Built {
        yousoon: folder.join("yousoon"),
        pq: folder.join("pq"),
    })
}

/// Writes what the server is made of, as CycloneDX. The list comes from the program itself.
pub(super) fn write_bom(toolbox: &Toolbox, built: &Built, to: &Path) -> Result<()> {
    let bom = progress::output_of(Command::new(&toolbox.bom).arg(&built.yousoon))?;
    fs::write(to, bom).with_context(|| format!("cannot write {}", to.display()))
}

/// Fails if a crate in a program has a vulnerability that is known.
pub(super) fn scan(toolbox: &Toolbox, built: &Built, advisories: &str) -> Result<()> {
    let audit = toolbox.audit.as_ref().context("cargo-audit is installed")?;
    let mut scan = Command::new(audit);
    scan.arg("audit");
    if advisories != "online" {
        scan.args(["--no-fetch", "--db", advisories]);
    }
    progress::step_with_output(
        "looking for known vulnerabilities",
        scan.arg("bin").args([&built.yousoon, &built.pq]),
    )
}
