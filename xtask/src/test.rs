//! `cargo xtask test`: every phase runs, the last line adds up.

use std::fmt;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result};

use crate::binaries::{self, Binaries, Profile};
use crate::failures::Failures;
use crate::{
    bucket, build_edge, checkout, debian, deploy, mongo_server, payments, progress, redis, site,
    structure, tools,
};

/// The test targets that hold for both targets bit by bit.
const GOLDEN: [&str; 8] = [
    "-p",
    "cache-core",
    "-p",
    "pq-core",
    "-p",
    "edge-core",
    "--test",
    "golden",
];

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Have clippy compile the crates, with its warnings as errors: one compilation lints and tests.
    #[arg(long)]
    lints: bool,
}

#[derive(Debug, Default, PartialEq, Eq, Clone, Copy)]
pub(crate) struct Count {
    passed: u64,
    failed: u64,
    skipped: u64,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let structure = checks(
        "checking which crate and file uses which",
        structure::violations,
    );
    let mut total = structure;
    total.add(checks("checking deploy/", deploy::violations));
    let tools = tools::ensure()?;
    let wasm_runner = tools::ensure_wasm_bindgen_test_runner(&tools)?;
    let parts = Parts::ensure()?;
    // The end-to-end tests say what is missing when this failed.
    if let Err(error) = build_edge::build(&tools, Profile::Release) {
        eprintln!("error: {error:#}");
        total.failed += 1;
    }
    // `cargo test` builds them, before it runs anything. Built alone they would have other features,
    // and everything would be compiled twice.
    let binaries = Binaries::locate(Profile::Dev)?;
    let mut workspace_tests = parts.workspace_tests(&binaries);
    if options.lints {
        compile_with_clippy(&mut workspace_tests);
    }
    let phases = [
        ("testing the workspace", workspace_tests),
        (
            "testing the golden vectors in WASM",
            golden_tests(&wasm_runner),
        ),
    ];
    for (title, mut command) in phases {
        progress::announce(title);
        total.add(run_phase(title, &mut command)?);
    }
    if structure.failed > 0 {
        // What it printed is far above.
        println!("the structure is not as it should be: see `cargo xtask structure`");
    }
    println!("{total}");
    Ok(total.exit_code())
}

/// One check: it has passed, or each violation is a failure.
fn checks(title: &str, violations: fn() -> Result<u64>) -> Count {
    progress::announce(title);
    let failed = violations().unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        1
    });
    Count {
        passed: u64::from(failed == 0),
        failed,
        skipped: 0,
    }
}

/// What tests use beside cargo and the binaries.
#[derive(Debug)]
pub(crate) struct Parts {
    mongo_server: Option<PathBuf>,
    /// Its tests are skipped without it.
    chromium: Option<PathBuf>,
    /// As are the backup's without these.
    rclone: Option<PathBuf>,
    /// As are those that move a program's clock without this.
    faketime: Option<PathBuf>,
    s3_server: Option<PathBuf>,
    /// As are those that ask servers of others that behave as Stripe without these.
    localstripe: Option<PathBuf>,
    stripe_mock: Option<PathBuf>,
}

impl Parts {
    pub(crate) fn ensure() -> Result<Self> {
        redis::ensure()?;
        for (folder, what) in [
            (
                "tests/graphql-http",
                "the audits of GraphQL over HTTP (about 5 s)",
            ),
            (
                "tests/manifest-generator",
                "Apollo's manifest generator (about 20 s)",
            ),
            ("tests/live", "the clients of subscriptions (about 5 s)"),
            (
                "tests/clients",
                "Apollo Client, urql, Relay and graphql-request (about 10 s)",
            ),
            (
                "tests/schema-tools",
                "graphql-eslint and GraphQL Inspector (about 20 s)",
            ),
            ("tests/pages", "a driver for Chromium (about 30 s)"),
        ] {
            tools::ensure_node_modules(&checkout::root().join(folder), what)?;
        }
        site::ensure()?;
        tools::ensure_graphql_js()?;
        tools::ensure_example()?;
        Ok(Self {
            mongo_server: mongo_server::ensure()?,
            chromium: debian::ensure("chromium", "chromium").ok(),
            rclone: debian::ensure("rclone", "rclone").ok(),
            faketime: debian::ensure("faketime", "faketime").ok(),
            s3_server: bucket::ensure().ok(),
            localstripe: payments::ensure_localstripe().ok(),
            stripe_mock: payments::ensure_stripe_mock().ok(),
        })
    }

