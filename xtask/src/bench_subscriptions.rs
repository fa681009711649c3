//! `cargo xtask bench-subscriptions`: thousands of open subscriptions on one origin, and beside it
//! on graphql-ws over ws, the protocol's reference implementation, on this machine in one run:
//! memory for each, and how long an offer takes to reach them all.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::bench::{self, Figure};
use crate::binaries::{self, Binaries, Profile};
use crate::manifest::Manifest;
use crate::processes::{Processes, TemporaryDir, with_many_files};
use crate::{checkout, http, origin, progress, secrets, tools};

const START_LIMIT: Duration = Duration::from_secs(30);
/// Sample offers of the origin.
const OFFERS: u32 = 1_000;
/// Where all subscriptions are, and what is published: the centre of Paris.
const CENTRE: (f64, f64) = (48.8566, 2.3522);
const OPERATION: &str = "persisted-queries/operations/mobile/NewOfferNearby.graphql";

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How many subscriptions are open, each on a connection of its own.
    #[arg(long, value_name = "N", default_value_t = 5_000, value_parser = clap::value_parser!(u32).range(1..=20_000))]
    connections: u32,
    /// How many offers are published, one after the other.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=50))]
    offers: u32,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    measure(options).map(drop)
}

/// Prints what the client found, and gives it for the table of all benchmarks.
pub(crate) fn measure(options: &Options) -> Result<Vec<Figure>> {
    let peer = checkout::root().join("xtask/peers/graphql-ws");
    tools::ensure_node_modules(&peer, "graphql-ws (about 5 s)")?;
    let binaries = binaries::build(Profile::Release)?;
    let dir = TemporaryDir::create("bench-subscriptions")?;
    let mut processes = Processes::new(dir.path().join("logs"))?;
    let secrets = secrets::load_or_create(dir.path())?;
    let (port, peer_port) = (http::free_port()?, http::free_port()?);
    let manifest = start_origin(&mut processes, dir.path(), port, &secrets, &binaries)?;
    let offers = offers(&manifest, port, options.offers)?;
    start_peer(&mut processes, &peer, dir.path(), peer_port)?;
    let common = json!({"connections": options.connections, "centre": CENTRE,
        "document": manifest.id_of("NewOfferNearby")?});
    let id = |name| processes.id_of(name).context("it was started");
    let tags = offers.iter().map(|offer| {
        let id = offer["id"].as_str().unwrap_or_default();
        json!({"tag": format!("published:{id}"), "reason": "bench-subscriptions"})
    });
    let ours = json!({"label": "origin", "port": port, "pid": id("origin")?,
        "publish_path": "/admin/purge", "token": secrets.admin_token,
        "bodies": tags.collect::<Vec<_>>()});
    let theirs = json!({"label": "graphql-ws", "port": peer_port, "pid": id("graphql-ws")?,
        "publish_path": "/publish", "bodies": offers});
    let servers = [ours, theirs].map(|one| merged(&common, one));
    let file = dir.path().join("figures.json");
    load(&mut processes, &servers, &file)?;
    bench::read_figures(&file)
}

fn merged(common: &Value, mut one: Value) -> Value {
    if let (Some(fields), Some(common)) = (one.as_object_mut(), common.as_object()) {
        fields.extend(common.clone());
    }
    one
}

fn start_origin(
    processes: &mut Processes,
    dir: &Path,
    port: u16,
    secrets: &secrets::Secrets,
    binaries: &Binaries,
) -> Result<Manifest> {
    let settings = origin::Settings {
        data_dir: dir,
        offers: OFFERS,
        port,
        edge_url: None,
        redis: origin::Redis::Without,
        documents: origin::Documents::Published,
    };
    origin::start(&settings, secrets, binaries, processes)
}

/// Offers near the centre, as the origin's own detail has them.
fn offers(manifest: &Manifest, port: u16, count: u32) -> Result<Vec<Value>> {
    let (lat, lng) = CENTRE;
    let variables =
        json!({"location": {"lat": lat, "lng": lng}, "first": count, "maxDistance": 10});
    let list = ask(manifest, port, "OffersNearby", &variables)?;
    let edges = list["offers"]["edges"].as_array().cloned();
    let ids = edges.unwrap_or_default();
    let ids = ids.iter().map(|edge| edge["node"]["id"].clone());
    let details = ids.map(|id| {
        let mut offer = ask(manifest, port, "OfferDetail", &json!({"id": id}))?["offer"].take();
        offer["location"] = offer["establishment"]["location"].clone();
        Ok(offer)
    });
    let offers: Vec<Value> = details.collect::<Result<_>>()?;
    if offers.len() < count as usize {
        bail!("there are {} offers near the centre", offers.len());
    }
    Ok(offers)
}

fn ask(manifest: &Manifest, port: u16, operation: &str, variables: &Value) -> Result<Value> {
    let path = manifest.path_of(operation, &variables.to_string())?;
    let answer = http::get(port, &path)?;
    let mut body: Value = serde_json::from_str(&answer.body)?;
    if body.get("errors").is_some() {
        bail!("{operation}: {}", answer.body);
    }
    Ok(body["data"].take())
}

fn start_peer(processes: &mut Processes, peer: &Path, dir: &Path, port: u16) -> Result<()> {
    processes.start(
        "graphql-ws",
        with_many_files("node")
            .arg(peer.join("server.mjs"))
            .args(["--port", &port.to_string()])
            .arg("--schema")
            .arg(origin::schema_file(dir))
            .arg("--operation")
            .arg(checkout::root().join(OPERATION))
            .env("NODE_ENV", "production"),
    )?;
    processes.wait_until("graphql-ws", START_LIMIT, || {
        http::is_ready(port, "/readyz")
    })
}

/// One after the other: they share this machine.
fn load(processes: &mut Processes, servers: &[Value; 2], figures: &Path) -> Result<()> {
    let program = build_client()?;
    let mut client = with_many_files(program);
    client
        .args(servers.iter().map(Value::to_string))
        .env(bench::FIGURES_FILE, figures);
    let title = "subscribing, and publishing to all who did";
    progress::announce(title);
    let status = processes.run(&mut client)?;
    if !status.success() {
        bail!("{}", progress::failure(title, status));
    }
    Ok(())
}

fn build_client() -> Result<PathBuf> {
    let mut cargo = checkout::cargo();
    cargo.args([
        "build",
        "--release",
        "-p",
        "e2e",
        "--example",
        "subscriptions",
    ]);
    progress::step_with_output("building the client", &mut cargo)?;
    let examples = checkout::target_dir()?.join("release/examples");
    Ok(examples.join("subscriptions"))
}
