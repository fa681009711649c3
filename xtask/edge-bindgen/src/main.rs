//! `edge-bindgen WORKER.wasm DIR` does what `wasm-bindgen --target module` does for the worker.
//!
//! It is a program of this workspace because then Cargo.lock pins one version of wasm-bindgen for
//! the worker and for this: the two share an unstable format. It also compiles in a third of the
//! time that `cargo install wasm-bindgen-cli` takes, and `cargo xtask` does not wait for it.

use std::env;
use std::path::PathBuf;

use anyhow::{Result, bail};
use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<()> {
    let arguments: Vec<PathBuf> = env::args_os().skip(1).map(PathBuf::from).collect();
    let [wasm, out_dir] = arguments.as_slice() else {
        bail!("usage: edge-bindgen WORKER.wasm DIR");
    };
    Bindgen::new()
        .input_path(wasm)
        .out_name("index")
        .module(true)?
        .typescript(false)
        // Both are for `edge/worker/shim.js`, which gives the isolate a new instance after a panic.
        .reset_state_function(true)
        .force_enable_abort_handler(true)
        .generate(out_dir)
}
