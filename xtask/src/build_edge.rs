//! Builds the worker: cargo, wasm-bindgen, wasm-opt and esbuild, all driven by worker-build.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, Result};

use crate::tools::Tools;
use crate::{checkout, progress};

/// What the worker is made of, from the root of the checkout.
const SOURCES: [&str; 12] = [
    "Cargo.lock",
    "Cargo.toml",
    "rust-toolchain.toml",
    "edge/package-lock.json",
    "edge/core/Cargo.toml",
    "edge/core/src",
    "edge/worker/Cargo.toml",
    "edge/worker/src",
    "persisted-queries/core/Cargo.toml",
    "persisted-queries/core/src",
    "cache/core/Cargo.toml",
    "cache/core/src",
];

pub(crate) fn build_dir() -> PathBuf {
    checkout::root().join("edge/worker/build")
}

/// Builds `edge/worker/build/{index.js,index_bg.wasm}` unless it is newer than its sources.
pub(crate) fn build(tools: &Tools) -> Result<PathBuf> {
    let out = build_dir();
    let wasm = out.join("index_bg.wasm");
    if is_fresh(&wasm)? && out.join("index.js").exists() {
        return Ok(out);
    }
    let started = SystemTime::now();
    // Panic recovery is worker-build's default: an isolate that panicked gets a new instance.
    progress::step_with_output(
        "building the worker (about 1 min the first time)",
        Command::new(tools.worker_build())
            .args(["--profile", "worker"])
            .current_dir(checkout::root().join("edge/worker"))
            // Otherwise it downloads its own.
            .env("ESBUILD_BIN", tools.esbuild())
            .env("WASM_OPT_BIN", tools.wasm_opt())
            .env("WASM_BINDGEN_BIN", tools.wasm_bindgen())
            // Its errors come with a backtrace of itself otherwise.
            .env("RUST_BACKTRACE", "0"),
    )?;
    // A source that was edited during the build is newer than the output.
    File::options()
        .append(true)
        .open(&wasm)
        .and_then(|file| file.set_modified(started))
        .with_context(|| format!("the build left no {}", wasm.display()))?;
    print_size(&wasm)?;
    Ok(out)
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
