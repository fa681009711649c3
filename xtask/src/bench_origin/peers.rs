//! Who the origin is measured beside.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use super::ORIGIN;
use crate::bench::{Comparison, Contender, Proof};
use crate::processes::Processes;
use crate::{checkout, http, origin};

const START_LIMIT: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub(super) struct Peers<'a> {
    pub(super) dir: &'a Path,
    pub(super) origin_port: u16,
    pub(super) bare_axum: PathBuf,
    pub(super) varnishd: PathBuf,
    /// The file with the origin's answers.
    pub(super) answers: PathBuf,
    pub(super) answers_count: usize,
}

pub(super) fn yoga_dir() -> PathBuf {
    peers_dir().join("yoga")
}

fn peers_dir() -> PathBuf {
    checkout::root().join("xtask/peers")
}

impl Peers<'_> {
    pub(super) fn start(&self, processes: &mut Processes) -> Result<Vec<Contender>> {
        Ok(vec![
            self.start_bare_axum(processes)?,
            self.start_varnish(processes)?,
            self.start_yoga(processes, "yoga", "GraphQL Yoga, one process", 1)?,
            self.start_yoga(processes, "yoga-cluster", "GraphQL Yoga, cluster of two", 2)?,
        ])
    }

    fn start_bare_axum(&self, processes: &mut Processes) -> Result<Contender> {
        let port = http::free_port()?;
        processes.start(
            "bare-axum",
            Command::new(&self.bare_axum)
                .arg(format!("127.0.0.1:{port}"))
                .arg(&self.answers),
        )?;
        let label = "bare axum, static bytes";
        wait(processes, label, port, "/readyz")?;
        Ok(contender("bare-axum", label, port, Proof::Obvious, 0.85))
    }

    fn start_varnish(&self, processes: &mut Processes) -> Result<Contender> {
        let port = http::free_port()?;
        let template = peers_dir().join("origin.vcl");
        let vcl = fs::read_to_string(&template)
            .with_context(|| format!("cannot read {}", template.display()))?
            .replace("{{ORIGIN_PORT}}", &self.origin_port.to_string());
        let file = self.dir.join("origin.vcl");
        fs::write(&file, vcl).with_context(|| format!("cannot write {}", file.display()))?;
        processes.start(
            "varnish",
            Command::new(&self.varnishd)
                .arg("-F")
                .arg("-n")
                .arg(self.dir.join("varnish"))
                .args(["-a", &format!("127.0.0.1:{port}")])
                .arg("-f")
                .arg(&file)
                .args(["-s", "default,256m"])
                // No port to be managed by.
                .args(["-T", "none"])
                // It would store the answers gzipped, and unzip them for each request.
                .args(["-p", "http_gzip_support=off"]),
        )?;
        let label = "Varnish before the origin";
        // What it does not cache it passes on: the origin is ready.
        wait(processes, label, port, "/readyz")?;
        Ok(contender("varnish", label, port, Proof::Varnish, 1.2))
    }

    fn start_yoga(
        &self,
        processes: &mut Processes,
        name: &'static str,
        label: &'static str,
        workers: usize,
    ) -> Result<Contender> {
        let (port, status_port) = (http::free_port()?, http::free_port()?);
        let operation = "persisted-queries/operations/mobile/OffersNearby.graphql";
        processes.start(
            name,
            Command::new("node")
                .arg(yoga_dir().join("server.mjs"))
                .args(["--port", &port.to_string()])
                .args(["--status-port", &status_port.to_string()])
                .arg("--answers")
                .arg(&self.answers)
                .arg("--schema")
                .arg(origin::schema_file(self.dir))
                .arg("--operation")
                .arg(checkout::root().join(operation))
                .args(["--workers", &workers.to_string()])
                .env("NODE_ENV", "production"),
        )?;
        wait(processes, label, status_port, "/readyz")?;
        // Each worker has a cache of its own, and filled it before it was ready.
        let warm = self.answers_count * workers;
        let proof = Proof::ResolverCalls { status_port, warm };
        Ok(contender(name, label, port, proof, 8.0))
    }
}

fn wait(processes: &mut Processes, label: &str, port: u16, path: &str) -> Result<()> {
    processes.wait_until(label, START_LIMIT, || http::is_ready(port, path))
}

/// The origin is to reach a multiple of it.
fn contender(
    name: &'static str,
    label: &'static str,
    port: u16,
    proof: Proof,
    at_least: f64,
) -> Contender {
    Contender {
        name,
        label,
        port,
        proof,
        comparison: Comparison {
            of: ORIGIN,
            over: name,
            at_least: Some(at_least),
        },
    }
}
