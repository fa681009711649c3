//! `pq`: builds, checks, compares and publishes the manifest of persisted documents, and retires those
//! that nobody asks for.

mod build;
mod check;
mod diff;
mod doors;
mod ids;
mod operations;
mod options;
mod origin;
mod publish;
mod retire;
mod table;
mod token;
mod usage;

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use clap::Parser as _;
use encoding_rs::UTF_8;
use pq_core::Manifest;
use pq_core::compile::Compiler;

use crate::options::{
    Arguments, BuildOptions, CheckOptions, Command, DiffOptions, PublishOptions, RetireOptions,
    UsageOptions,
};
use crate::origin::Origin;
use crate::retire::Wanted;
use crate::usage::Usage;

/// The exit code of `pq publish --await` when documents were published, and a door does not answer them.
const NOT_EVERYWHERE: u8 = 3;

/// What a command prints, and its exit code.
type Done = (String, ExitCode);

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
        Command::Build(options) => build(&options)?,
        Command::Check(options) => check(options)?,
        Command::Diff(options) => diff(&options)?,
        Command::Publish(options) => publish(options)?,
        Command::Usage(options) => usage(options)?,
        Command::Retire(options) => retire(options)?,
    };
    // Not `print!`, which panics when the reader has closed the pipe (`| head`).
    match std::io::stdout().write_all(report.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(error).context("cannot write the report")
        }
        _ => Ok(code),
    }
}

fn build(options: &BuildOptions) -> anyhow::Result<Done> {
    let compiler = compiler(&options.schema)?;
    let (client, form) = (options.client.as_deref(), options.sent_as.into());
    let built = build::run(&compiler, &options.operations, client, form)?;
    let json = built.manifest.to_json()?;
    if let Some(folder) = &options.ids {
        ids::write(&ids::files(&built.manifest)?, folder)?;
    }
    let out = &options.out;
    std::fs::write(out, json).with_context(|| format!("cannot write {}", out.display()))?;
    for warning in built.warnings {
        eprintln!("pq: warning: {warning}");
    }
    Ok((built.report, ExitCode::SUCCESS))
}

fn check(options: CheckOptions) -> anyhow::Result<Done> {
    let usage = match &options.url {
        Some(url) => {
            let token = options.token.read()?;
            Some(Usage::of(&Origin::new(url, &token)?, options.days)?)
        }
        None => None,
    };
    let manifest = manifest(&options.manifest)?;
    let checked = check::run(&compiler(&options.schema)?, &manifest, usage.as_ref());
    Ok((checked.report, code_of(checked.broken == 0)))
}

fn diff(options: &DiffOptions) -> anyhow::Result<Done> {
    let (old, new) = (manifest(&options.old)?, manifest(&options.new)?);
    let report = diff::run(&old, &new, options.client.as_deref());
    Ok((report, ExitCode::SUCCESS))
}

fn publish(options: PublishOptions) -> anyhow::Result<Done> {
    let token = options.token.read()?;
    let manifest = manifest(&options.manifest)?;
    let mut report = publish::run(&manifest, &options.url, &token)?;
    if !options.wait {
        return Ok((report, ExitCode::SUCCESS));
    }
    let mut doors = options.doors;
    if doors.is_empty() {
        doors.push(options.url);
    }
    let patience = Duration::from_secs(options.timeout_s);
    let awaited = doors::wait(&manifest, &doors, &token, patience)?;
    report.push_str(&awaited.report);
    let code = if awaited.complete {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(NOT_EVERYWHERE)
    };
    Ok((report, code))
}

fn usage(options: UsageOptions) -> anyhow::Result<Done> {
    let token = options.token.read()?;
    let origin = Origin::new(&options.url, &token)?;
    let report = usage::run(&origin, options.days, options.document.as_deref())?;
    Ok((report, ExitCode::SUCCESS))
}

fn retire(options: RetireOptions) -> anyhow::Result<Done> {
    let token = options.token.read()?;
    let except = options.except.as_deref().map(manifest).transpose()?;
    let wanted = Wanted {
        ids: &options.ids,
        except: except.as_ref(),
        unused_days: options.unused_days,
        dry_run: options.dry_run,
    };
    let retired = retire::run(&Origin::new(&options.url, &token)?, &wanted)?;
    Ok((retired.report, code_of(retired.all)))
}

fn code_of(good: bool) -> ExitCode {
    if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
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
