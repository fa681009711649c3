//! `pq`: builds, checks, compares and publishes the manifest of persisted documents.

mod build;
mod check;
mod diff;
mod ids;
mod operations;
mod publish;
mod table;
mod token;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use clap::{Parser, Subcommand, ValueEnum};
use encoding_rs::UTF_8;
use pq_core::Manifest;
use pq_core::compile::Compiler;
use pq_core::compile::folder::Form;

/// Persisted documents: build, check, diff and publish.
#[derive(Debug, Parser)]
#[command(name = "pq", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Compile documents into a manifest; print each document's policy and hash, and for each query
    /// that the edge cannot cache, why.
    Build {
        /// The file with the origin's SDL.
        #[arg(long)]
        schema: PathBuf,
        /// A folder with one sub-folder of .graphql or .gql files per client, or a manifest: ours,
        /// Apollo's, Relay's, or a map from hashes to names and sources. A document may use the
        /// fragments of all files of its client.
        #[arg(long)]
        operations: PathBuf,
        /// The client of all documents; a folder is then this client's own, without sub-folders for
        /// clients.
        #[arg(long, value_name = "NAME")]
        client: Option<String>,
        /// Which text of a document clients send, and hash.
        #[arg(long = "as", value_enum, default_value_t)]
        sent_as: SentAs,
        /// The file to write the manifest to.
        #[arg(long)]
        out: PathBuf,
        /// Also write <CLIENT>.json for each client into this folder: a map from the names of its
        /// operations to their hashes, for the client to send them.
        #[arg(long, value_name = "DIR")]
        ids: Option<PathBuf>,
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
    /// Show which documents a new manifest adds, removes or gives another policy. Only the clients
    /// that it names are compared.
    Diff {
        /// The published manifest.
        old: PathBuf,
        /// The new manifest.
        new: PathBuf,
        /// Compare only this client; documents of a new manifest that names no client are its.
        #[arg(long, value_name = "NAME")]
        client: Option<String>,
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
        token: Option<String>,
        /// A file that holds the token.
        #[arg(long, value_name = "FILE", env = "YOUSOON_ADMIN_TOKEN_FILE")]
        token_file: Option<PathBuf>,
    },
}

/// What `--as` takes.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum SentAs {
    /// The file's exact text. A document that uses fragments of other files has none, and is written
    /// as with `apollo`.
    #[default]
    File,
    /// The text that Apollo Client sends, as @apollo/generate-persisted-query-manifest writes it: with
    /// the fragments of other files and `__typename`, and printed as graphql-js does.
    Apollo,
}

impl From<SentAs> for Form {
    fn from(sent_as: SentAs) -> Self {
        match sent_as {
            SentAs::File => Self::File,
            SentAs::Apollo => Self::Apollo,
        }
    }
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
            client,
            sent_as,
            out,
            ids,
        } => {
            let compiler = compiler(&schema)?;
            let built = build::run(&compiler, &operations, client.as_deref(), sent_as.into())?;
            let json = built.manifest.to_json()?;
            if let Some(folder) = ids {
                ids::write(&ids::files(&built.manifest)?, &folder)?;
            }
            std::fs::write(&out, json)
                .with_context(|| format!("cannot write {}", out.display()))?;
            for warning in built.warnings {
                eprintln!("pq: warning: {warning}");
            }
            (built.report, ExitCode::SUCCESS)
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
        Command::Diff { old, new, client } => {
            let report = diff::run(&manifest(&old)?, &manifest(&new)?, client.as_deref());
            (report, ExitCode::SUCCESS)
        }
        Command::Publish {
            manifest: path,
            url,
            token,
            token_file,
        } => {
            let token = token::read(token, token_file.as_deref())?;
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

/// The text of a file without a byte order mark, which some editors write and no client sends. After
/// the mark of UTF-16, which PowerShell writes, the file is read as that.
fn read(path: &Path) -> anyhow::Result<String> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let (text, encoding, is_malformed) = UTF_8.decode(&bytes);
    let encoding = encoding.name();
    ensure!(!is_malformed, "{} is not {encoding}", path.display());
    Ok(text.into_owned())
}
