//! From the compiled worker to the two files that the Workers runtime takes: wasm-bindgen, wasm-opt,
//! esbuild. It does what worker-build 0.8.7 does, whose installation takes longer than all of this.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::binaries::Profile;
use crate::tools::Tools;
use crate::{checkout, progress};

/// What wasm-opt may emit: what rustc emits for wasm32, and the exceptions of wasm-bindgen. With all
/// of its features it would emit what workerd does not know yet.
const WASM_FEATURES: [&str; 7] = [
    "--enable-mutable-globals",
    "--enable-sign-ext",
    "--enable-nontrapping-float-to-int",
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-reference-types",
    "--enable-exception-handling",
];
/// What wasm-bindgen exports for the shim, and not as a handler of events.
const INTERNAL_FUNCTIONS: [&str; 2] = ["__wbg_reset_state", "__worker_init_state"];

/// Writes `index.js` and `index_bg.wasm` into `out`.
pub(crate) fn write(
    tools: &Tools,
    profile: Profile,
    bindgen: &Path,
    compiled: &Path,
    out: &Path,
) -> Result<()> {
    // What is in `out` stays whole until both files are ready.
    let staging = out.join(".staging");
    if staging.exists() {
        fs::remove_dir_all(&staging)?;
    }
    fs::create_dir(&staging)?;
    progress::step(
        "writing the worker's JavaScript",
        Command::new(bindgen).arg(compiled).arg(&staging),
    )?;
    let wasm = match profile {
        Profile::Dev => "index_bg.wasm",
        Profile::Release => {
            optimize(tools, &staging)?;
            "optimized.wasm"
        }
    };
    bundle(tools, profile, &staging)?;
    fs::rename(staging.join("bundle.js"), out.join("index.js"))?;
    // Last: its age says how old the build is.
    fs::rename(staging.join(wasm), out.join("index_bg.wasm"))?;
    fs::remove_dir_all(&staging)?;
    Ok(())
}

fn optimize(tools: &Tools, staging: &Path) -> Result<()> {
    progress::step(
        "optimizing the worker's WASM (about 20 s)",
        Command::new(tools.wasm_opt())
            .args(["index_bg.wasm", "-o", "optimized.wasm", "-O"])
            .args(WASM_FEATURES)
            // Keeps the names of functions, for stack traces.
            .arg("--debuginfo")
            .current_dir(staging),
    )
}

/// One module of the shim, wasm-bindgen's JavaScript and the snippets of the worker crate.
fn bundle(tools: &Tools, profile: Profile, staging: &Path) -> Result<()> {
    let path = checkout::root().join("edge/worker/shim.js");
    let shim =
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let glue = fs::read_to_string(staging.join("index.js"))?;
    if let Some(handler) = missing_handler(&glue, &shim) {
        bail!("edge/worker/shim.js does not hand anything to the handler `{handler}`");
    }
    fs::write(staging.join("shim.js"), shim)?;
    let mut esbuild = Command::new(tools.esbuild());
    esbuild
        .args(["--bundle", "shim.js", "--format=esm"])
        .args(["--external:./index_bg.wasm", "--external:cloudflare:*"])
        .args(["--outfile=bundle.js", "--log-level=warning"])
        .current_dir(staging);
    if matches!(profile, Profile::Release) {
        esbuild.arg("--minify");
    }
    progress::output_of(&mut esbuild)?;
    // workerd gives the compiled module to a plain import and does not know `import source`.
    let bundle = staging.join("bundle.js");
    let text = fs::read_to_string(&bundle)?;
    fs::write(bundle, text.replace("import source ", "import "))?;
    Ok(())
}

/// A handler that the worker exports and the shim does not call, such as a new `#[event(scheduled)]`.
fn missing_handler<'a>(glue: &'a str, shim: &str) -> Option<&'a str> {
    glue.lines()
        .filter_map(|line| {
            line.strip_prefix("export function ")
                .or_else(|| line.strip_prefix("export async function "))
        })
        .filter_map(|rest| rest.split('(').next())
        .map(str::trim)
        .find(|name| {
            !INTERNAL_FUNCTIONS.contains(name) && !shim.contains(&format!("exports.{name}."))
        })
}

#[cfg(test)]
mod tests {
    use super::missing_handler;

    const SHIM: &str = "Entrypoint.prototype.fetch = … exports.fetch.call(this, request)";

    #[test]
    fn a_handler_that_the_shim_does_not_call_is_found() {
        let glue = "export class PurgeLog {\nexport function __wbg_reset_state () {\n\
                    export function fetch(req, env, ctx) {\n";
        assert_eq!(missing_handler(glue, SHIM), None);
        let scheduled = format!("{glue}export async function scheduled(event) {{\n");
        assert_eq!(missing_handler(&scheduled, SHIM), Some("scheduled"));
    }
}
