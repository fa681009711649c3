//! The small site in `tests/site`, before an edge.

use std::path::PathBuf;

use anyhow::Result;
use tokio::process::Command;
use tokio::sync::OnceCell;

use crate::port;
use crate::process::{Process, given};
use crate::store::{root, run};

/// Built once, whichever test is first.
static BUILT: OnceCell<()> = OnceCell::const_new();

/// The running server of the site.
#[derive(Debug)]
pub struct Site {
    pub url: String,
    process: Process,
}

fn folder() -> PathBuf {
    root().join("tests/site")
}

impl Site {
    /// Builds the site if need be, and starts its server before this edge.
    ///
    /// # Errors
    /// When it cannot be built, or does not get ready.
    pub async fn start(edge_url: &str) -> Result<Self> {
        BUILT.get_or_try_init(build).await?;
        let port = port::free()?;
        let mut command = Command::new("node");
        command
            .arg("build/server.mjs")
            .env("SITE_PORT", port.to_string())
            .env("SITE_GRAPHQL_URL", format!("{edge_url}/graphql"))
            .current_dir(folder());
        let mut process = Process::start("the site", &mut command)?;
        process
            .line(|line| line.contains("listening").then_some(()))
            .await?;
        Ok(Self {
            url: format!("http://127.0.0.1:{port}"),
            process,
        })
    }

    /// What it logged last.
    pub fn last_words(&self) -> String {
        self.process.last_words()
    }
}

async fn build() -> Result<()> {
    run(Command::new("node")
        .arg("build.mjs")
        .env("PQ_BIN", given("PQ_BIN")?)
        .current_dir(folder()))
    .await?;
    run(Command::new("npm")
        .args(["run", "--silent", "check"])
        .current_dir(folder()))
    .await
    .map(drop)
}
