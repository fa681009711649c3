//! The tools beside the Rust toolchain, installed once: silent and fast when they are there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::{checkout, progress};

const WASM_TARGET: &str = "wasm32-unknown-unknown";
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
    pub(crate) fn esbuild(&self) -> PathBuf {
        self.node_bin.join("esbuild")
    }

    pub(crate) fn wasm_opt(&self) -> PathBuf {
        self.node_bin.join("wasm-opt")
    }

    /// Where `cargo install` puts tools that only some commands need.
    pub(crate) fn bin(&self) -> &Path {
        &self.bin
    }
}

/// What building and running the system takes.
pub(crate) fn ensure() -> Result<Tools> {
    let edge = checkout::root().join("edge");
    let tools = Tools {
        bin: checkout::tools_dir()?.join("bin"),
        node_bin: edge.join("node_modules/.bin"),
    };
    // Before the long steps.
    check_node()?;
    ensure_rust_target(WASM_TARGET)?;
    ensure_node_modules(
        &edge,
        "miniflare, wrangler, esbuild and binaryen (about 30 s)",
    )?;
    Ok(tools)
}

/// For tests in WASM, which only `test` runs.
pub(crate) fn ensure_wasm_bindgen_test_runner(tools: &Tools) -> Result<PathBuf> {
    let program = tools.bin().join("wasm-bindgen-test-runner");
    let path = checkout::root().join("Cargo.lock");
    let lock =
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    // The two share an unstable format.
    let version = locked_version(&lock, "wasm-bindgen")
        .with_context(|| format!("{} has no wasm-bindgen", path.display()))?;
    // Without `--locked`: the registry does not have all that its lock file names.
    ensure_cargo_tool(&program, "wasm-bindgen-cli", version, &[], "about 1 min")?;
    Ok(program)
}

/// For `cargo fuzz`, which only the soak needs.
pub(crate) fn ensure_cargo_fuzz(tools: &Tools) -> Result<PathBuf> {
    let program = tools.bin().join("cargo-fuzz");
    ensure_cargo_tool(
        &program,
        "cargo-fuzz",
        CARGO_FUZZ_VERSION,
        &["--locked"],
        "about 1 min",
    )?;
    Ok(program)
}

/// The version of a package in the text of a Cargo.lock.
fn locked_version<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name);
    lines
        .nth(1)?
        .strip_prefix("version = \"")?
        .strip_suffix('"')
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

/// The standard library for another target than this machine.
pub(crate) fn ensure_rust_target(target: &str) -> Result<()> {
    let mut rustc = Command::new("rustc");
    rustc.args(["--print", "target-libdir", "--target", target]);
    let libraries = progress::output_of(rustc.current_dir(checkout::root()))?;
    if Path::new(libraries.trim()).is_dir() {
        return Ok(());
    }
    if progress::output_of(Command::new("rustup").arg("--version")).is_err() {
        bail!(
            "the Rust target {target} is missing and so is rustup: install rustup, then try again"
        );
    }
    progress::step(
        &format!("adding the Rust target {target}"),
        Command::new("rustup")
            .args(["target", "add", target])
            .current_dir(checkout::root()),
    )
}

/// A program of the package that has its name, in a folder that has its version.
pub(crate) fn ensure_from_cargo(
    (package, version): (&str, &str),
    duration: &str,
) -> Result<PathBuf> {
    let dir = checkout::tools_dir()?.join(format!("{package}-{version}"));
    let program = dir.join("bin").join(package);
    if !program.is_file() {
        progress::step(
            &format!("installing {package} {version} ({duration})"),
            checkout::cargo()
                .args(["install", "--quiet", "--debug", "--root"])
                .arg(&dir)
                .args([package, "--version", version, "--locked"])
                .env("CARGO_PROFILE_DEV_DEBUG", "false"),
        )?;
    }
    Ok(program)
}

/// Installs a package for one of its programs. These run for seconds: compiling them without
/// optimization takes half of the time.
fn ensure_cargo_tool(
    program: &Path,
    package: &str,
    version: &str,
    flags: &[&str],
    duration: &str,
) -> Result<()> {
    if has_version(program, version) {
        return Ok(());
    }
    progress::step(
        &format!("installing {package} {version} ({duration})"),
        checkout::cargo()
            .args(["install", "--quiet", "--force", "--debug", "--root"])
            .arg(checkout::tools_dir()?)
            .args([package, "--version", version])
            .args(flags)
            // Nobody debugs them, and they are five times as large with it.
            .env("CARGO_PROFILE_DEV_DEBUG", "false"),
    )
}

/// Programs print their name before their version.
fn has_version(program: &Path, version: &str) -> bool {
    progress::output_of(Command::new(program).arg("--version"))
        .is_ok_and(|printed| printed.split_whitespace().any(|word| word == version))
}

/// For the comparison of answers with those of graphql-js.
pub(crate) fn ensure_graphql_js() -> Result<()> {
    let dir = checkout::root().join("tests/graphql-js");
    ensure_node_modules(&dir, "graphql-js (about 2 s)")
}

/// For the API behind which the tests put the worker.
pub(crate) fn ensure_example() -> Result<()> {
    let dir = checkout::root().join("edge/examples/library");
    ensure_node_modules(&dir, "the packages of edge/examples/library (about 2 s)")
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
    use super::{locked_version, node_major};

    #[test]
    fn the_version_of_a_package_is_read_from_the_lock_file() {
        let lock = "[[package]]\nname = \"wasm-bindgen-futures\"\nversion = \"0.4.80\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\nsource = \"…\"\n";
        assert_eq!(locked_version(lock, "wasm-bindgen"), Some("0.2.130"));
        assert_eq!(locked_version(lock, "worker"), None);
    }

    #[test]
    fn the_major_version_of_node_is_read() {
        assert_eq!(node_major("v20.20.2\n"), Some(20));
        assert_eq!(node_major("v9"), Some(9));
        assert_eq!(node_major("20.1.0"), None);
        assert_eq!(node_major(""), None);
    }
}
