//! One origin, one edge, and an HTTP gate in each direction between them.

use std::time::Duration;

use anyhow::{Result, bail};
use serde_json::Value;
use tokio::process::Command;

use crate::ask::{self, Ask};
use crate::documents::Documents;
use crate::edge::{self, Platform};
use crate::gate::Gate;
use crate::origin::{self, TOKEN};
use crate::port;
use crate::process::{Process, given};
use crate::store::{Store, Venue};
use crate::turn::Turn;

/// How the edge reaches the origin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Way {
    /// Through a gate, which handles complete requests and answers only.
    #[default]
    Gated,
    /// Directly, for WebSockets and event streams.
    Direct,
}

/// How a stack is started.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// What the store has at the start.
    pub venues: Vec<Venue>,
    /// Variables of the origin's environment; they are added to the usual ones and override them.
    pub origin: Vec<(&'static str, &'static str)>,
    /// Variables of the edge; they are added to the usual ones and override them.
    pub edge: Vec<(&'static str, &'static str)>,
    /// How the edge reaches the origin.
    pub way: Way,
    /// What Cloudflare gives the edge.
    pub platform: Platform,
}

/// The running processes, and a client for them.
#[derive(Debug)]
pub struct Stack {
    store: Store,
    origin: Option<Process>,
    edge: Option<Process>,
    /// The origin's own address.
    pub origin_url: String,
    /// The edge's address.
    pub edge_url: String,
    /// The gate from the edge to the origin.
    pub to_origin: Gate,
    /// The gate from the origin to the edge, for the purge feed.
    pub to_edge: Gate,
    /// A client that caches nothing.
    pub client: reqwest::Client,
    documents: Documents,
    options: Options,
    _turn: Turn,
}

impl Stack {
    /// Starts all processes and publishes the clients' documents.
    pub async fn start(options: Options) -> Result<Self> {
        let turn = Turn::together().await;
        let (to_origin, to_edge) = (Gate::open().await?, Gate::open().await?);
        let mut stack = Self {
            store: Store::create(vec![("YOUSOON_ADMIN_TOKEN", TOKEN.to_owned())])?,
            origin: None,
            edge: None,
            origin_url: format!("http://127.0.0.1:{}", port::free()?),
            edge_url: String::new(),
            to_origin,
            to_edge,
            client: ask::client(Duration::from_secs(30))?,
            documents: Documents::default(),
            options,
            _turn: turn,
        };
        stack.import(&stack.options.venues).await?;
        stack.start_origin().await?;
        stack.documents = Documents::publish(&stack.store, &stack.origin_url).await?;
        stack.start_edge().await?;
        Ok(stack)
    }

    /// Runs a `yousoon` command on the server's store; returns its output.
    pub async fn run(&self, arguments: &[&str]) -> Result<String> {
        self.store.run(arguments).await
    }

    /// Runs `pq` with the operators' token; returns its exit code and its output.
    ///
    /// # Errors
    /// When it cannot be started.
    pub async fn pq(&self, arguments: &[&str]) -> Result<(i32, String)> {
        let mut pq = Command::new(given("PQ_BIN")?);
        let output = pq
            .args(arguments)
            .env("YOUSOON_ADMIN_TOKEN", TOKEN)
            .output()
            .await?;
        let text = [output.stdout, output.stderr].concat();
        let code = output.status.code().unwrap_or(-1);
        Ok((code, String::from_utf8_lossy(&text).into_owned()))
    }

    /// A file beside the server's store.
    pub fn beside(&self, name: &str) -> std::path::PathBuf {
        self.store.beside(name)
    }

    /// How much memory the edge's worker has, in bytes; `None` before it wrote to the data centre's cache.
    /// Only a breakable edge tells it ([`Platform`]).
    pub fn edge_wasm_bytes(&self) -> Option<u64> {
        let file = edge::faults_file(&self.store.beside("edge")).with_extension("memory");
        std::fs::read_to_string(file).ok()?.parse().ok()
    }

    /// The server's database file.
    pub fn database(&self) -> std::path::PathBuf {
        self.store.beside("store").join("yousoon.sqlite")
    }

    /// The last lines of the origin's log. It tells what would be sent to users.
    pub fn origin_log(&self) -> String {
        self.origin
            .as_ref()
            .map_or_else(String::new, Process::last_words)
    }

