//! The TypeScript client (`persisted-queries/clients/typescript`), in Node.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use serde_json::Value;
use tokio::process::Command;
use tokio::sync::OnceCell;

use crate::process::given;
use crate::script::Script;
use crate::store::{root, run};

/// The documents that the package's tests use are generated once, whichever of them is first.
static GENERATED: OnceCell<()> = OnceCell::const_new();

fn package() -> PathBuf {
    root().join("persisted-queries/clients/typescript")
}

/// Starts a script of the package; it says what its options are.
///
/// # Errors
/// When the documents cannot be generated, or the script cannot be started.
pub async fn start(script: &str, options: &Value) -> Result<Script> {
    GENERATED.get_or_try_init(generate).await?;
    let mut command = Command::new("node");
    command.arg("scripts/run.mjs").arg(script);
    Script::start(command.arg(options.to_string()).current_dir(package()))
}

/// Runs one of the package's npm scripts; returns what it printed.
///
/// # Errors
/// When it fails; the error has what it printed.
pub async fn npm(script: &str) -> Result<String> {
    GENERATED.get_or_try_init(generate).await?;
    let mut command = Command::new("npm");
    command.args(["run", "--silent", script]);
    let output = command.current_dir(package()).output().await?;
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    ensure!(output.status.success(), "npm run {script}: {text}");
    Ok(text)
}

/// Compiles the app's documents, once with their own texts and once as Apollo Client sends them, and has GraphQL
/// Code Generator write them as TypeScript.
async fn generate() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let operations = root().join("persisted-queries/operations/mobile");
    for (form, nodes, out) in [
        ("file", "false", "documents.ts"),
        ("apollo", "true", "apollo.ts"),
    ] {
        let manifest = folder.path().join(form).with_extension("json");
        run(Command::new(given("PQ_BIN")?)
            .args(["build", "--client", "mobile", "--as", form, "--operations"])
            .arg(&operations)
            .arg("--schema")
            .arg(root().join("docs/schema.graphql"))
            .arg("--out")
            .arg(&manifest))
        .await?;
        write_documents(&manifest, nodes, &package().join("generated").join(out)).await?;
    }
    Ok(())
}

async fn write_documents(manifest: &Path, nodes: &str, out: &Path) -> Result<()> {
    run(Command::new("npm")
        .args(["run", "--silent", "documents"])
        .env("YOUSOON_MANIFEST", manifest)
        .env("YOUSOON_NODES", nodes)
        .env("YOUSOON_DOCUMENTS", out)
        .current_dir(package()))
    .await
    .map(drop)
}
