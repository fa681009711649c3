//! `cargo xtask bench-origin`: hits per second of the origin's own cache, asked directly, beside
//! bare axum with the same bytes, Varnish in front of the same origin, and GraphQL Yoga with its
//! response cache; all on this machine, in turns, in one run.

use std::path::Path;

use anyhow::Result;

use crate::bench::{self, Comparison, Contender, Figure, Proof, Rounds};
use crate::binaries::{self, Binaries, Profile};
use crate::manifest::Manifest;
use crate::processes::{Processes, TemporaryDir};
use crate::{debian, http, origin, secrets, tools};

pub(crate) mod answers;
mod peers;

use answers::Answers;
use peers::Peers;

/// As many as `cargo xtask up` has.
const OFFERS: u32 = 5_000;

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    turns: bench::Turns,
    /// Measure the origin also when its answers are no hits of its cache.
    #[arg(long)]
    allow_uncached: bool,
}

const ORIGIN: &str = "origin";

pub(crate) fn run(options: &Options) -> Result<()> {
    let (rounds, contenders) = compare(options)?;
    rounds.require_targets(&contenders)
}

/// As [`run`], for the table of all benchmarks.
pub(crate) fn measure(options: &Options) -> Result<Vec<Figure>> {
    let (rounds, contenders) = compare(options)?;
    Ok(rounds.figures(&contenders))
}

fn compare(options: &Options) -> Result<(Rounds, Vec<Contender>)> {
    bench::require_wrk()?;
    let varnishd = debian::ensure("varnishd", "varnish")?;
    tools::ensure_node_modules(&peers::yoga_dir(), "GraphQL Yoga (about 10 s)")?;
    let bare_axum = binaries::build_peer("bare-axum")?;
    let dir = TemporaryDir::create("bench-origin")?;
    let mut processes = Processes::new(dir.path().join("logs"))?;
    let origin_port = http::free_port()?;
    let manifest = start_origin(&mut processes, dir.path(), origin_port)?;
    let answers = Answers::collect(&manifest, origin_port)?;
    println!(
        "  {} different answers, {} bytes on average",
        answers.len(),
        answers.mean_bytes()
    );
    let peers = Peers {
        dir: dir.path(),
        origin_port,
        bare_axum,
        varnishd,
        answers: answers.write(dir.path())?,
        answers_count: answers.len(),
    };
    let mut contenders = vec![Contender {
        name: ORIGIN,
        label: "the origin",
        port: origin_port,
        proof: if options.allow_uncached {
            Proof::Obvious
        } else {
            Proof::Hit {
                cache: "yousoon-origin",
                tier: "l1",
            }
        },
        comparison: Comparison {
            of: ORIGIN,
            over: ORIGIN,
            at_least: None,
        },
    }];
    contenders.extend(peers.start(&mut processes)?);
    let workload = answers.into_workload();
    let rounds = bench::measure(
        &mut processes,
        &options.turns,
        &contenders,
        &workload,
        dir.path(),
    )?;
    drop(processes);
    rounds.print(&contenders, "origin ÷ it");
    print_notes(options);
    Ok((rounds, contenders))
}

/// The release build with sample offers; its own store, no Redis, no edge.
fn start_origin(processes: &mut Processes, dir: &Path, port: u16) -> Result<Manifest> {
    let settings = origin::Settings {
        data_dir: dir,
        offers: OFFERS,
        port,
        edge_url: None,
        redis: origin::Redis::Without,
        documents: origin::Documents::Published,
    };
    let secrets = secrets::load_or_create(dir)?;
    let binaries = Binaries::locate(Profile::Release)?;
    origin::start(&settings, &secrets, &binaries, processes)
}

fn print_notes(options: &Options) {
    println!(
        "
The origin, axum and Varnish use all cores. Node uses one for each process: Yoga is measured as one
process and as a cluster of two, and the target holds for the better of them."
    );
    if options.allow_uncached {
        println!(
            "--allow-uncached: whether the origin answered from its cache was not looked at, so these
figures say nothing of its cache."
        );
    }
}
