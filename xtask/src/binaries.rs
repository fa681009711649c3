//! The native binaries: `yousoon` (the origin), `pq`, and what only builds need.

use std::path::PathBuf;

use anyhow::Result;

use crate::{checkout, progress};

// Packages, whose binaries have the same names.
const ORIGIN: &str = "yousoon";
const PQ: &str = "pq";
const EDGE_BINDGEN: &str = "edge-bindgen";
const FAKE_PROVIDERS: &str = "fake-providers";

/// How the origin and the worker are compiled.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Profile {
    /// Compiles in a fraction of the time.
    Dev,
    /// As it is deployed and measured.
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
        Ok(Self {
            yousoon: path_of(ORIGIN, profile)?,
            pq: path_of(PQ, profile)?,
        })
    }
}

pub(crate) fn build(profile: Profile) -> Result<Binaries> {
    let title = match profile {
        Profile::Dev => "building the origin and pq (about 4 min the first time)",
        Profile::Release => {
            "building the origin and pq for release (more than 10 min the first time)"
        }
    };
    build_packages(title, profile, &[ORIGIN, PQ])?;
    Binaries::locate(profile)
}

/// The release build of a peer that the origin is measured beside.
pub(crate) fn build_peer(package: &str) -> Result<PathBuf> {
    build(Profile::Release)?;
    // Not in one build with the origin: for the peer's sake that would be built once more, with other
    // features, and linking it takes many times longer than the peer's few dependencies.
    let title = format!("building {package} for release (about 2 min the first time)");
    build_packages(&title, Profile::Release, &[package])?;
    path_of(package, Profile::Release)
}

/// Who takes messages on developers' machines.
pub(crate) fn build_fake_providers() -> Result<PathBuf> {
    let profile = Profile::Dev;
    let title = "building the fakes of providers (about 1 min the first time)";
    build_packages(title, profile, &[FAKE_PROVIDERS])?;
    path_of(FAKE_PROVIDERS, profile)
}

/// The program that `bundle` runs on the compiled worker.
pub(crate) fn build_edge_bindgen() -> Result<PathBuf> {
    // Always quick to compile: it runs for seconds, once a build of the worker.
    let profile = Profile::Dev;
    build_packages(
        "building wasm-bindgen (about 20 s the first time)",
        profile,
        &[EDGE_BINDGEN],
    )?;
    path_of(EDGE_BINDGEN, profile)
}

fn path_of(binary: &str, profile: Profile) -> Result<PathBuf> {
    let folder = match profile {
        Profile::Dev => "debug",
        Profile::Release => "release",
    };
    Ok(checkout::target_dir()?.join(folder).join(binary))
}

fn build_packages(title: &str, profile: Profile, packages: &[&str]) -> Result<()> {
    let mut cargo = checkout::cargo();
    cargo
        .args(["build", "--bins"])
        .args(packages.iter().flat_map(|package| ["-p", package]));
    if matches!(profile, Profile::Release) {
        cargo.arg("--release");
    }
    progress::step_with_output(title, &mut cargo)
}
