//! `cargo xtask bench-traces`: what traces cost a hit: the same origin with traces off, with one
//! request in a hundred traced, and with all of them, in turns, in one run.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;

use anyhow::Result;

use crate::bench::{self, Comparison, Contender, Proof};
use crate::bench_origin::answers::Answers;
use crate::binaries::{self, Profile};
use crate::processes::{Processes, TemporaryDir};
use crate::{origin, secrets};

const OFFERS: u32 = 5_000;
const OFF: &str = "off";
/// Each origin, the share of requests that it traces, and the least that it answers of what the one
/// without traces does.
const ORIGINS: [(&str, &str, Option<&str>, Option<f64>); 3] = [
    (OFF, "traces off", None, None),
    ("hundredth", "1 % traced", Some("0.01"), Some(0.97)),
    ("all", "all traced", Some("1"), None),
];

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    turns: bench::Turns,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    bench::require_wrk()?;
    let binaries = binaries::build(Profile::Release)?;
    let dir = TemporaryDir::create("bench-traces")?;
    let mut processes = Processes::new(dir.path().join("logs"))?;
    let collector = format!("http://127.0.0.1:{}", start_collector()?);
    let mut contenders = Vec::new();
    let mut workload = None;
    for (name, label, share, at_least) in ORIGINS {
        let port = crate::http::free_port()?;
        let data_dir = dir.path().join(name);
        std::fs::create_dir(&data_dir)?;
        let settings = origin::Settings {
            data_dir: &data_dir,
            offers: OFFERS,
            port,
            edge_url: None,
            redis: origin::Redis::Without,
            documents: origin::Documents::Published,
        };
        let secrets = secrets::load_or_create(&data_dir)?;
        processes.run_step(
            &format!("seeding {OFFERS} offers"),
            &mut origin::seeding(&settings, &binaries),
        )?;
        let mut serve = origin::serve(&settings, &secrets, &binaries);
        serve.env("RUST_LOG", "warn");
        if let Some(share) = share {
            serve
                .env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector)
                .env("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
                .env("OTEL_TRACES_SAMPLER_ARG", share);
        }
        origin::start_named(name, &settings, &mut processes, &mut serve)?;
        let manifest = origin::publish(&settings, &secrets, &binaries, &mut processes)?;
        if workload.is_none() {
            workload = Some(Answers::collect(&manifest, port)?.into_workload());
        }
        contenders.push(Contender {
            name,
            label,
            port,
            proof: Proof::Hit {
                cache: "yousoon-origin",
                tier: "l1",
            },
            comparison: Comparison {
                of: name,
                over: OFF,
                at_least,
            },
        });
    }
    let workload = workload.unwrap_or_else(|| bench::Workload(Vec::new()));
    let rounds = bench::measure(
        &mut processes,
        &options.turns,
        &contenders,
        &workload,
        dir.path(),
    )?;
    drop(processes);
    rounds.print(&contenders, "÷ off");
    println!("\nA request that is traced has a log line too; RUST_LOG is warn here.");
    rounds.require_targets(&contenders)
}

/// Takes whatever is exported and forgets it.
fn start_collector() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let port = listener.local_addr()?.port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || forget(stream));
        }
    });
    Ok(port)
}

/// Answers each request of a connection; ends with the connection.
fn forget(stream: TcpStream) -> std::io::Result<()> {
    let mut writer = stream.try_clone()?;
    let mut reader = BufReader::new(stream);
    loop {
        let mut length = 0;
        let mut line = String::new();
        loop {
            line.clear();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            if line.trim().is_empty() {
                break;
            }
            let header = line.to_ascii_lowercase();
            if let Some(value) = header.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or(0);
            }
        }
        std::io::copy(&mut reader.by_ref().take(length), &mut std::io::sink())?;
        writer.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")?;
    }
}
