//! The small site on the API (`tests/site`).

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use crate::processes::Processes;
use crate::{checkout, http, progress, tools};

const START_LIMIT: Duration = Duration::from_secs(10);

fn folder() -> PathBuf {
    checkout::root().join("tests/site")
}

/// Installs what it is built with, and what the TypeScript client is.
pub(crate) fn ensure() -> Result<()> {
    for (folder, what) in [
        (
            "persisted-queries/clients/typescript",
            "what the TypeScript client is made and tested with (about 45 s)",
        ),
        ("tests/site", "what the site is built with (about 10 s)"),
    ] {
        tools::ensure_node_modules(&checkout::root().join(folder), what)?;
    }
    Ok(())
}

/// Builds it, with the documents that `pq` compiles.
pub(crate) fn build(pq: &Path) -> Result<()> {
    ensure()?;
    let mut build = Command::new("node");
    build
        .arg("build.mjs")
        .env("PQ_BIN", pq)
        .current_dir(folder());
    progress::step("building the site (about 10 s)", &mut build)
}

/// Starts its server before this edge.
pub(crate) fn start(port: u16, edge_url: &str, processes: &mut Processes) -> Result<()> {
    let mut serve = Command::new("node");
    serve
        .arg("build/server.mjs")
        .env("SITE_PORT", port.to_string())
        .env("SITE_GRAPHQL_URL", format!("{edge_url}/graphql"))
        .current_dir(folder());
    processes.start("site", &mut serve)?;
    processes.wait_until("the site", START_LIMIT, || {
        http::is_ready(port, "/robots.txt")
    })
}
