//! The tools beside the Rust toolchain, installed once: silent and fast when they are there.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use crate::{checkout, progress};

const WASM_TARGET: &str = "wasm32-unknown-unknown";
const WORKER_BUILD_VERSION: &str = "0.8.7";
/// Must be the version of `wasm-bindgen` in Cargo.lock: the two share an unstable format.
const WASM_BINDGEN_VERSION: &str = "0.2.130";
const CARGO_FUZZ_VERSION: &str = "0.13.1";
/// What miniflare asks for, with a margin.
const MIN_NODE_MAJOR: u32 = 20;

/// Proof that the tools are installed, and where.
#[derive(Debug)]
pub(crate) struct Tools {
    bin: PathBuf,
    node_bin: PathBuf,
}

impl Tools {
    pub(crate) fn worker_build(&self) -> PathBuf {
        self.bin.join("worker-build")
    }

    pub(crate) fn wasm_bindgen(&self) -> PathBuf {
        self.bin.join("wasm-bindgen")
    }

    pub(crate) fn wasm_bindgen_test_runner(&self) -> PathBuf {
        self.bin.join("wasm-bindgen-test-runner")
    }

    pub(crate) fn esbuild(&self) -> PathBuf {
        self.node_bin.join("esbuild")
    }

    pub(crate) fn wasm_opt(&self) -> PathBuf {
        self.node_bin.join("wasm-opt")
    }

    /// Where tools that only some commands need are installed.
    pub(crate) fn bin(&self) -> &Path {
        &self.bin
    }
}

pub(crate) fn ensure() -> Result<Tools> {
    let dir = checkout::tools_dir()?;
    let edge = checkout::root().join("edge");
    let tools = Tools {
        bin: dir.join("bin"),
        node_bin: edge.join("node_modules/.bin"),
    };
    // Before the long steps.
    check_node()?;
    ensure_wasm_target()?;
    ensure_cargo_tool(
        &dir,
        &[tools.worker_build()],
        "worker-build",
        WORKER_BUILD_VERSION,
        &["--locked"],
        "about 3 min",
    )?;
    ensure_cargo_tool(
        &dir,
        &[tools.wasm_bindgen(), tools.wasm_bindgen_test_runner()],
        "wasm-bindgen-cli",
        WASM_BINDGEN_VERSION,
        &[],
        "about 2 min",
    )?;
    ensure_node_modules(&edge, "miniflare, esbuild and binaryen (about 20 s)")?;
    Ok(tools)
}

/// For `cargo fuzz`, which only the soak needs.
pub(crate) fn ensure_cargo_fuzz(tools: &Tools) -> Result<PathBuf> {
    let program = tools.bin().join("cargo-fuzz");
    ensure_cargo_tool(
        &checkout::tools_dir()?,
        std::slice::from_ref(&program),
        "cargo-fuzz",
        CARGO_FUZZ_VERSION,
        &["--locked"],
        "about 1 min",
    )?;
    Ok(program)
}

fn check_node() -> Result<()> {
    let advice = format!("install Node.js {MIN_NODE_MAJOR} or newer, then try again");
    let Ok(version) = progress::output_of(Command::new("node").arg("--version")) else {
        bail!("node is missing: {advice}");
    };
    match node_major(&version) {
        Some(major) if major >= MIN_NODE_MAJOR => Ok(()),
        Some(_) | None => bail!("node is {}: {advice}", version.trim()),
    }
}

fn node_major(version: &str) -> Option<u32> {
    version
        .trim()
        .strip_prefix('v')?
        .split('.')
        .next()?
        .parse()
        .ok()
}

fn ensure_wasm_target() -> Result<()> {
    let libraries = progress::output_of(Command::new("rustc").args([
        "--print",
        "target-libdir",
        "--target",
        WASM_TARGET,
    ]))?;
    if Path::new(libraries.trim()).is_dir() {
        return Ok(());
    }
    if progress::output_of(Command::new("rustup").arg("--version")).is_err() {
        bail!(
            "the Rust target {WASM_TARGET} is missing and so is rustup: install rustup, then try again"
        );
    }
    progress::step(
        &format!("adding the Rust target {WASM_TARGET}"),
        Command::new("rustup")
            .args(["target", "add", WASM_TARGET])
            .current_dir(checkout::root()),
    )
}

fn ensure_cargo_tool(
    dir: &Path,
    programs: &[PathBuf],
    name: &str,
    version: &str,
    flags: &[&str],
    duration: &str,
) -> Result<()> {
    if programs.iter().all(|program| has_version(program, version)) {
        return Ok(());
    }
    progress::step(
        &format!("installing {name} {version} ({duration})"),
        Command::new("cargo")
            .args(["install", "--quiet", "--force", "--root"])
            .arg(dir)
            .args([name, "--version", version])
            .args(flags),
    )
}

/// `worker-build` prints its version alone, `wasm-bindgen` after its name.
fn has_version(program: &Path, version: &str) -> bool {
    progress::output_of(Command::new(program).arg("--version"))
        .is_ok_and(|printed| printed.split_whitespace().any(|word| word == version))
}

/// Installs what a folder's package-lock.json names; `what` is the words for the progress line.
pub(crate) fn ensure_node_modules(dir: &Path, what: &str) -> Result<()> {
    check_node()?;
    // npm writes `node_modules/.package-lock.json` last: its age tells what is installed.
    let modified = |path: &str| dir.join(path).metadata().and_then(|found| found.modified());
    let locked = modified("package-lock.json")?;
    if modified("node_modules/.package-lock.json").is_ok_and(|installed| installed >= locked) {
        return Ok(());
    }
    // No package here needs its install script: the binaries are packages of their own.
    progress::step(
        &format!("installing {what}"),
        Command::new("npm")
            .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
            .current_dir(dir),
    )
}

#[cfg(test)]
mod tests {
    use super::node_major;

    #[test]
    fn the_major_version_of_node_is_read() {
        assert_eq!(node_major("v20.20.2\n"), Some(20));
        assert_eq!(node_major("v9"), Some(9));
        assert_eq!(node_major("20.1.0"), None);
        assert_eq!(node_major(""), None);
    }
}
