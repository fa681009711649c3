//! `cargo xtask load --all`: k6 with every kind of request, through the edge, on two origins that
//! share a store, a Redis and their keys.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::options::Options;
use crate::balancer::Balancer;
use crate::binaries::{self, Binaries};
use crate::origin::{self, Documents};
use crate::processes::{Memory, Processes, TemporaryDir};
use crate::secrets::{self, Secrets};
use crate::stack::{Edge, Runtime};
use crate::{bucket, checkout, http, mailbox, progress, redis};

const ORIGINS: [&str; 2] = ["origin-1", "origin-2"];
/// Approves the partners of the test.
const OPERATOR: &str = "operator@load.example";
const GRANT_EVERY: Duration = Duration::from_secs(1);
const START_LIMIT: Duration = Duration::from_mins(1);
/// A key pair that everybody knows (RFC 8037, appendix A): each origin accepts what the other signed.
const SIGNING_KEYS: &str = "tests/fixtures/rfc8037.json";

/// A line of what k6/all.js writes at its end.
#[derive(Debug, Deserialize)]
struct Line {
    name: String,
    requests: u64,
    median_ms: f64,
    p95_ms: f64,
    p99_ms: f64,
    limit_ms: f64,
    failed_rate: f64,
}

impl Line {
    /// Whether it was measured at all, and is within its limits.
    fn is_met(&self) -> bool {
        self.requests > 0 && self.p95_ms < self.limit_ms && self.failed_rate < 0.001
    }
}

pub(super) fn run(
    options: &Options,
    k6: &Path,
    binaries: &Binaries,
    build_dir: &Path,
) -> Result<()> {
    let dir = TemporaryDir::create("load-all")?;
    let edge_dir = TemporaryDir::create_in_memory("load-all-edge")?;
    let mut processes = Processes::new(dir.path().join("logs"))?;
    let system = System::new(
        options,
        dir.path(),
        edge_dir.path(),
        binaries,
        &mut processes,
    )?;
    let running = system.start(options, build_dir, &mut processes)?;
    let summary = dir.path().join("summary.json");
    let (mut command, granting) = system.traffic(options, k6, "k6/all.js", &running, &summary);
    command.env("TOKEN", &system.secrets.admin_token);
    if let Some(limit_ms) = options.limit_ms {
        command.env("LIMIT_MS", limit_ms.to_string());
    }
    let at_rest = memory(&running, &processes)?;
    progress::announce("k6 with every kind of request, through the edge");
    let met = processes.run(&mut command)?.success();
    drop(granting);
    let under_load = memory(&running, &processes)?;
    drop(processes);
    for ((name, before), (_, after)) in at_rest.iter().zip(&under_load) {
        println!(
            "memory of {name}: {} MiB when ready, at most {} MiB",
            before.now_bytes >> 20,
            after.peak_bytes >> 20
        );
    }
    report(&read(&summary)?, met)
}

fn memory(running: &Running, processes: &Processes) -> Result<Vec<(&'static str, Memory)>> {
    let names = running.origins.iter().map(|origin| origin.name);
    names
        .map(|name| Ok((name, processes.memory_of(name)?)))
        .collect()
}

/// Tries to make an account an administrator, until it is one or this is dropped.
#[must_use]
pub(super) struct Granting(Arc<AtomicBool>);

impl Drop for Granting {
    fn drop(&mut self) {
        self.0.store(false, Relaxed);
    }
}

/// What all origins and commands of the system are told.
fn environment(options: &Options, redis_url: &str) -> Result<Vec<(&'static str, String)>> {
    let keys = checkout::root().join(SIGNING_KEYS);
    let keys =
        fs::read_to_string(&keys).with_context(|| format!("cannot read {}", keys.display()))?;
    Ok(vec![
        ("YOUSOON_REDIS_URL", redis_url.to_owned()),
        (
            "YOUSOON_MONGODB_URL",
            options.mongodb_url.clone().unwrap_or_default(),
        ),
        ("YOUSOON_JWT_KEYS", keys.clone()),
        ("YOUSOON_QR_KEYS", keys),
        ("YOUSOON_RATE_LIMITS", "on".to_owned()),
        ("RUST_LOG", "warn".to_owned()),
    ])
}

