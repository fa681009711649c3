//! `cargo xtask bench-lists`: how long lists of offers take that no cache has, over HTTP, by one client
//! on this machine; and how long the catalogue index takes to load, and how much memory it has.
//!
//! The peer is the least that such a list takes: rstar's tree of all offers in memory behind axum
//! (`xtask/peers/bare-rtree`). It answers in the same run about the same rows, so the ratio to it says
//! what GraphQL, reading the offers, words and coherence cost on top.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::bench::{self, Figure, Machine, Target};
use crate::binaries::{self, Binaries, Profile};
use crate::manifest::Manifest;
use crate::origin::{self, Settings};
use crate::processes::{Processes, TemporaryDir};
use crate::secrets::{self, Secrets};
use crate::{checkout, http, progress, redis};

mod catalogue;
mod kinds;
mod questions;
mod timing;

use kinds::{KINDS, Kind};
use timing::{Times, median_ms};

/// Lists of each kind in a round.
const LISTS: u32 = 400;
/// In this time the memory that loading freed has gone back to the system.
const SETTLED: Duration = Duration::from_secs(3);
const PEER_START_LIMIT: Duration = Duration::from_mins(1);
/// Up to so many offers a kind's first limit holds, with more the second.
const FEW: u32 = 100_000;
const MANY: u32 = 1_000_000;
const LOAD_S: f64 = 20.0;
const SEED_S: f64 = 90.0;
const BYTES_AN_OFFER: f64 = 300.0;
const ON_MONGODB_MS: f64 = 10.0;

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The number of offers; may be repeated.
    #[arg(long, value_name = "N", default_values_t = [5_000, FEW, MANY], value_parser = clap::value_parser!(u32).range(1..=4_000_000))]
    offers: Vec<u32>,
    /// Measure also with 100,000 offers in this MongoDB or Azure DocumentDB. The database that the URL
    /// names gets them, and keeps them for the next run.
    #[arg(
        long,
        value_name = "URL",
        env = "YOUSOON_TEST_MONGODB_URL",
        hide_env_values = true
    )]
    mongodb_url: Option<String>,
    /// How often each kind of list is measured; the median counts.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
}

impl Options {
    pub(crate) fn on(self, mongodb_url: Option<String>) -> Self {
        Self {
            mongodb_url,
            ..self
        }
    }
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let figures = measure(options)?;
    println!("\n{}\n{}", Machine::this(), bench::figures_header());
    for figure in &figures {
        println!("{figure}");
    }
    let missed = figures.iter().filter(|one| one.is_met() == Some(false));
    match missed.count() {
        0 => Ok(()),
        missed => bail!("{missed} targets are not met"),
    }
}

/// As [`run`], for the table of all benchmarks.
pub(crate) fn measure(options: &Options) -> Result<Vec<Figure>> {
    let peer = binaries::build_peer("bare-rtree")?;
    let binaries = Binaries::locate(Profile::Release)?;
    let mut figures = Vec::new();
    // The smallest first: the memory of the others is compared with its.
    let mut sizes = options.offers.clone();
    sizes.sort_unstable();
    let mut smallest = None;
    for offers in sizes {
        let mut embedded = Embedded::start(offers, &binaries)?;
        let smallest = *smallest.get_or_insert(embedded.size);
        figures.extend(embedded.costs(smallest));
        let peer_port = embedded.start_peer(&peer)?;
        let name = format!("{} offers", thousands(offers));
        let many = usize::from(offers > FEW);
        let limit = |kind: &Kind| kind.below_ms[many];
        let lists = Lists {
            name: &name,
            rounds: options.rounds,
            origin_port: embedded.port,
            peer_port: Some(peer_port),
            manifest: &embedded.manifest,
        };
        figures.extend(lists.measure(limit)?);
    }
    figures.extend(on_mongodb(options, &binaries)?);
    Ok(figures)
}

/// How much memory an origin has with so many offers.
#[derive(Clone, Copy, Debug)]
struct Size {
    offers: u32,
    memory_kib: u32,
}

/// An origin on an embedded store with many offers.
struct Embedded {
    processes: Processes,
    folder: PathBuf,
    port: u16,
    manifest: Manifest,
    seeded: Option<Duration>,
    loaded: Duration,
    size: Size,
    _logs: TemporaryDir,
}

