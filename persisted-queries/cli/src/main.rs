//! `pq`: builds, checks, compares and publishes the manifest of persisted documents.

mod build;
mod check;
mod diff;
mod operations;
mod publish;
mod table;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use pq_core::Manifest;
use pq_core::compile::Compiler;

/// Persisted documents: build, check, diff and publish.
#[derive(Debug, Parser)]
#[command(name = "pq", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Compile documents into a manifest; print each document's policy, and for each query that the
    /// edge cannot cache, why.
    Build {
        /// The file with the origin's SDL.
        #[arg(long)]
        schema: PathBuf,
        /// A folder with one sub-folder of .graphql files per client, or an Apollo or Relay manifest.
        #[arg(long)]
        operations: PathBuf,
        /// The file to write the manifest to.
        #[arg(long)]
        out: PathBuf,
    },
    /// Check which published documents a new schema breaks, by client; exit with 1 if any.
    Check {
        /// The file with the new SDL.
        #[arg(long)]
        schema: PathBuf,
        /// The published manifest.
        #[arg(long)]
        manifest: PathBuf,
    },
    /// Show which documents a new manifest adds, removes or gives another policy.
    Diff {
        /// The published manifest.
        old: PathBuf,
        /// The new manifest.
        new: PathBuf,
    },
    /// Publish a manifest at the origin: adds new documents, and leaves published ones unchanged.
    Publish {
        /// The manifest.
        #[arg(long)]
        manifest: PathBuf,
        /// The origin's base URL.
        #[arg(long)]
        url: String,
        /// A service token with the scope `documents`, or an administrator's access token.
        #[arg(long, env = "YOUSOON_ADMIN_TOKEN", hide_env_values = true)]
        token: String,
    },
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(code) => code,
        Err(error) => {
            // `{:#}` prints the error and its causes on one line.
            eprintln!("pq: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    let (report, code) = match command {
        Command::Build {
            schema,
            operations,
            out,
        } => {
            let (manifest, report) = build::run(&compiler(&schema)?, &operations)?;
            let json = manifest.to_json()?;
            std::fs::write(&out, json)
                .with_context(|| format!("cannot write {}", out.display()))?;
            (report, ExitCode::SUCCESS)
        }
        Command::Check {
            schema,
            manifest: path,
        } => {
            let checked = check::run(&compiler(&schema)?, &manifest(&path)?);
            let code = if checked.broken > 0 {
                ExitCode::FAILURE
            } else {
                ExitCode::SUCCESS
            };
            (checked.report, code)
        }
        Command::Diff { old, new } => {
            let report = diff::run(&manifest(&old)?, &manifest(&new)?);
            (report, ExitCode::SUCCESS)
        }
        Command::Publish {
            manifest: path,
            url,
            token,
        } => {
            let report = publish::run(&manifest(&path)?, &url, &token)?;
            (report, ExitCode::SUCCESS)
        }
    };
    // Not `print!`, which panics when the reader has closed the pipe (`| head`).
    match std::io::stdout().write_all(report.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(error).context("cannot write the report")
        }
        _ => Ok(code),
    }
}

fn compiler(path: &Path) -> anyhow::Result<Compiler> {
    let sdl = read(path)?;
    Compiler::new(&sdl).with_context(|| path.display().to_string())
}

fn manifest(path: &Path) -> anyhow::Result<Manifest> {
    let json = read(path)?;
    Manifest::from_json(&json).with_context(|| path.display().to_string())
}

fn read(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}
