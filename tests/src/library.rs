//! The example in `edge/examples/library`: its API in Node, the worker before it, and an HTTP gate in
//! each direction between them.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Command;

use crate::ask::{self, Ask};
use crate::edge::{self, Platform, SECRET};
use crate::gate::Gate;
use crate::port;
use crate::process::{Process, given};
use crate::stack::Way;
use crate::store::{root, run};
use crate::turn::Turn;

/// The running processes, and a client for them.
#[derive(Debug)]
pub struct Library {
    dir: TempDir,
    api: Option<Process>,
    _edge: Process,
    /// The API's own address.
    pub api_url: String,
    /// The edge's address.
    pub edge_url: String,
    /// The gate from the edge to the API.
    pub to_api: Gate,
    /// The gate from the API to the edge, for the purge log.
    pub to_edge: Gate,
    /// A client that caches nothing.
    pub client: reqwest::Client,
    ids: Value,
    _turn: Turn,
}

impl Library {
    /// Builds the documents as the example's page says, far from the project's folder, and starts the
    /// edge and the API.
    pub async fn start(way: Way) -> Result<Self> {
        let turn = Turn::together().await;
        let dir = tempfile::tempdir()?;
        let ids = build(&dir).await?;
        let (to_api, to_edge) = (Gate::open().await?, Gate::open().await?);
        let api_url = format!("http://127.0.0.1:{}", port::free()?);
        let origin = match way {
            Way::Gated => &to_api.url,
            Way::Direct => &api_url,
        };
        let data = dir.path().join("edge");
        let edge = edge::start(&data, origin, &[], Platform::default()).await?;
        to_edge.lead_to(&edge.url);
        let mut library = Self {
            dir,
            api: None,
            _edge: edge.process,
            api_url,
            edge_url: edge.url,
            to_api,
            to_edge,
            client: ask::client(Duration::from_secs(30))?,
            ids,
            _turn: turn,
        };
        library.to_api.lead_to(&library.api_url);
        library.start_api().await?;
        Ok(library)
    }

    /// Starts the API, also again after a stop, and waits until it tells the edge of purges.
    pub async fn start_api(&mut self) -> Result<()> {
        let (_, port) = self.api_url.rsplit_once(':').unwrap_or_default();
        let mut command = Command::new("node");
        command
            .arg(example().join("server.mjs"))
            .env("PORT", port)
            .env("EDGE_URL", &self.to_edge.url)
            .env("EDGE_SECRET", SECRET)
            .env("MANIFEST", self.dir.path().join("manifest.json"));
        let mut api = Process::start("the example's API", &mut command)?;
        let told_before = self.to_edge.passed().len();
        api.line(|line| line.contains("ready").then_some(()))
            .await
            .context("its npm packages are installed by `cargo xtask test`")?;
        self.api = Some(api);
        for _ in 0..200 {
            if self.to_edge.passed().len() > told_before + 1 {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        bail!("the API sends no heartbeat to the edge")
    }

    /// Stops the API, which forgets everything.
    pub async fn stop_api(&mut self) -> Result<()> {
        match self.api.take() {
            Some(api) => api.stop().await,
            None => Ok(()),
        }
    }

    /// A request for the document with this name.
    ///
    /// # Panics
    /// When there is no document of this name.
    #[expect(clippy::expect_used, reason = "a test that asks for no document fails")]
    pub fn ask(&self, document: &str, variables: Value) -> Ask {
        let id = self.ids[document].as_str().expect("a document's name");
        Ask {
            id: id.to_owned(),
            variables,
        }
    }

    /// The folder in which the edge keeps KV, the data centre's cache and the purge log.
    pub fn edge_data(&self) -> PathBuf {
        self.dir.path().join("edge")
    }
}

fn example() -> PathBuf {
    root().join("edge/examples/library")
}

/// Returns the documents' hashes by name.
async fn build(dir: &TempDir) -> Result<Value> {
    let example = std::path::absolute(example())?;
    let mut build = Command::new(given("PQ_BIN")?);
    build.current_dir(dir).arg("build");
    build.arg("--schema").arg(example.join("schema.graphql"));
    build.arg("--operations").arg(example.join("operations"));
    build.args(["--out", "manifest.json", "--ids", "ids"]);
    run(&mut build).await?;
    let ids = tokio::fs::read(dir.path().join("ids/reader.json")).await?;
    Ok(serde_json::from_slice(&ids)?)
}
