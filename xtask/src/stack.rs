//! The whole system on this machine: the origin with sample offers, its published documents, and
//! the edge in workerd before it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::Result;
use serde_json::json;

use crate::binaries::Binaries;
use crate::manifest::Manifest;
use crate::processes::Processes;
use crate::secrets::{self, Secrets};
use crate::{checkout, http, origin};

const START_LIMIT: Duration = Duration::from_secs(30);
/// The centre of Paris, where the sample offers are.
const NEARBY_VARIABLES: &str = r#"{"location":{"lat":48.8566,"lng":2.3522},"first":20}"#;

#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) data_dir: PathBuf,
    /// What workerd keeps.
    pub(crate) edge_dir: PathBuf,
    pub(crate) runtime: Runtime,
    pub(crate) build_dir: PathBuf,
    pub(crate) offers: u32,
    pub(crate) origin_port: u16,
    pub(crate) edge_port: u16,
    pub(crate) documents: origin::Documents,
    /// Further variables of the origin.
    pub(crate) environment: Vec<(&'static str, String)>,
    /// The share of requests to the origin that begin a trace at the edge, 0 to 1.
    pub(crate) traced_share: f64,
}

impl Settings {
    pub(crate) fn origin_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.origin_port)
    }

    pub(crate) fn edge_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.edge_port)
    }

    pub(crate) fn origin_data_dir(&self) -> PathBuf {
        origin::data_dir(&self.data_dir)
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
        let processes = Processes::new(settings.data_dir.join("logs"))?;
        Self::start_beside(processes, settings, binaries)
    }

    /// As [`Self::start`], beside servers that run already.
    pub(crate) fn start_beside(
        mut processes: Processes,
        settings: Settings,
        binaries: &Binaries,
    ) -> Result<Self> {
        let secrets = secrets::load_or_create(&settings.data_dir)?;
        let origin = origin::Settings {
            data_dir: &settings.data_dir,
            offers: settings.offers,
            port: settings.origin_port,
            edge_url: Some(settings.edge_url()),
            redis: origin::Redis::AsInEnvironment,
            documents: settings.documents,
        };
        origin::seed(&origin, binaries, &mut processes)?;
        let mut serve = origin::serve(&origin, &secrets, binaries);
        serve.envs(
            settings
                .environment
                .iter()
                .map(|(name, value)| (name, value)),
        );
        origin::start_ready(&origin, &mut processes, &mut serve)?;
        let manifest = origin::publish(&origin, &secrets, binaries, &mut processes)?;
        let edge = Edge {
            data_dir: &settings.edge_dir,
            build_dir: &settings.build_dir,
            port: settings.edge_port,
            origin_url: settings.origin_url(),
            runtime: settings.runtime,
            traced_share: settings.traced_share,
        };
        edge.start(&secrets, &mut processes)?;
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
        self.manifest.path_of(operation, variables)
    }
}

/// The worker in workerd.
#[derive(Debug)]
pub(crate) struct Edge<'a> {
    /// What workerd keeps: KV and the Durable Object.
    pub(crate) data_dir: &'a Path,
    pub(crate) build_dir: &'a Path,
    pub(crate) port: u16,
    pub(crate) origin_url: String,
    pub(crate) runtime: Runtime,
    /// `TRACED_SHARE`.
    pub(crate) traced_share: f64,
}

/// What runs the worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Runtime {
    /// Miniflare: what KV has outlives a restart.
    Miniflare,
    /// workerd alone, for measuring: see edge/dev/bare.mjs.
    Bare,
}

impl Edge<'_> {
    pub(crate) fn start(&self, secrets: &Secrets, processes: &mut Processes) -> Result<()> {
        let bindings = json!({
            "ORIGIN_URL": self.origin_url,
            "EDGE_SECRET": secrets.edge_secret,
            "ALLOWED_HEADERS": "yousoon-partner",
            "TRACED_SHARE": self.traced_share.to_string(),
        });
        processes.start(
            "edge",
            Command::new("node")
                .arg(checkout::root().join("edge/dev/serve.mjs"))
                .arg("--data-dir")
                .arg(self.data_dir)
                .arg("--build-dir")
                .arg(self.build_dir)
                .args(["--port", &self.port.to_string()])
                .args((self.runtime == Runtime::Bare).then_some("--bare"))
                .env("EDGE_BINDINGS", bindings.to_string()),
        )?;
        processes.wait_until("the edge", START_LIMIT, || {
            http::is_ready(self.port, "/healthz")
        })
    }
}
