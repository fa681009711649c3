//! The kinds of machines that an image can be for.

use std::env::consts::ARCH;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::debian;

/// An architecture by its name in OCI images.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Architecture {
    Amd64,
    Arm64,
}

impl Architecture {
    pub(super) const fn oci(self) -> &'static str {
        match self {
            Self::Amd64 => "amd64",
            Self::Arm64 => "arm64",
        }
    }

    /// As Rust and qemu name it.
    const fn machine(self) -> &'static str {
        match self {
            Self::Amd64 => "x86_64",
            Self::Arm64 => "aarch64",
        }
    }

    pub(super) fn target(self) -> String {
        format!("{}-unknown-linux-musl", self.machine())
    }

    /// What runs its programs on this machine: nothing, or qemu.
    pub(super) fn runner(self) -> Result<Vec<PathBuf>> {
        if self.machine() == ARCH {
            return Ok(Vec::new());
        }
        let qemu = format!("qemu-{}-static", self.machine());
        Ok(vec![debian::ensure(&qemu, "qemu-user-static")?])
    }
}

/// A program, run by `runner`.
pub(super) fn command(runner: &[PathBuf], program: &Path) -> Command {
    match runner {
        [] => Command::new(program),
        [first, others @ ..] => {
            let mut command = Command::new(first);
            command.args(others).arg(program);
            command
        }
    }
}