pub(super) struct System<'a> {
    dir: &'a Path,
    edge_dir: &'a Path,
    binaries: &'a Binaries,
    secrets: Secrets,
    environment: Vec<(&'static str, String)>,
    mailbox_port: u16,
}

/// What runs.
pub(super) struct Running {
    pub(super) edge_port: u16,
    pub(super) balancer: Balancer,
    pub(super) origins: Vec<Origin>,
}

#[derive(Clone, Copy)]
pub(super) struct Origin {
    pub(super) name: &'static str,
    pub(super) port: u16,
    pub(super) metrics_port: u16,
}

impl<'a> System<'a> {
    /// Starts its Redis, its bucket, and the mailbox in which the owners of partners find their links.
    pub(super) fn new(
        options: &Options,
        dir: &'a Path,
        edge_dir: &'a Path,
        binaries: &'a Binaries,
        processes: &mut Processes,
    ) -> Result<Self> {
        let redis = redis::start(&dir.join("redis"), processes)?;
        let mailbox_port = http::free_port()?;
        let fakes = binaries::build_fake_providers()?;
        // Nobody pays or has an identity checked here, so nothing is reported.
        mailbox::start(&fakes, mailbox_port, None, processes)?;
        let mut environment = environment(options, &redis)?;
        environment.extend(mailbox::of_emails(mailbox_port));
        environment.extend(bucket::start(&dir.join("bucket"), processes)?);
        Ok(Self {
            dir,
            edge_dir,
            binaries,
            secrets: secrets::load_or_create(dir)?,
            environment,
            mailbox_port,
        })
    }

    /// k6 with a script that prepares people, and what makes one of them the operator who approves partners.
    pub(super) fn traffic(
        &self,
        options: &Options,
        k6: &Path,
        script: &str,
        running: &Running,
        summary: &Path,
    ) -> (Command, Granting) {
        let mailbox = format!("http://127.0.0.1:{}/mailbox.json", self.mailbox_port);
        let mut command = super::k6::command(k6, script, summary, options);
        command
            .env("TARGET", format!("http://127.0.0.1:{}", running.edge_port))
            .env("MANIFEST", origin::manifest_file(self.dir))
            .env("MAILBOX", mailbox)
            .env("OPERATOR", OPERATOR);
        (command, self.grant_operator(options))
    }

    /// Starts all of it.
    pub(super) fn start(
        &self,
        options: &Options,
        build_dir: &Path,
        processes: &mut Processes,
    ) -> Result<Running> {
        let edge_port = http::free_port()?;
        let mut origins = Vec::new();
        for name in ORIGINS {
            let origin = Origin {
                name,
                port: http::free_port()?,
                metrics_port: http::free_port()?,
            };
            if origins.is_empty() {
                self.fill(
                    &self.settings(options, origin, edge_port),
                    options,
                    processes,
                )?;
            }
            self.start_origin(options, origin, edge_port, processes)?;
            origins.push(origin);
        }
        let first = origins.first().context("there are origins")?;
        let first = self.settings(options, *first, edge_port);
        origin::publish(&first, &self.secrets, self.binaries, processes)?;
        let balancer = Balancer::start(origins.iter().map(|origin| origin.port).collect())?;
        let edge = Edge {
            data_dir: self.edge_dir,
            build_dir,
            port: edge_port,
            origin_url: format!("http://127.0.0.1:{}", balancer.port),
            runtime: Runtime::Bare,
            traced_share: 0.0,
        };
        edge.start(&self.secrets, processes)?;
        Ok(Running {
            edge_port,
            balancer,
            origins,
        })
    }

