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
    build_packages(profile, &["yousoon", "pq"])?;
    Binaries::locate(profile)
}

/// The release build of a peer that the origin is measured beside.
pub(crate) fn build_peer(package: &str) -> Result<PathBuf> {
    // All of them in one build: alone the peer would have the dependencies built once more, with
    // other features.
    build_packages(Profile::Release, &["yousoon", "pq", package])?;
    Ok(checkout::target_dir()?.join("release").join(package))
}

fn build_packages(profile: Profile, packages: &[&str]) -> Result<()> {
    let names = packages.join(", ");
    let mut cargo = Command::new("cargo");
    cargo
        .args(["build", "--bins"])
        .args(packages.iter().flat_map(|package| ["-p", package]))
        .current_dir(checkout::root());
    let title = match profile {
        Profile::Dev => format!("building {names}"),
        Profile::Release => {
            cargo.arg("--release");
            format!("building {names} for release (some minutes the first time)")
        }
    };
    progress::step_with_output(&title, &mut cargo)
}
