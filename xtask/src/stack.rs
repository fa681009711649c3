//! The whole system on this machine: the origin with sample offers, its published documents, and
//! the edge in workerd before it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::json;

use crate::binaries::Binaries;
use crate::manifest::Manifest;
use crate::processes::Processes;
use crate::secrets::{self, Secrets};
use crate::{checkout, http, progress};

const START_LIMIT: Duration = Duration::from_secs(30);
/// The centre of Paris, where the sample offers are.
const NEARBY_VARIABLES: &str = r#"{"location":{"lat":48.8566,"lng":2.3522},"first":20}"#;

#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) data_dir: PathBuf,
    pub(crate) build_dir: PathBuf,
    pub(crate) offers: u32,
    pub(crate) origin_port: u16,
    pub(crate) edge_port: u16,
}

impl Settings {
    pub(crate) fn origin_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.origin_port)
    }

    pub(crate) fn edge_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.edge_port)
    }

    pub(crate) fn origin_data_dir(&self) -> PathBuf {
        self.data_dir.join("origin")
    }
}

/// The system while it runs: it stops when this goes out of scope.
#[derive(Debug)]
pub(crate) struct Stack {
    pub(crate) settings: Settings,
    pub(crate) processes: Processes,
    pub(crate) manifest: Manifest,
}

impl Stack {
    pub(crate) fn start(settings: Settings, binaries: &Binaries) -> Result<Self> {
        fs::create_dir_all(settings.origin_data_dir())
            .with_context(|| format!("cannot create {}", settings.data_dir.display()))?;
        let secrets = secrets::load_or_create(&settings.data_dir)?;
        let mut processes = Processes::new(settings.data_dir.join("logs"))?;
        start_origin(&settings, &secrets, binaries, &mut processes)?;
        let manifest = publish(&settings, &secrets, binaries, &mut processes)?;
        start_edge(&settings, &secrets, &mut processes)?;
        Ok(Self {
            settings,
            processes,
            manifest,
        })
    }

    /// The path of "offers near the centre of Paris" by hash, at the edge and at the origin.
    pub(crate) fn offers_nearby_path(&self) -> Result<String> {
        self.document_path("OffersNearby", NEARBY_VARIABLES)
    }

    pub(crate) fn document_path(&self, operation: &str, variables: &str) -> Result<String> {
        let id = self.manifest.id_of(operation)?;
        Ok(format!(
            "/graphql/{id}?variables={}",
            http::percent_encode(variables)
        ))
    }
}

fn start_origin(
    settings: &Settings,
    secrets: &Secrets,
    binaries: &Binaries,
    processes: &mut Processes,
) -> Result<()> {
    processes.run_step(
        &format!("seeding {} offers unless there are some", settings.offers),
        Command::new(&binaries.yousoon)
            .args([
                "seed",
                "--if-empty",
                "--offers",
                &settings.offers.to_string(),
                "--data-dir",
            ])
            .arg(settings.origin_data_dir()),
    )?;
    processes.start(
        "origin",
        Command::new(&binaries.yousoon)
            .arg("serve")
            .env(
                "YOUSOON_LISTEN",
                format!("127.0.0.1:{}", settings.origin_port),
            )
            .env("YOUSOON_DATA_DIR", settings.origin_data_dir())
            .env("YOUSOON_EDGE_URL", settings.edge_url())
            .env("YOUSOON_EDGE_SECRET", &secrets.edge_secret)
            .env("YOUSOON_ADMIN_TOKEN", &secrets.admin_token)
            .env("YOUSOON_DOCUMENT_MODE", "enforce"),
    )?;
    processes.wait_until("the origin", START_LIMIT, || {
        is_ready(settings.origin_port, "/readyz")
    })
}

/// Builds the manifest against this origin's own schema, and publishes it.
fn publish(
    settings: &Settings,
    secrets: &Secrets,
    binaries: &Binaries,
    processes: &mut Processes,
) -> Result<Manifest> {
    let schema = settings.data_dir.join("schema.graphql");
    let sdl = progress::output_of(Command::new(&binaries.yousoon).arg("schema"))?;
    fs::write(&schema, sdl).with_context(|| format!("cannot write {}", schema.display()))?;
    let manifest = settings.data_dir.join("manifest.json");
    progress::step(
        "building the manifest of persisted queries",
        Command::new(&binaries.pq)
            .args(["build", "--schema"])
            .arg(&schema)
            .arg("--operations")
            .arg(checkout::root().join("persisted-queries/operations"))
            .arg("--out")
            .arg(&manifest),
    )?;
    processes.run_step(
        "publishing it",
        Command::new(&binaries.pq)
            .args(["publish", "--manifest"])
            .arg(&manifest)
            .args([
                "--url",
                &settings.origin_url(),
                "--token",
                &secrets.admin_token,
            ]),
    )?;
    Manifest::read(&manifest)
}

fn start_edge(settings: &Settings, secrets: &Secrets, processes: &mut Processes) -> Result<()> {
    let bindings = json!({
        "ORIGIN_URL": settings.origin_url(),
        "EDGE_SECRET": secrets.edge_secret,
    });
    processes.start(
        "edge",
        edge_server(&settings.data_dir.join("edge"), &settings.build_dir)
            .args(["--port", &settings.edge_port.to_string()])
            .env("EDGE_BINDINGS", bindings.to_string()),
    )?;
    processes.wait_until("the edge", START_LIMIT, || {
        is_ready(settings.edge_port, "/healthz")
    })
}

fn edge_server(data_dir: &Path, build_dir: &Path) -> Command {
    let mut node = Command::new("node");
    node.arg(checkout::root().join("edge/dev/serve.mjs"))
        .arg("--data-dir")
        .arg(data_dir)
        .arg("--build-dir")
        .arg(build_dir);
    node
}

fn is_ready(port: u16, path: &str) -> bool {
    http::get(port, path).is_ok_and(|answer| answer.status == 200)
}
