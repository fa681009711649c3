//! Origin, edge, and gates on both ways between them.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Command;

use crate::ask::Ask;
use crate::gate::Gate;
use crate::process::{Process, given};

const SECRET: &str = "6d1f0c2b7a9e48d35f60718293a4b5c6d1f0c2b7a9e48d35f60718293a4b5c6d";
/// The service token that a stack's admin uses.
const TOKEN: &str = "a-service-token-of-the-end-to-end-tests";

/// A place with an offer, as the importer reads it.
#[derive(Clone, Debug)]
pub struct Venue {
    /// Degrees.
    pub lat: f64,
    /// Degrees.
    pub lng: f64,
    /// A word that is part of the generated texts.
    pub cuisine: &'static str,
}

/// How a stack is started.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// What is in the store at first.
    pub venues: Vec<Venue>,
}

/// Everything that runs, and how to ask it.
#[derive(Debug)]
pub struct Stack {
    data: TempDir,
    bin: PathBuf,
    origin: Option<Process>,
    edge: Option<Process>,
    /// The origin's own address.
    pub origin_url: String,
    /// The edge's address.
    pub edge_url: String,
    /// Edge → origin.
    pub to_origin: Gate,
    /// Origin → edge: the purge feed.
    pub to_edge: Gate,
    /// A client without anything kept.
    pub client: reqwest::Client,
    manifest: Value,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Runs a command to its end; its output.
async fn run(command: &mut Command) -> Result<String> {
    let output = command
        .output()
        .await
        .with_context(|| format!("{command:?}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(
        output.status.success(),
        "{command:?}: {text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(text)
}

fn free_port() -> Result<u16> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?
        .local_addr()?
        .port())
}

impl Stack {
    /// Starts everything, with the clients' documents published.
    pub async fn start(options: Options) -> Result<Self> {
        let data = tempfile::tempdir()?;
        let (to_origin, to_edge) = (Gate::open().await?, Gate::open().await?);
        let mut stack = Self {
            data,
            bin: given("YOUSOON_BIN")?,
            origin: None,
            edge: None,
            origin_url: format!("http://127.0.0.1:{}", free_port()?),
            edge_url: String::new(),
            to_origin,
            to_edge,
            client: reqwest::Client::builder()
                .timeout(Duration::from_secs(30))
                .build()?,
            manifest: Value::Null,
        };
        stack.import(&options.venues).await?;
        stack.start_origin().await?;
        stack.publish().await?;
        stack.start_edge().await?;
        Ok(stack)
    }

    fn store(&self) -> PathBuf {
        self.data.path().join("store")
    }

    fn yousoon(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.bin);
        command
            .args(arguments)
            .env("YOUSOON_DATA_DIR", self.store());
        command
    }

    /// Runs `yousoon` beside the server, on the same store.
    pub async fn run(&self, arguments: &[&str]) -> Result<String> {
        run(&mut self.yousoon(arguments)).await
    }

    /// Imports places beside the server; one with the same line as before is not new.
    pub async fn import(&self, venues: &[Venue]) -> Result<()> {
        let mut csv = "category,cuisine,latitude,longitude,district,postcode\n".to_owned();
        for Venue { lat, lng, cuisine } in venues {
            use std::fmt::Write as _;
            writeln!(
                csv,
                "RESTAURANT,{cuisine},{lat:.6},{lng:.6},Belleville,75020"
            )?;
        }
        let file = self.data.path().join("venues.csv");
        tokio::fs::write(&file, csv).await?;
        self.run(&["import", &file.to_string_lossy()]).await?;
        Ok(())
    }

    /// Starts the origin (again), on the same store.
    pub async fn start_origin(&mut self) -> Result<()> {
        let listen = self.origin_url.trim_start_matches("http://").to_owned();
        let mut command = self.yousoon(&["serve"]);
        command
            .env("YOUSOON_LISTEN", listen)
            .env("YOUSOON_EDGE_URL", &self.to_edge.url)
            .env("YOUSOON_EDGE_SECRET", SECRET)
            .env("YOUSOON_ADMIN_TOKEN", TOKEN)
            .env("YOUSOON_DOCUMENT_MODE", "enforce");
        let origin = Process::start("yousoon serve", &mut command)?;
        for _ in 0..600 {
            let ready = self
                .client
                .get(format!("{}/readyz", self.origin_url))
                .send()
                .await;
            if ready.is_ok_and(|answer| answer.status().is_success()) {
                self.to_origin.lead_to(&self.origin_url);
                self.origin = Some(origin);
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        bail!("the origin did not get ready:\n{}", origin.last_words())
    }

    /// Ends the origin.
    pub async fn stop_origin(&mut self) -> Result<()> {
        match self.origin.take() {
            Some(origin) => origin.stop().await,
            None => Ok(()),
        }
    }

    async fn publish(&mut self) -> Result<()> {
        let pq = given("PQ_BIN")?;
        let schema = self.data.path().join("schema.graphql");
        let manifest = self.data.path().join("manifest.json");
        tokio::fs::write(&schema, self.run(&["schema"]).await?).await?;
        let operations = root().join("persisted-queries/operations");
        run(Command::new(&pq)
            .arg("build")
            .arg("--schema")
            .arg(&schema)
            .arg("--operations")
            .arg(operations)
            .arg("--out")
            .arg(&manifest))
        .await?;
        let mut publish = Command::new(&pq);
        publish
            .arg("publish")
            .arg("--manifest")
            .arg(&manifest)
            .args(["--url", &self.origin_url]);
        run(publish.env("YOUSOON_ADMIN_TOKEN", TOKEN)).await?;
        self.manifest = serde_json::from_slice(&tokio::fs::read(&manifest).await?)?;
        Ok(())
    }

    async fn start_edge(&mut self) -> Result<()> {
        let bindings = json!({"ORIGIN_URL": self.to_origin.url, "EDGE_SECRET": SECRET, "FAULT_INJECTION": "on"});
        let mut command = Command::new("node");
        command
            .arg(root().join("edge/dev/serve.mjs"))
            .arg("--data-dir")
            .arg(self.data.path().join("edge"))
            .arg("--build-dir")
            .arg(given("EDGE_BUILD_DIR")?)
            .args(["--port", "0", "--bindings", &bindings.to_string()]);
        let mut edge = Process::start("the edge", &mut command)?;
        self.edge_url = edge
            .line(|line| {
                serde_json::from_str::<Value>(line).ok()?["url"]
                    .as_str()
                    .map(|url| url.trim_end_matches('/').to_owned())
            })
            .await?;
        self.to_edge.lead_to(&self.edge_url);
        self.edge = Some(edge);
        self.until_the_feed_is_alive().await
    }

    /// A purge feed that never spoke would make every test of hits one of distrust.
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

    /// Ends the edge and starts a fresh isolate on the same KV.
    pub async fn restart_edge(&mut self) -> Result<()> {
        if let Some(edge) = self.edge.take() {
            edge.stop().await?;
        }
        self.start_edge().await
    }

    /// A question by the name of its document.
    ///
    /// # Panics
    /// When there is no document of this name.
    pub fn ask(&self, document: &str, variables: Value) -> Ask {
        let operations = self.manifest["operations"].as_array();
        let operation =
            operations.and_then(|all| all.iter().find(|operation| operation["name"] == document));
        let id = operation
            .and_then(|operation| operation["id"].as_str())
            .unwrap_or_default()
            .to_owned();
        assert!(!id.is_empty(), "no document {document}");
        Ask { id, variables }
    }

    /// The service token.
    pub const fn token(&self) -> &'static str {
        TOKEN
    }
}
