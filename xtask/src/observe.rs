//! `cargo xtask observe`: what `up` starts, with some traffic, and beside it what an operator sees it
//! with: Jaeger for traces, Prometheus for metrics and alerts, VictoriaLogs for the log.

mod programs;
mod servers;
mod shipping;

use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::Result;

use crate::binaries::{self, Binaries, Profile};
use crate::origin::{self, Documents};
use crate::processes::{Processes, TemporaryDir};
use crate::stack::{Runtime, Settings, Stack};
use crate::test::{self, Count};
use crate::{build_edge, checkout, http, mailbox, redis, tools, up};

pub(crate) use self::programs::Programs;
use self::servers::Servers;
use self::shipping::Shipper;

/// The tests that only [`check`] runs: it starts the servers that they ask.
pub(crate) const TESTS: &str = "observed::";
/// The origin sends its last spans before it ends.
const ORIGIN_ENDS_WITHIN: Duration = Duration::from_secs(10);
const OFFERS: u32 = 500;
const ROUNDS: &str = "2";

#[derive(Debug, clap::Args)]
// `up::Options` has the default name already.
#[group(id = "observe")]
pub(crate) struct Options {
    #[command(flatten)]
    up: up::Options,
    /// Start all of it on free ports, follow one request through it, and end.
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let programs = Programs::ensure()?;
    if options.check {
        let build_dir = build_edge::build(&tools::ensure()?, Profile::Release)?;
        let count = check(&programs, &binaries::build(Profile::Dev)?, &build_dir)?;
        println!("{count}");
        return Ok(count.exit_code());
    }
    let (settings, binaries) = up::prepare(&options.up, ".yousoon/observe")?;
    let mut observed = Observed::start(settings, Servers::at_usual_ports()?, &programs, &binaries)?;
    let mut traffic = observed.traffic();
    observed.stack.processes.start("traffic", &mut traffic)?;
    up::print_ready(&observed.stack, &binaries)?;
    observed.servers.print();
    let outcome = observed.stack.processes.hold();
    println!("• stopping …");
    observed.end();
    outcome.map(|()| ExitCode::SUCCESS)
}

/// Follows one request through Jaeger, VictoriaLogs and Prometheus.
pub(crate) fn check(programs: &Programs, binaries: &Binaries, build_dir: &Path) -> Result<Count> {
    let dir = TemporaryDir::create("observe")?;
    let settings = Settings {
        data_dir: dir.path().to_path_buf(),
        edge_dir: dir.path().join("edge"),
        runtime: Runtime::Miniflare,
        build_dir: build_dir.to_path_buf(),
        offers: OFFERS,
        origin_port: http::free_port()?,
        edge_port: http::free_port()?,
        documents: Documents::All,
        environment: Vec::new(),
        traced_share: 0.0,
    };
    let mut observed = Observed::start(settings, Servers::at_free_ports()?, programs, binaries)?;
    let mut traffic = observed.traffic();
    let processes = &mut observed.stack.processes;
    processes.run_step("sending some traffic", traffic.args(["--rounds", ROUNDS]))?;
    let mut cargo = test::cargo_test();
    cargo
        .args(["-p", "e2e", "--test", "e2e"])
        .args(["--", "--show-output", TESTS])
        .envs(observed.addresses());
    let count = test::run_phase("following one request", &mut cargo)?;
    observed.end();
    Ok(count)
}

/// All that runs.
struct Observed {
    stack: Stack,
    servers: Servers,
    shipper: Shipper,
    mailbox_port: u16,
}

impl Observed {
    fn start(
        mut settings: Settings,
        servers: Servers,
        programs: &Programs,
        binaries: &Binaries,
    ) -> Result<Self> {
        let mut processes = Processes::new(settings.data_dir.join("logs"))?;
        servers.start(programs, &settings.data_dir, &mut processes)?;
        let redis = redis::start(&settings.data_dir.join("redis"), &mut processes)?;
        settings.environment = servers.variables_of_origin();
        settings.environment.push(("YOUSOON_REDIS_URL", redis));
        let mailbox_port = http::free_port()?;
        mailbox::start(
            &binaries::build_fake_providers()?,
            mailbox_port,
            Some(&settings.origin_url()),
            &mut processes,
        )?;
        settings
            .environment
            .extend(mailbox::of_emails(mailbox_port));
        settings.traced_share = 1.0;
        let stack = Stack::start_beside(processes, settings, binaries)?;
        let log = stack.settings.data_dir.join("logs/origin.log");
        Ok(Self {
            shipper: Shipper::start(log, servers.logs),
            stack,
            servers,
            mailbox_port,
        })
    }

    fn traffic(&self) -> Command {
        let mut node = Command::new("node");
        node.arg(checkout::root().join("xtask/observe/traffic.mjs"))
            .env("TARGET", self.stack.settings.edge_url())
            .env(
                "MAILBOX",
                format!("http://127.0.0.1:{}/mailbox.json", self.mailbox_port),
            )
            .env(
                "MANIFEST",
                origin::manifest_file(&self.stack.settings.data_dir),
            );
        node
    }

    /// What tests are told.
    fn addresses(&self) -> [(&'static str, String); 5] {
        let manifest = origin::manifest_file(&self.stack.settings.data_dir);
        let at = |port: u16| format!("http://127.0.0.1:{port}");
        [
            ("OBSERVED_EDGE_URL", self.stack.settings.edge_url()),
            ("OBSERVED_MANIFEST", manifest.display().to_string()),
            ("JAEGER_URL", at(self.servers.jaeger)),
            ("PROMETHEUS_URL", at(self.servers.prometheus)),
            ("VICTORIA_LOGS_URL", at(self.servers.logs)),
        ]
    }

    /// Ends the origin first: the others take what it has left to tell.
    fn end(mut self) {
        let ended = self.stack.processes.end("origin", ORIGIN_ENDS_WITHIN);
        if let Err(error) = ended {
            eprintln!("{error:#}");
        }
        drop(self.shipper);
    }
}