impl Embedded {
    fn start(offers: u32, binaries: &Binaries) -> Result<Self> {
        let logs = TemporaryDir::create("bench-lists")?;
        let mut processes = Processes::new(logs.path().to_owned())?;
        let folder = catalogue::folder(offers)?;
        let settings = settings(&folder, offers, origin::Redis::Without)?;
        let seeded = catalogue::ensure(&settings, binaries, &mut processes)?;
        let secrets = secrets::load_or_create(&folder)?;
        let mut serve = origin::serve(&settings, &secrets, binaries);
        progress::announce(&format!("loading {} offers", thousands(offers)));
        let began = Instant::now();
        origin::start_ready(&settings, &mut processes, &mut serve)?;
        let loaded = began.elapsed();
        progress::done(began);
        thread::sleep(SETTLED);
        let size = Size {
            offers,
            memory_kib: memory_kib(&processes)?,
        };
        let port = settings.port;
        let manifest = publish(&settings, &secrets, binaries, &mut processes)?;
        Ok(Self {
            processes,
            folder,
            port,
            manifest,
            seeded,
            loaded,
            size,
            _logs: logs,
        })
    }

    /// How long seeding and loading took, and the memory for each offer.
    fn costs(&self, smallest: Size) -> Vec<Figure> {
        let Size { offers, memory_kib } = self.size;
        let most = |limit| (offers == MANY).then_some(Target::ValueBelow(limit));
        let figure = |what: &str, value, unit, limit| Figure {
            target: most(limit),
            ..Figure::plain(format!("{} offers: {what}", thousands(offers)), value, unit)
        };
        let mut figures = Vec::new();
        if let Some(seeded) = self.seeded {
            figures.push(figure("to seed", seeded.as_secs_f64(), "s", SEED_S));
        }
        let loaded = self.loaded.as_secs_f64();
        figures.push(figure("from start to ready", loaded, "s", LOAD_S));
        let more = offers - smallest.offers;
        if more > 0 {
            let kib = memory_kib.saturating_sub(smallest.memory_kib);
            let each = f64::from(kib) * 1_024.0 / f64::from(more);
            figures.push(figure("memory for each", each, "B", BYTES_AN_OFFER));
        }
        figures
    }

    fn start_peer(&mut self, program: &Path) -> Result<u16> {
        let port = http::free_port()?;
        let database = origin::data_dir(&self.folder).join("yousoon.sqlite");
        let mut peer = Command::new(program);
        peer.arg(format!("127.0.0.1:{port}")).arg(database);
        self.processes.start("bare-rtree", &mut peer)?;
        let what = "rstar behind axum";
        self.processes
            .wait_until(what, PEER_START_LIMIT, || http::is_ready(port, "/readyz"))?;
        Ok(port)
    }
}

fn settings(folder: &Path, offers: u32, redis: origin::Redis) -> Result<Settings<'_>> {
    Ok(Settings {
        data_dir: folder,
        offers,
        port: http::free_port()?,
        edge_url: None,
        redis,
        documents: origin::Documents::Published,
    })
}

fn publish(
    settings: &Settings<'_>,
    secrets: &Secrets,
    binaries: &Binaries,
    processes: &mut Processes,
) -> Result<Manifest> {
    let documents = checkout::root().join("xtask/src/bench_lists/documents");
    let options = ["--client", "bench"];
    origin::publish_folder(&documents, &options, settings, secrets, binaries, processes)
}

/// The memory that the origin has allocated, without the pages of its program and other files.
fn memory_kib(processes: &Processes) -> Result<u32> {
    let id = processes.id_of("origin").context("it was started")?;
    let status = fs::read_to_string(format!("/proc/{id}/status"));
    let status = status.context("only Linux says how much memory a process has")?;
    let kib = bench::proc_value(&status, "RssAnon").and_then(|text| text.split(' ').next());
    Ok(kib.context("the kernel is older than 4.5")?.parse()?)
}

/// Lists of one catalogue.
struct Lists<'a> {
    name: &'a str,
    rounds: u32,
    origin_port: u16,
    peer_port: Option<u16>,
    manifest: &'a Manifest,
}

