//! `cargo xtask coverage`: which lines all tests run, by crate. Programs that tests start count as well.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::binaries::Binaries;
use crate::test::{self, Parts};
use crate::{build_edge, checkout, progress, tools};

const CARGO_LLVM_COV: (&str, &str) = ("cargo-llvm-cov", "0.9.1");
/// What each pure crate, and everything together, is to reach, in percent.
const GOAL_PURE: f64 = 97.0;
const GOAL: f64 = 90.0;
const PURE: [&str; 6] = [
    "cache/core",
    "persisted-queries/core",
    "edge/core",
    "origin/domain",
    "origin/catalogue-index",
    "origin/templates",
];
/// Folders that hold crates, and not one crate.
const NESTED: [&str; 5] = [
    "cache",
    "persisted-queries",
    "edge",
    "origin",
    "origin/providers",
];

/// Run all tests with coverage (about 25 min), and print it by crate.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Also print each file whose coverage is lower than this, in percent.
    #[arg(long, value_name = "PERCENT", default_value_t = 70.0)]
    files_below: f64,
    /// Print the figures of the last run again, and run nothing.
    #[arg(long)]
    again: bool,
}

#[derive(Deserialize)]
struct Report {
    data: Vec<Data>,
}

#[derive(Deserialize)]
struct Data {
    files: Vec<File>,
}

#[derive(Deserialize)]
struct File {
    filename: String,
    summary: Summary,
}

#[derive(Deserialize)]
struct Summary {
    lines: Lines,
}

/// How many lines have code, and how many of them ran.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
struct Lines {
    count: u64,
    covered: u64,
}

impl Lines {
    fn add(&mut self, other: Self) {
        self.count += other.count;
        self.covered += other.covered;
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "a share for people, with one decimal"
    )]
    fn percent(self) -> f64 {
        if self.count == 0 {
            return 100.0;
        }
        self.covered as f64 * 100.0 / self.count as f64
    }
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let program = tools::ensure_from_cargo(CARGO_LLVM_COV, "about 1 min")?;
    progress::step(
        "adding the tools of LLVM that read coverage",
        Command::new("rustup")
            .args(["component", "add", "llvm-tools"])
            .current_dir(checkout::root()),
    )?;
    let environment = environment(&program)?;
    if !options.again {
        measure(&program, &environment)?;
    }
    let mut report = llvm_cov(&program, &environment);
    let json = progress::output_of(report.args(["report", "--json", "--summary-only"]))?;
    let report: Report = serde_json::from_str(&json).context("no report of llvm-cov")?;
    let files = report.data.into_iter().flat_map(|data| data.files);
    print(&by_file(files), options.files_below);
    Ok(())
}

/// Runs all tests; also when some fail there is coverage.
fn measure(program: &Path, environment: &[(String, String)]) -> Result<()> {
    let parts = Parts::ensure()?;
    let tools = tools::ensure()?;
    build_edge::build(&tools, crate::binaries::Profile::Release)?;
    progress::step(
        "forgetting what ran before",
        llvm_cov(program, environment).args(["clean", "--workspace"]),
    )?;
    // Which the tests build.
    let folder = target_dir(environment)?.join("debug");
    let binaries = Binaries {
        yousoon: folder.join("yousoon"),
        pq: folder.join("pq"),
    };
    let title = "testing the workspace with coverage";
    progress::announce(title);
    let mut tests = parts.workspace_tests(&binaries);
    let count = test::run_phase(title, tests.envs(environment.iter().cloned()))?;
    println!("{count}");
    Ok(())
}

/// What makes cargo build for coverage, and programs write theirs.
fn environment(program: &Path) -> Result<Vec<(String, String)>> {
    let mut show = checkout::cargo();
    // Its own folder: what is built without coverage stays.
    let target = checkout::target_dir()?.join("coverage");
    show.env("CARGO_TARGET_DIR", &target)
        .env("PATH", path_with(program)?)
        .args(["llvm-cov", "show-env"]);
    let mut variables = parse(&progress::output_of(&mut show)?);
    variables.push(("CARGO_TARGET_DIR".to_owned(), target.display().to_string()));
    variables.push(("CARGO_PROFILE_DEV_DEBUG".to_owned(), "false".to_owned()));
    Ok(variables)
}

/// Lines such as `NAME='value'` or `NAME=value`.
fn parse(text: &str) -> Vec<(String, String)> {
    let pairs = text.lines().filter_map(|line| line.split_once('='));
    pairs
        .map(|(name, value)| {
            let name = name.trim_start_matches("export ");
            let value = value.trim_matches(['\'', '"']).replace("\\'", "'");
            (name.to_owned(), value)
        })
        .collect()
}

