//! Builds the worker: cargo compiles it, `bundle` makes it what the Workers runtime takes.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, Result};

use crate::binaries::{self, Profile};
use crate::tools::Tools;
use crate::{bundle, checkout, progress};

/// What the worker is made of, from the root of the checkout.
const SOURCES: [&str; 15] = [
    "Cargo.lock",
    "Cargo.toml",
    "rust-toolchain.toml",
    "edge/package-lock.json",
    "edge/core/Cargo.toml",
    "edge/core/src",
    "edge/worker/Cargo.toml",
    "edge/worker/shim.js",
    "edge/worker/src",
    "persisted-queries/core/Cargo.toml",
    "persisted-queries/core/src",
    "cache/core/Cargo.toml",
    "cache/core/src",
    "xtask/edge-bindgen/Cargo.toml",
    "xtask/edge-bindgen/src",
];

/// Where a build puts `index.js` and `index_bg.wasm`, whether it was done or not.
pub(crate) fn build_dir(profile: Profile) -> PathBuf {
    checkout::root().join(match profile {
        Profile::Dev => "edge/worker/build-dev",
        Profile::Release => "edge/worker/build",
    })
}

/// Builds the worker unless it is newer than its sources.
pub(crate) fn build(tools: &Tools, profile: Profile) -> Result<PathBuf> {
    let out = build_dir(profile);
    fs::create_dir_all(&out).with_context(|| format!("cannot create {}", out.display()))?;
    // Until the end of this function: another `cargo xtask` in this checkout waits for the result.
    let lock = File::create(out.join(".lock"))?;
    lock.lock()?;
    let wasm = out.join("index_bg.wasm");
    if is_fresh(&wasm)? && out.join("index.js").exists() {
        return Ok(out);
    }
    let started = SystemTime::now();
    let compiled = compile(profile)?;
    let bindgen = binaries::build_edge_bindgen()?;
    bundle::write(tools, profile, &bindgen, &compiled, &out)?;
    // A source that was edited during the build is newer than the output.
    File::options()
        .append(true)
        .open(&wasm)
        .and_then(|file| file.set_modified(started))
        .with_context(|| format!("the build left no {}", wasm.display()))?;
    print_size(&wasm)?;
    Ok(out)
}

fn compile(profile: Profile) -> Result<PathBuf> {
    let (cargo_profile, folder, title) = match profile {
        Profile::Dev => (
            "dev",
            "debug",
            "building the worker (about 1 min the first time)",
        ),
        Profile::Release => (
            "worker",
            "worker",
            "building the worker for release (about 2 min the first time)",
        ),
    };
    progress::step_with_output(
        title,
        checkout::cargo()
            .args(["build", "--lib", "--package", "edge-worker"])
            .args(["--target", "wasm32-unknown-unknown"])
            .args(["--profile", cargo_profile])
            // wasm-bindgen's macro reads it: futures come from js-sys, as the worker crate expects.
            .env("WASM_BINDGEN_USE_JS_SYS", "1"),
    )?;
    Ok(checkout::target_dir()?
        .join("wasm32-unknown-unknown")
        .join(folder)
        .join("edge_worker.wasm"))
}

fn is_fresh(output: &Path) -> Result<bool> {
    let Ok(built) = output.metadata().and_then(|found| found.modified()) else {
        return Ok(false);
    };
    let root = checkout::root();
    for source in SOURCES {
        if newest(&root.join(source)).with_context(|| format!("cannot read {source}"))? >= built {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The time of the last change below a path; a directory's own time tells of removed files.
fn newest(path: &Path) -> std::io::Result<SystemTime> {
    let metadata = path.metadata()?;
    let mut newest_found = metadata.modified()?;
    if metadata.is_dir() {
        for entry in fs::read_dir(path)? {
            newest_found = newest_found.max(newest(&entry?.path())?);
        }
    }
    Ok(newest_found)
}

/// Cloudflare limits the compressed size, so that is the one to watch.
fn print_size(wasm: &Path) -> Result<()> {
    let script = "process.stdout.write(String(require('zlib').gzipSync(require('fs').readFileSync(process.argv[1])).length))";
    let gzipped_bytes: u64 =
        progress::output_of(Command::new("node").args(["-e", script]).arg(wasm))?.parse()?;
    let bytes = wasm.metadata()?.len();
    println!(
        "  worker: {} KiB gzipped ({} KiB of WASM)",
        gzipped_bytes / 1024,
        bytes / 1024
    );
    Ok(())
}
