//! The native binaries: `yousoon` (the origin) and `pq`.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::{checkout, progress};

#[derive(Debug, Clone, Copy)]
pub(crate) enum Profile {
    /// Shares its artefacts with `cargo test`.
    Dev,
    Release,
}

#[derive(Debug)]
pub(crate) struct Binaries {
    pub(crate) yousoon: PathBuf,
    pub(crate) pq: PathBuf,
}

impl Binaries {
    /// Where a build puts them, whether it was done or not.
    pub(crate) fn locate(profile: Profile) -> Result<Self> {
        let dir = checkout::target_dir()?.join(match profile {
            Profile::Dev => "debug",
            Profile::Release => "release",
        });
        Ok(Self {
            yousoon: dir.join("yousoon"),
            pq: dir.join("pq"),
        })
    }
}

pub(crate) fn build(profile: Profile) -> Result<Binaries> {
    let mut cargo = Command::new("cargo");
    cargo
        .args(["build", "-p", "yousoon", "-p", "pq", "--bins"])
        .current_dir(checkout::root());
    let title = match profile {
        Profile::Dev => "building yousoon and pq",
        Profile::Release => {
            cargo.arg("--release");
            "building yousoon and pq for release (some minutes the first time)"
        }
    };
    progress::step_with_output(title, &mut cargo)?;
    Binaries::locate(profile)
}
