//! `yousoon export`, `restore` and `copy`: transfer whole databases and verify them by checksums.

use std::{
    io::{IsTerminal as _, Write as _},
    path::PathBuf,
    sync::atomic::{AtomicU64, Ordering},
};

use anyhow::Context as _;
use api::services::Clock;
use clap::Args;
use domain::{purges::LogRole, rows::Collection};
use yousoon::{
    config::secret_from_env,
    transfer::{self, Existing, Sums},
};

use super::database::{self, DatabaseOptions, Missing};

#[derive(Args)]
pub(crate) struct ExportOptions {
    /// The folder to write to; created if missing, and must not contain an export. The files hold
    /// personal data and password hashes and have mode 0600.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
}

#[derive(Args)]
pub(crate) struct RestoreOptions {
    /// The folder that `export` wrote.
    dir: PathBuf,
    #[command(flatten)]
    existing: ExistingOptions,
}

#[derive(Args)]
pub(crate) struct CopyOptions {
    /// The source: mongodb://user:password@host/database, or the folder of an embedded database
    /// [env: YOUSOON_COPY_FROM, or YOUSOON_COPY_FROM_FILE for a file that holds it].
    // Both are parsed later, because clap's errors quote the value and it may contain a password.
    #[arg(long, value_name = "URL")]
    from: Option<String>,
    /// The target, in the same form [env: YOUSOON_COPY_TO, or YOUSOON_COPY_TO_FILE]. A MongoDB must
    /// have been migrated before.
    #[arg(long, value_name = "URL")]
    to: Option<String>,
    #[command(flatten)]
    existing: ExistingOptions,
}

#[derive(Args)]
struct ExistingOptions {
    /// Allow a target that already has offers and add what is missing: after a crash, or to repeat.
    #[arg(long)]
    into_existing: bool,
}

impl From<ExistingOptions> for Existing {
    fn from(options: ExistingOptions) -> Self {
        if options.into_existing {
            Self::Kept
        } else {
            Self::Refused
        }
    }
}

pub(crate) async fn export(
    database: DatabaseOptions,
    options: ExportOptions,
) -> anyhow::Result<()> {
    let from = database.open_existing().await?;
    let bar = Bar::default();
    let progress = |done, all| bar.show(done, all);
    let now_ms = Clock::System.now_ms();
    let sums = transfer::export(&from, &options.to, now_ms, &progress).await?;
    bar.end();
    // On stderr, because stdout contains only the checksums, which people compare.
    let mut err = std::io::stderr().lock();
    writeln!(
        err,
        "The files hold personal data and hashes of passwords: only their owner may read them (0600)."
    )?;
    print(&sums)
}

pub(crate) async fn restore(
    database: DatabaseOptions,
    options: RestoreOptions,
) -> anyhow::Result<()> {
    // Before a database is created: files that cannot be restored leave no trace.
    let files = transfer::Export::open(&options.dir)?;
    let to = database.open(LogRole::Tool).await?;
    let (bar, existing) = (Bar::default(), options.existing.into());
    let progress = |done, all| bar.show(done, all);
    let now_ms = Clock::System.now_ms();
    let sums = files.restore(&to, existing, now_ms, &progress).await?;
    bar.end();
    print(&sums)
}

pub(crate) async fn copy(options: CopyOptions) -> anyhow::Result<()> {
    let from = given(options.from, "--from", "YOUSOON_COPY_FROM")?;
    let to = given(options.to, "--to", "YOUSOON_COPY_TO")?;
    let from = database::open_at(&from, "--from", Missing::Refused).await?;
    let to = database::open_at(&to, "--to", Missing::Created).await?;
    let (bar, existing) = (Bar::default(), options.existing.into());
    let progress = |done, all| bar.show(done, all);
    let now_ms = Clock::System.now_ms();
    let sums = transfer::copy(&from, &to, existing, now_ms, &progress).await?;
    bar.end();
    print(&sums)
}

/// The value of an option, or of its variable.
fn given(
    value: Option<String>,
    option: &'static str,
    variable: &'static str,
) -> anyhow::Result<String> {
    let value = match value {
        Some(value) => Some(value),
        None => secret_from_env(variable)?,
    };
    value.with_context(|| format!("name a database with {option} or {variable}"))
}

/// Prints the checksum of each collection, now the same on both sides.
fn print(sums: &Sums) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    for collection in Collection::ALL {
        writeln!(out, "{collection} {}", sums.of(collection))?;
    }
    Ok(())
}

/// A progress bar on one line of stderr; draws nothing if stderr is not a terminal.
#[derive(Default)]
struct Bar {
    shown_percent: AtomicU64,
}

impl Bar {
    const WIDTH: usize = 40;

    fn show(&self, done: u64, all: u64) {
        let percent = (done * 100).checked_div(all).unwrap_or(100).min(100);
        let shown = self.shown_percent.swap(percent, Ordering::Relaxed);
        let mut err = std::io::stderr().lock();
        if shown == percent || !err.is_terminal() {
            return;
        }
        let filled = usize::try_from(percent).unwrap_or(0) * Self::WIDTH / 100;
        let bar = "#".repeat(filled);
        // Failing to draw, because the terminal is gone, must not stop the transfer.
        let _gone = write!(err, "\r[{bar:<40}] {percent:3} %  {done} of {all} partners");
        let _gone = err.flush();
    }

    fn end(&self) {
        let mut err = std::io::stderr().lock();
        if self.shown_percent.load(Ordering::Relaxed) > 0 && err.is_terminal() {
            let _gone = writeln!(err);
        }
    }
}