fn target_dir(environment: &[(String, String)]) -> Result<std::path::PathBuf> {
    let found = environment
        .iter()
        .find(|(name, _)| name == "CARGO_TARGET_DIR");
    Ok(found.context("a target folder")?.1.clone().into())
}

fn llvm_cov(program: &Path, environment: &[(String, String)]) -> Command {
    let mut command = Command::new(program);
    command
        .arg("llvm-cov")
        .envs(environment.iter().cloned())
        .current_dir(checkout::root());
    command
}

fn path_with(program: &Path) -> Result<std::ffi::OsString> {
    let dir = program.parent().context("a program is in a folder")?;
    let path = std::env::var_os("PATH").unwrap_or_default();
    let all = std::iter::once(dir.to_owned()).chain(std::env::split_paths(&path));
    Ok(std::env::join_paths(all)?)
}

/// Files of the repository by their path in it.
fn by_file(files: impl Iterator<Item = File>) -> BTreeMap<String, Lines> {
    let root = checkout::root();
    let mut all: BTreeMap<String, Lines> = BTreeMap::new();
    for File { filename, summary } in files {
        if let Ok(path) = Path::new(&filename).strip_prefix(&root) {
            let lines = all.entry(path.display().to_string()).or_default();
            lines.add(summary.lines);
        }
    }
    all
}

/// The folder of the crate that a file is in.
fn crate_of(path: &str) -> String {
    let mut folder = String::new();
    for part in path.split('/') {
        if !folder.is_empty() {
            folder.push('/');
        }
        folder.push_str(part);
        if !NESTED.contains(&folder.as_str()) {
            break;
        }
    }
    folder
}

/// What tests are and what only runs on a developer's machine is not what they test.
fn is_product(name: &str) -> bool {
    !matches!(name, "tests" | "xtask")
}

fn print(files: &BTreeMap<String, Lines>, files_below: f64) {
    let is_test = |path: &str| path.contains("/tests/") || path.ends_with("/tests.rs");
    let mut crates: BTreeMap<String, Lines> = BTreeMap::new();
    let (mut total, mut low) = (Lines::default(), Vec::new());
    for (path, lines) in files.iter().filter(|(path, _)| !is_test(path)) {
        let name = crate_of(path);
        if !is_product(&name) {
            continue;
        }
        crates.entry(name).or_default().add(*lines);
        total.add(*lines);
        if lines.percent() < files_below {
            low.push((path, lines));
        }
    }
    println!(
        "\n{:32} {:>7} {:>8} {:>7}",
        "crate", "lines", "covered", "goal"
    );
    for (name, lines) in &crates {
        let goal = if PURE.contains(&name.as_str()) {
            format!("{GOAL_PURE}")
        } else {
            String::new()
        };
        println!(
            "{name:32} {:>7} {:>7.1}% {goal:>7}",
            lines.count,
            lines.percent()
        );
    }
    println!(
        "{:32} {:>7} {:>7.1}% {GOAL:>7}",
        "all",
        total.count,
        total.percent()
    );
    low.sort_by(|one, other| one.1.percent().total_cmp(&other.1.percent()));
    println!("\nfiles below {files_below} %:");
    for (path, lines) in low {
        println!(
            "{:>5.1}% of {:>4} lines  {path}",
            lines.percent(),
            lines.count
        );
    }
}

#[cfg(test)]
mod tests {
    use super::{Lines, crate_of, parse};

    #[test]
    fn a_file_belongs_to_a_crate() {
        for (path, expected) in [
            ("cache/core/src/tag.rs", "cache/core"),
            (
                "origin/providers/outgoing/src/lib.rs",
                "origin/providers/outgoing",
            ),
            ("origin/server/src/main.rs", "origin/server"),
            ("xtask/src/main.rs", "xtask"),
        ] {
            assert_eq!(crate_of(path), expected);
        }
    }

    #[test]
    fn the_environment_is_read() {
        let text = "RUSTFLAGS='-C instrument-coverage --cfg=coverage'\nexport CARGO_LLVM_COV=1\n";
        let expected = [
            ("RUSTFLAGS", "-C instrument-coverage --cfg=coverage"),
            ("CARGO_LLVM_COV", "1"),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(parse(text), expected);
    }

    #[test]
    fn a_file_without_code_is_covered() {
        assert!((Lines::default().percent() - 100.0).abs() < f64::EPSILON);
        let half = Lines {
            count: 4,
            covered: 2,
        };
        assert!((half.percent() - 50.0).abs() < f64::EPSILON);
    }
}
