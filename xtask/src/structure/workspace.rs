//! The crates of the workspace, by `cargo metadata`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::{checkout, progress};

#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) name: String,
    /// From the root of the checkout.
    pub(crate) folder: String,
    /// Not those of tests.
    pub(crate) dependencies: Vec<String>,
    pub(crate) library: Option<PathBuf>,
    pub(crate) programs: Vec<PathBuf>,
}

#[derive(Debug, Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Debug, Deserialize)]
struct Package {
    name: String,
    manifest_path: PathBuf,
    dependencies: Vec<Dependency>,
    targets: Vec<Target>,
}

#[derive(Debug, Deserialize)]
struct Dependency {
    name: String,
    /// Absent for what the crate itself needs.
    kind: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Target {
    kind: Vec<String>,
    src_path: PathBuf,
}

/// In the order of their folders.
pub(crate) fn members() -> Result<Vec<Member>> {
    let mut cargo = Command::new("cargo");
    cargo
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(checkout::root());
    let json = progress::output_of(&mut cargo)?;
    let metadata: Metadata =
        serde_json::from_str(&json).context("cargo metadata printed something unexpected")?;
    let mut members: Vec<Member> = metadata.packages.into_iter().map(Member::from).collect();
    members.sort_by(|one, other| one.folder.cmp(&other.folder));
    Ok(members)
}

impl From<Package> for Member {
    fn from(package: Package) -> Self {
        let folder = package.manifest_path.parent().unwrap_or(Path::new(""));
        let folder = folder.strip_prefix(checkout::root()).unwrap_or(folder);
        let roots = |kinds: &[&str]| -> Vec<PathBuf> {
            let targets = package.targets.iter();
            targets
                .filter(|target| {
                    target
                        .kind
                        .iter()
                        .any(|kind| kinds.contains(&kind.as_str()))
                })
                .map(|target| target.src_path.clone())
                .collect()
        };
        let mut dependencies: Vec<String> = package
            .dependencies
            .iter()
            .filter(|dependency| dependency.kind.as_deref() != Some("dev"))
            .map(|dependency| dependency.name.clone())
            .collect();
        dependencies.sort();
        dependencies.dedup();
        Self {
            folder: folder.to_string_lossy().replace('\\', "/"),
            dependencies,
            library: roots(&["lib", "rlib", "cdylib", "proc-macro"])
                .into_iter()
                .next(),
            programs: roots(&["bin"]),
            name: package.name,
        }
    }
}