impl Lists<'_> {
    /// A figure for each kind; `limit_ms` is the limit of a kind's p95.
    fn measure(&self, limit_ms: impl Fn(&Kind) -> f64) -> Result<Vec<Figure>> {
        println!(
            "\n{:<28} {:>8} {:>8} {:>8} {:>9}",
            self.name, "p50 ms", "p95 ms", "p99 ms", "rstar p95"
        );
        let mut figures = Vec::new();
        for kind in &KINDS {
            // Not counted: the first lists find nothing warm.
            self.ask(kind, 0)?;
            let rounds: Vec<_> = (1..=self.rounds)
                .map(|round| self.ask(kind, round))
                .collect();
            let (ours, peers) = rounds.into_iter().collect::<Result<(Vec<_>, Vec<_>)>>()?;
            let peers: Vec<Times> = peers.into_iter().flatten().collect();
            let [p50, p95, p99] = [50, 95, 99].map(|percent| median_ms(&ours, percent));
            let peer = (!peers.is_empty()).then(|| median_ms(&peers, 95));
            let peer_ms = peer.map_or(String::new(), |ms| format!("{ms:.2}"));
            let name = kind.name;
            println!("{name:<28} {p50:>8.2} {p95:>8.2} {p99:>8.2} {peer_ms:>9}");
            figures.push(Figure {
                ratio: peer.map(|peer| p95 / peer),
                target: Some(Target::ValueBelow(limit_ms(kind))),
                ..Figure::plain(format!("{}: {name}, p95", self.name), p95, "ms")
            });
        }
        Ok(figures)
    }

    /// Asks the origin, and the peer if it has this kind.
    fn ask(&self, kind: &Kind, round: u32) -> Result<(Times, Option<Times>)> {
        let numbers = round * LISTS..(round + 1) * LISTS;
        let paths: Vec<String> = numbers
            .clone()
            .map(|number| {
                self.manifest
                    .path_of(kind.operation, &kind.variables(number))
            })
            .collect::<Result<_>>()?;
        let ours = Times::ask(self.origin_port, &paths, timing::is_executed)?;
        let paths: Option<Vec<String>> = numbers.map(|number| kind.peer_path(number)).collect();
        let peer = match (self.peer_port, paths) {
            (Some(port), Some(paths)) => Some(Times::ask(port, &paths, timing::is_list)?),
            (None, _) | (_, None) => None,
        };
        Ok((ours, peer))
    }
}

/// The same lists with the offers in MongoDB.
fn on_mongodb(options: &Options, binaries: &Binaries) -> Result<Vec<Figure>> {
    let name = format!("{} offers in MongoDB", thousands(FEW));
    let Some(url) = &options.mongodb_url else {
        return Ok(vec![Figure::not_run(&name, "no server by URL")]);
    };
    let dir = TemporaryDir::create("bench-lists-mongodb")?;
    let mut processes = Processes::new(dir.path().join("logs"))?;
    let redis_url = redis::start(&dir.path().join("redis"), &mut processes)?;
    let environment = [
        ("YOUSOON_MONGODB_URL", url),
        ("YOUSOON_REDIS_URL", &redis_url),
    ];
    let settings = settings(dir.path(), FEW, origin::Redis::AsInEnvironment)?;
    let mut migrate = Command::new(&binaries.yousoon);
    migrate.arg("migrate").envs(environment);
    processes.run_step("bringing the schema of MongoDB up to date", &mut migrate)?;
    let mut seed = origin::seeding(&settings, binaries);
    let title = format!("seeding {} offers unless there are some", thousands(FEW));
    processes.run_step(&title, seed.envs(environment))?;
    let secrets = secrets::load_or_create(dir.path())?;
    let mut serve = origin::serve(&settings, &secrets, binaries);
    progress::announce(&format!("loading {} offers", thousands(FEW)));
    let began = Instant::now();
    origin::start_ready(&settings, &mut processes, serve.envs(environment))?;
    let loaded_s = began.elapsed().as_secs_f64();
    progress::done(began);
    let manifest = publish(&settings, &secrets, binaries, &mut processes)?;
    let lists = Lists {
        name: &name,
        rounds: options.rounds,
        origin_port: settings.port,
        peer_port: None,
        manifest: &manifest,
    };
    let loaded = Figure::plain(format!("{name}: from start to ready"), loaded_s, "s");
    let mut figures = vec![loaded];
    figures.extend(lists.measure(|_kind| ON_MONGODB_MS)?);
    Ok(figures)
}

/// With a comma before each three digits.
fn thousands(number: u32) -> String {
    match number {
        0..1_000 => number.to_string(),
        _ => format!("{},{:03}", thousands(number / 1_000), number % 1_000),
    }
}

#[cfg(test)]
mod tests {
    use super::thousands;

    #[test]
    fn numbers_have_commas() {
        for (number, text) in [(7, "7"), (5_000, "5,000"), (1_000_020, "1,000,020")] {
            assert_eq!(thousands(number), text);
        }
    }
}