    /// Imports venues into the server's store; a venue that was imported before is not new.
    pub async fn import(&self, venues: &[Venue]) -> Result<()> {
        self.store.import(venues).await
    }

    /// Starts the origin, also again after a stop, on the same store.
    pub async fn start_origin(&mut self) -> Result<()> {
        let edge = &self.to_edge.url;
        let started = origin::start(
            &self.store,
            &self.origin_url,
            edge,
            &self.options.origin,
            &self.client,
        )
        .await?;
        self.to_origin.lead_to(&self.origin_url);
        self.origin = Some(started);
        Ok(())
    }

    /// Stops the origin.
    pub async fn stop_origin(&mut self) -> Result<()> {
        match self.origin.take() {
            Some(origin) => origin.stop().await,
            None => Ok(()),
        }
    }

    async fn start_edge(&mut self) -> Result<()> {
        let origin = match self.options.way {
            Way::Gated => &self.to_origin.url,
            Way::Direct => &self.origin_url,
        };
        let data = self.store.beside("edge");
        let edge = edge::start(&data, origin, &self.options.edge, self.options.platform).await?;
        self.to_edge.lead_to(&edge.url);
        self.edge_url = edge.url;
        self.edge = Some(edge.process);
        self.until_the_feed_is_alive().await
    }

    /// Waits for heartbeats of the purge feed. Without them the edge would distrust its caches, and
    /// no test would see a hit.
    async fn until_the_feed_is_alive(&self) -> Result<()> {
        let before = self.to_edge.passed().len();
        for _ in 0..200 {
            if self.to_edge.passed().len() > before + 1 {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        bail!("the origin sends no heartbeat to the edge")
    }

    /// Stops the edge and starts it again: a new isolate with the same KV.
    pub async fn restart_edge(&mut self) -> Result<()> {
        if let Some(edge) = self.edge.take() {
            edge.stop().await?;
        }
        self.start_edge().await
    }

    /// Breaks parts of the edge's platform, and heals all others: `[("KV", "hangs")]`. The parts and
    /// faults are those of `edge/dev/faults.mjs`. The edge must be breakable ([`Platform`]).
    ///
    /// # Errors
    /// When the file for it cannot be written.
    pub fn break_platform(&self, faults: &[(&str, &str)]) -> Result<()> {
        let file = edge::faults_file(&self.store.beside("edge"));
        let faults: serde_json::Map<_, _> = faults
            .iter()
            .map(|(part, fault)| ((*part).to_owned(), Value::from(*fault)))
            .collect();
        // Renamed, because the edge may be reading it.
        let whole = file.with_extension("new");
        std::fs::write(&whole, Value::Object(faults).to_string())?;
        Ok(std::fs::rename(&whole, &file)?)
    }

    /// Starts the edge again with a clock that is so many seconds ahead of the machine's.
    pub async fn restart_edge_ahead(&mut self, ahead_s: i64) -> Result<()> {
        self.options.platform.ahead_s = ahead_s;
        self.restart_edge().await
    }

    /// Publishes the app's documents with the texts that Apollo Client and urql send; returns their
    /// hashes by name.
    pub async fn publish_as_apollo(&self) -> Result<Value> {
        Documents::publish_as_apollo(&self.store, &self.origin_url).await
    }

    /// The database in which the stopped edge's KV has its keys.
    ///
    /// # Errors
    /// When there is not exactly one.
    pub async fn kv_database(&mut self) -> Result<std::path::PathBuf> {
        if let Some(edge) = self.edge.take() {
            edge.stop().await?;
        }
        let mut found = Vec::new();
        let folder = self
            .store
            .beside("edge")
            .join("kv/miniflare-KVNamespaceObject");
        for file in std::fs::read_dir(folder)? {
            let path = file?.path();
            let is_namespace = path.file_stem().is_some_and(|name| name != "metadata");
            if is_namespace && path.extension().is_some_and(|name| name == "sqlite") {
                found.push(path);
            }
        }
        match <[_; 1]>::try_from(found) {
            Ok([path]) => Ok(path),
            Err(found) => bail!("KV has {} databases", found.len()),
        }
    }

    /// A request for the document with this name.
    ///
    /// # Panics
    /// When there is no document of this name.
    pub fn ask(&self, document: &str, variables: Value) -> Ask {
        self.documents.ask(document, variables)
    }

    /// The service token.
    pub const fn token(&self) -> &'static str {
        TOKEN
    }
}
