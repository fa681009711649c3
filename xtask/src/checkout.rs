//! Where things are: the checkout, the tools, cargo and its output.

use std::path::{Path, PathBuf, absolute};
use std::process::Command;
use std::{env, fs};

use anyhow::{Context, Result};

/// The root of the checkout that this command was started in.
pub(crate) fn root() -> PathBuf {
    // Cargo sets it at run time too; the compiled-in one is wrong when checkouts share a target
    // directory.
    let xtask = env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    xtask
        .parent()
        .map_or_else(|| xtask.clone(), Path::to_path_buf)
}

/// All `.rs` files below a folder, in order.
pub(crate) fn sources(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(sources(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Cargo in this checkout, with the environment that this command was started in.
pub(crate) fn cargo() -> Command {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(root());
    // `cargo xtask` has these from `cargo run`. The build script of ring reads them: with them, each
    // change between `cargo build` and `cargo xtask up` would compile all that stands on TLS again.
    for (name, _) in env::vars_os() {
        if ["CARGO_PKG_", "CARGO_MANIFEST_"]
            .iter()
            .any(|prefix| name.to_string_lossy().starts_with(prefix))
        {
            cargo.env_remove(name);
        }
    }
    cargo
}

/// Where `cargo install` puts what is needed beside the toolchain.
pub(crate) fn tools_dir() -> Result<PathBuf> {
    dir_from_env("YOUSOON_TOOLS_DIR", ".tools")
}

pub(crate) fn target_dir() -> Result<PathBuf> {
    dir_from_env("CARGO_TARGET_DIR", "target")
}

fn dir_from_env(variable: &str, default: &str) -> Result<PathBuf> {
    match env::var_os(variable).filter(|value| !value.is_empty()) {
        Some(dir) => {
            absolute(&dir).with_context(|| format!("{variable}={} is not a path", dir.display()))
        }
        None => Ok(root().join(default)),
    }
}