    fn settings(&self, options: &Options, origin: Origin, edge_port: u16) -> origin::Settings<'_> {
        origin::Settings {
            data_dir: self.dir,
            offers: options.offers,
            port: origin.port,
            edge_url: Some(format!("http://127.0.0.1:{edge_port}")),
            redis: origin::Redis::AsInEnvironment,
            documents: Documents::Published,
        }
    }

    /// Makes the account that approves the partners of the test an administrator, as soon as k6 has made it and
    /// its address is verified.
    fn grant_operator(&self, options: &Options) -> Granting {
        let mut grant = Command::new(&self.binaries.yousoon);
        grant.args(["role", OPERATOR, "--admin", "--yes"]);
        if options.mongodb_url.is_none() {
            grant.env("YOUSOON_DATA_DIR", origin::data_dir(self.dir));
        }
        grant.envs(self.environment.clone());
        grant.stdout(Stdio::null()).stderr(Stdio::null());
        let goes_on = Arc::new(AtomicBool::new(true));
        let asked = Arc::clone(&goes_on);
        std::thread::spawn(move || {
            while asked.load(Relaxed) && !grant.status().is_ok_and(|status| status.success()) {
                std::thread::sleep(GRANT_EVERY);
            }
        });
        Granting(goes_on)
    }

    /// Starts an origin and waits until it is ready.
    pub(super) fn start_origin(
        &self,
        options: &Options,
        origin: Origin,
        edge_port: u16,
        processes: &mut Processes,
    ) -> Result<()> {
        let settings = self.settings(options, origin, edge_port);
        let mut serve = origin::serve(&settings, &self.secrets, self.binaries);
        let metrics = format!("127.0.0.1:{}", origin.metrics_port);
        serve.env("YOUSOON_METRICS_LISTEN", metrics);
        processes.start(origin.name, serve.envs(self.environment.clone()))?;
        processes.wait_until(origin.name, START_LIMIT, || {
            http::is_ready(origin.port, "/readyz")
        })
    }

    /// The store's schema and its sample offers.
    fn fill(
        &self,
        settings: &origin::Settings<'_>,
        options: &Options,
        processes: &mut Processes,
    ) -> Result<()> {
        if options.mongodb_url.is_some() {
            let mut migrate = Command::new(&self.binaries.yousoon);
            migrate.arg("migrate").envs(self.environment.clone());
            processes.run_step("bringing the schema of MongoDB up to date", &mut migrate)?;
        }
        let mut seed = origin::seeding(settings, self.binaries);
        let title = format!("seeding {} offers unless there are some", settings.offers);
        processes.run_step(&title, seed.envs(self.environment.clone()))
    }
}

fn read(summary: &PathBuf) -> Result<Vec<Line>> {
    let json = fs::read_to_string(summary).context("k6 wrote no summary: the reason is above")?;
    serde_json::from_str(&json).context("k6's summary has another format than k6/all.js says")
}

/// Prints a line an operation; an error names those that are over a limit.
fn report(lines: &[Line], met: bool) -> Result<()> {
    println!(
        "\n{:<40} {:>8} {:>9} {:>8} {:>8} {:>8} {:>9}",
        "", "requests", "median ms", "p95 ms", "p99 ms", "limit ms", "% failed"
    );
    for line in lines {
        println!(
            "{:<40} {:>8} {:>9.1} {:>8.1} {:>8.1} {:>8} {:>9.2} {}",
            line.name,
            line.requests,
            line.median_ms,
            line.p95_ms,
            line.p99_ms,
            line.limit_ms,
            line.failed_rate * 100.0,
            if line.is_met() { "met" } else { "NOT met" }
        );
    }
    let missed: Vec<&str> = lines
        .iter()
        .filter(|line| !line.is_met())
        .map(|line| &*line.name)
        .collect();
    if !missed.is_empty() {
        bail!(
            "{} of {} lines are not met: {}",
            missed.len(),
            lines.len(),
            missed.join("; ")
        );
    }
    if !met {
        bail!("k6's thresholds are not met");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(requests: u64, p95_ms: f64, failed_rate: f64) -> Line {
        Line {
            name: "Me".to_owned(),
            requests,
            median_ms: 1.0,
            p95_ms,
            p99_ms: 1.0,
            limit_ms: 50.0,
            failed_rate,
        }
    }

    #[test]
    fn what_was_slow_failed_or_was_never_asked_is_not_met() {
        assert!(report(&[line(10, 49.9, 0.0009)], true).is_ok());
        for missed in [line(0, 0.0, 0.0), line(10, 50.0, 0.0), line(10, 1.0, 0.001)] {
            let error = report(&[line(10, 1.0, 0.0), missed], true).unwrap_err();
            assert_eq!(error.to_string(), "1 of 2 lines are not met: Me");
        }
        assert!(report(&[line(10, 1.0, 0.0)], false).is_err());
    }
}