    /// All tests but those of the worker, which builds for WASM only.
    pub(crate) fn workspace_tests(&self, binaries: &Binaries) -> Command {
        let mut cargo = cargo_test();
        cargo
            .args(["--workspace", "--exclude", "edge-worker"])
            // What a passing test prints is captured; its `skipped:` lines must be seen.
            .args(["--", "--show-output"]);
        give_binaries(&mut cargo, binaries);
        if let Some(jar) = &self.mongo_server {
            cargo.env("MONGO_SERVER_JAR", jar);
        }
        let programs = [
            ("CHROMIUM_BIN", &self.chromium),
            ("RCLONE_BIN", &self.rclone),
            ("FAKETIME_BIN", &self.faketime),
            ("S3_SERVER_BIN", &self.s3_server),
            ("LOCALSTRIPE_BIN", &self.localstripe),
            ("STRIPE_MOCK_BIN", &self.stripe_mock),
        ];
        for (variable, program) in programs {
            if let Some(program) = program {
                cargo.env(variable, program);
            }
        }
        cargo
    }
}

/// The end-to-end tests start these and build nothing.
pub(crate) fn give_binaries(cargo: &mut Command, binaries: &Binaries) {
    cargo
        .env("YOUSOON_BIN", &binaries.yousoon)
        .env("PQ_BIN", &binaries.pq)
        .env("EDGE_BUILD_DIR", build_edge::build_dir(Profile::Release));
}

/// Runs an example of the end-to-end tests that starts these. What it is given follows as arguments.
pub(crate) fn example(name: &str, binaries: &Binaries) -> Command {
    let mut cargo = checkout::cargo();
    cargo.args(["run", "--quiet", "-p", "e2e", "--example", name, "--"]);
    give_binaries(&mut cargo, binaries);
    cargo
}

/// An example that starts origins, Redis and the edge, as they are deployed.
pub(crate) fn example_of_a_cluster(name: &str) -> Result<Command> {
    let tools = tools::ensure()?;
    redis::ensure()?;
    build_edge::build(&tools, Profile::Release)?;
    Ok(example(name, &binaries::build(Profile::Release)?))
}

/// What `cargo clippy` does, for a command that compiles. The driver is rustc with more lints; dependencies are
/// compiled by rustc. Checking everything before it is compiled takes a third of the time that CI has.
fn compile_with_clippy(cargo: &mut Command) {
    cargo
        .env("RUSTC_WORKSPACE_WRAPPER", "clippy-driver")
        .env("CLIPPY_ARGS", "-Dwarnings__CLIPPY_HACKERY__");
}

fn golden_tests(wasm_runner: &Path) -> Command {
    let mut cargo = cargo_test();
    cargo
        .args(["--target", "wasm32-unknown-unknown"])
        .args(GOLDEN)
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", wasm_runner);
    cargo
}

pub(crate) fn cargo_test() -> Command {
    let mut cargo = checkout::cargo();
    cargo.args(["test", "--no-fail-fast"]);
    cargo
}

/// Runs one cargo, shows its output as it comes and counts; what failed is shown again in the end.
pub(crate) fn run_phase(title: &str, cargo: &mut Command) -> Result<Count> {
    let mut child = cargo
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| progress::not_started(cargo, &error))?;
    let stdout = child.stdout.take().context("cargo's output is not piped")?;
    let (mut count, mut failures) = (Count::default(), Failures::default());
    for line in BufReader::new(stdout).split(b'\n') {
        let line = line?;
        let mut terminal = std::io::stdout().lock();
        terminal.write_all(&line)?;
        terminal.write_all(b"\n")?;
        let line = String::from_utf8_lossy(&line);
        count.take_line(&line);
        failures.take_line(&line);
    }
    print!("{failures}");
    let status = child.wait()?;
    // A test that does not compile or crashes has no result line, and is a failure all the same.
    if !status.success() && count.failed == 0 {
        eprintln!("error: {title} failed ({status})");
        count.failed = 1;
    }
    Ok(count)
}

impl Count {
    /// Reads `test result: ok. 3 passed; 0 failed; 1 ignored; …` and `skipped: reason`.
    fn take_line(&mut self, line: &str) {
        if line.trim_start().starts_with("skipped:") {
            // libtest counts a test that returned early as passed, and says so later.
            self.skipped += 1;
        } else if let Some(result) = line.trim_start().strip_prefix("test result:") {
            self.passed += number_before(result, "passed");
            self.failed += number_before(result, "failed");
            self.skipped += number_before(result, "ignored");
        }
    }

    pub(crate) fn exit_code(self) -> ExitCode {
        if self.failed == 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            passed,
            failed,
            skipped,
        } = self;
        write!(f, "{passed} passed, {failed} failed, {skipped} skipped")
    }
}

fn number_before(result: &str, word: &str) -> u64 {
    let words: Vec<&str> = result
        .split([' ', ';'])
        .filter(|part| !part.is_empty())
        .collect();
    words
        .windows(2)
        .find(|pair| pair[1] == word)
        .and_then(|pair| pair[0].parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::Count;

    #[test]
    fn results_and_skips_are_added_up() {
        let mut count = Count::default();
        for line in [
            "running 3 tests",
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 2 filtered out; finished in 0.00s",
            "test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 filtered out; finished in 0.00s",
            "skipped: no MongoDB",
        ] {
            count.take_line(line);
        }
        assert_eq!(
            count,
            Count {
                passed: 4,
                failed: 2,
                skipped: 2
            }
        );
    }
}
