//! The origin on this machine, with sample offers and its published documents.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::binaries::Binaries;
use crate::manifest::Manifest;
use crate::processes::{Processes, with_many_files};
use crate::secrets::Secrets;
use crate::{checkout, http, progress};

/// A million offers take the longest.
const START_LIMIT: Duration = Duration::from_mins(2);

#[derive(Debug)]
pub(crate) struct Settings<'a> {
    /// Of the whole system; the origin's own is in it.
    pub(crate) data_dir: &'a Path,
    pub(crate) offers: u32,
    pub(crate) port: u16,
    /// The edge that gets the purge log, if there is one.
    pub(crate) edge_url: Option<String>,
    pub(crate) redis: Redis,
    pub(crate) documents: Documents,
}

/// Which documents the origin executes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Documents {
    /// As in production.
    Published,
    /// Also those that developers try.
    All,
}

impl Documents {
    const fn mode(self) -> &'static str {
        match self {
            Self::Published => "enforce",
            // It logs the others: what a client must publish is seen in time.
            Self::All => "audit",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Redis {
    /// As the environment of this command says.
    AsInEnvironment,
    Without,
}

/// Where the origin's store is, in the whole system's data directory.
pub(crate) fn data_dir(system: &Path) -> PathBuf {
    system.join("origin")
}

/// The schema as SDL, in a file, once the origin was started.
pub(crate) fn schema_file(system: &Path) -> PathBuf {
    system.join("schema.graphql")
}

/// The manifest of the published documents, in a file, once the origin was started.
pub(crate) fn manifest_file(system: &Path) -> PathBuf {
    system.join("manifest.json")
}

/// Seeds, starts, publishes.
pub(crate) fn start(
    settings: &Settings<'_>,
    secrets: &Secrets,
    binaries: &Binaries,
    processes: &mut Processes,
) -> Result<Manifest> {
    seed(settings, binaries, processes)?;
    start_ready(settings, processes, &mut serve(settings, secrets, binaries))?;
    publish(settings, secrets, binaries, processes)
}

/// Starts it and waits until it answers.
pub(crate) fn start_ready(
    settings: &Settings<'_>,
    processes: &mut Processes,
    serve: &mut Command,
) -> Result<()> {
    start_named("origin", settings, processes, serve)
}

/// As [`start_ready`], when there are several.
pub(crate) fn start_named(
    name: &'static str,
    settings: &Settings<'_>,
    processes: &mut Processes,
    serve: &mut Command,
) -> Result<()> {
    processes.start(name, serve)?;
    processes.wait_until("the origin", START_LIMIT, || {
        http::is_ready(settings.port, "/readyz")
    })
}

pub(crate) fn seed(
    settings: &Settings<'_>,
    binaries: &Binaries,
    processes: &mut Processes,
) -> Result<()> {
    processes.run_step(
        &format!("seeding {} offers unless there are some", settings.offers),
        &mut seeding(settings, binaries),
    )
}

/// The command that adds sample offers to an empty store.
pub(crate) fn seeding(settings: &Settings<'_>, binaries: &Binaries) -> Command {
    let mut yousoon = Command::new(&binaries.yousoon);
    yousoon
        .args(["seed", "--if-empty", "--offers"])
        .arg(settings.offers.to_string())
        .arg("--data-dir")
        .arg(data_dir(settings.data_dir));
    yousoon
}

/// The command that runs an origin.
pub(crate) fn serve(settings: &Settings<'_>, secrets: &Secrets, binaries: &Binaries) -> Command {
    let mut yousoon = with_many_files(&binaries.yousoon);
    yousoon
        .arg("serve")
        .env("YOUSOON_LISTEN", format!("127.0.0.1:{}", settings.port))
        .env("YOUSOON_DATA_DIR", data_dir(settings.data_dir))
        .env("YOUSOON_ADMIN_TOKEN", &secrets.admin_token)
        .env("YOUSOON_DOCUMENT_MODE", settings.documents.mode())
        // Load comes from one address here.
        .env("YOUSOON_RATE_LIMITS", "off")
        .env("YOUSOON_LIVE_CONNECTIONS_PER_IP", "20000");
    match &settings.edge_url {
        Some(url) => yousoon
            .env("YOUSOON_EDGE_URL", url)
            .env("YOUSOON_EDGE_SECRET", &secrets.edge_secret),
        None => yousoon
            .env_remove("YOUSOON_EDGE_URL")
            .env_remove("YOUSOON_EDGE_SECRET"),
    };
    match settings.redis {
        Redis::AsInEnvironment => {}
        Redis::Without => {
            yousoon.env_remove("YOUSOON_REDIS_URL");
        }
    }
    yousoon
}

/// Builds the manifest of the clients' documents against this origin's own schema, and publishes it.
pub(crate) fn publish(
    settings: &Settings<'_>,
    secrets: &Secrets,
    binaries: &Binaries,
    processes: &mut Processes,
) -> Result<Manifest> {
    let operations = checkout::root().join("persisted-queries/operations");
    publish_folder(&operations, &[], settings, secrets, binaries, processes)
}

/// As [`publish`], of a folder; `options` are further ones of `pq build`.
pub(crate) fn publish_folder(
    operations: &Path,
    options: &[&str],
    settings: &Settings<'_>,
    secrets: &Secrets,
    binaries: &Binaries,
    processes: &mut Processes,
) -> Result<Manifest> {
    let schema = schema_file(settings.data_dir);
    let sdl = progress::output_of(Command::new(&binaries.yousoon).arg("schema"))?;
    fs::write(&schema, sdl).with_context(|| format!("cannot write {}", schema.display()))?;
    let manifest = manifest_file(settings.data_dir);
    progress::step(
        "building the manifest of persisted queries",
        Command::new(&binaries.pq)
            .args(["build", "--schema"])
            .arg(&schema)
            .arg("--operations")
            .arg(operations)
            .args(options)
            .arg("--out")
            .arg(&manifest),
    )?;
    let url = format!("http://127.0.0.1:{}", settings.port);
    processes.run_step(
        "publishing it",
        Command::new(&binaries.pq)
            .args(["publish", "--manifest"])
            .arg(&manifest)
            .args(["--url", &url, "--token", &secrets.admin_token]),
    )?;
    Manifest::read(&manifest)
}
