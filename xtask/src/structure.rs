//! `cargo xtask structure`: which crate, block and file uses which, and whether it may.
//!
//! What may use what is in [`rules`]; all else reads the sources and compares.

mod blocks;
mod circles;
mod crates;
mod edges;
mod files;
mod modules;
mod print;
mod report;
mod rules;
mod syntax;
#[cfg(test)]
mod tests;
mod tokens;
mod violation;
mod words;
mod workspace;

use std::process::ExitCode;

use anyhow::{Context, Result};

use report::Report;

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Print which file of this crate uses which, and by which path, and judge nothing.
    #[arg(long, value_name = "CRATE")]
    edges: Option<String>,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let report = Report::read()?;
    if let Some(name) = &options.edges {
        let package = report
            .crates
            .iter()
            .position(|source| source.package == *name);
        let package = package.with_context(|| format!("the workspace has no crate {name}"))?;
        print::edges(&report, package);
        return Ok(ExitCode::SUCCESS);
    }
    print::report(&report);
    Ok(if report.violations.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// For `cargo xtask test`: prints the report; returns how many violations there are.
pub(crate) fn violations() -> Result<u64> {
    let report = Report::read()?;
    print::report(&report);
    Ok(report.violations.len() as u64)
}
