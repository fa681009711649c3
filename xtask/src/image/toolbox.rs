//! What compiles static programs and lists what they are made of, installed once.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use super::Options;
use crate::{checkout, python, tools};

const AUDITABLE: (&str, &str) = ("cargo-auditable", "0.7.7");
const BOM: (&str, &str) = ("auditable2cdx", "0.1.0");
const AUDIT: (&str, &str) = ("cargo-audit", "0.22.2");

#[derive(Debug)]
pub(super) struct Toolbox {
    /// Has `cargo-zigbuild` and its zig.
    python: PathBuf,
    /// Has `cargo-auditable`.
    cargo: PathBuf,
    pub(super) bom: PathBuf,
    /// Only with `--advisories`.
    pub(super) audit: Option<PathBuf>,
}

impl Toolbox {
    pub(super) fn ensure(options: &Options) -> Result<Self> {
        tools::ensure_rust_target(&options.arch.target())?;
        let requirements = checkout::root().join("deploy/images/requirements.txt");
        let python = python::ensure("zig", &requirements, "about 1 min")?;
        let auditable = tools::ensure_from_cargo(AUDITABLE, "about 1 min")?;
        let audit = match options.advisories {
            Some(_) => Some(tools::ensure_from_cargo(AUDIT, "about 4 min")?),
            None => None,
        };
        Ok(Self {
            python,
            cargo: auditable,
            bom: tools::ensure_from_cargo(BOM, "about 20 s")?,
            audit,
        })
    }

    /// Cargo, which finds the programs of this toolbox.
    pub(super) fn cargo(&self) -> Result<Command> {
        let mut cargo = checkout::cargo();
        let mut path = vec![self.python.clone()];
        path.extend(self.cargo.parent().map(PathBuf::from));
        path.extend(std::env::split_paths(
            &std::env::var_os("PATH").unwrap_or_default(),
        ));
        cargo.env("PATH", std::env::join_paths(path)?);
        Ok(cargo)
    }
}
