//! Programs that are built with Go, installed once. A folder's name has the version, so that a new version
//! is installed anew.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::{checkout, debian, progress};

/// The program of a package and its version.
pub(crate) fn ensure(
    name: &str,
    (package, version): (&str, &str),
    duration: &str,
) -> Result<PathBuf> {
    let dir = folder(name, version)?;
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

fn folder(name: &str, version: &str) -> Result<PathBuf> {
    Ok(checkout::tools_dir()?.join(format!("{name}-{version}")))
}

/// A program whose module replaces others, which [`ensure`] cannot install.
pub(crate) struct Module {
    pub(crate) name: &'static str,
    /// Where Go finds it.
    pub(crate) path: &'static str,
    pub(crate) version: &'static str,
    /// In the module.
    pub(crate) package: &'static str,
    /// On two cores.
    pub(crate) duration: &'static str,
}

impl Module {
    /// The program.
    pub(crate) fn ensure(&self) -> Result<PathBuf> {
        let Self { name, version, .. } = self;
        let dir = folder(name, version)?;
        let program = dir.join(name);
        if program.is_file() {
            return Ok(program);
        }
        let go = debian::ensure("go", "golang-go")?;
        // The modules and objects of one build are gigabytes, and nobody needs them twice.
        let scratch = dir.with_file_name(format!("{name}-{version}-build"));
        let go = || {
            let mut go = Command::new(&go);
            go.env("GOMODCACHE", scratch.join("modules"))
                .env("GOCACHE", scratch.join("objects"))
                // Otherwise modules could not be deleted.
                .env("GOFLAGS", "-modcacherw")
                .env("CGO_ENABLED", "0");
            go
        };
        // `go install` refuses modules that replace others. In its own folder a module is built with
        // its own go.sum.
        let module = format!("{}@{version}", self.path);
        let found = progress::output_of(go().args(["mod", "download", "-json", &module]))?;
        let found: Value = serde_json::from_str(&found)?;
        let dir = found["Dir"].as_str().context("Go names no folder")?;
        progress::step(
            &format!("installing {name} {version} ({})", self.duration),
            go().args(["build", "-trimpath", "-ldflags", "-s -w", "-o"])
                .arg(&program)
                .arg(self.package)
                .current_dir(dir),
        )?;
        fs::remove_dir_all(&scratch)
            .with_context(|| format!("cannot delete {}", scratch.display()))?;
        Ok(program)
    }
}
