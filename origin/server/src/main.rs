//! The origin's program. Each command is one function.

mod commands;

use std::{io::Write as _, path::PathBuf, process::ExitCode, sync::Arc};

use anyhow::Context as _;
use api::{
    caches::Caches,
    schema,
    services::{Clock, ReadObserver},
};
use cache_core::{PurgeKind, Tag};
use clap::{ArgGroup, Args, CommandFactory as _, Parser, Subcommand, error::ErrorKind};
use commands::{
    access::{RoleOptions, TokenCommand},
    cache::CacheCommand,
    config::ConfigCommand,
    database::DatabaseOptions,
    migrate::MigrateOptions,
    print_audit::{as_json, as_line},
    server::Server,
    transfer::{CopyOptions, ExportOptions, RestoreOptions},
};
use domain::{
    GeoPoint, OfferId, PartnerId,
    catalogue::seed,
    purges::{AuditFilter, LogRole},
};
use pq_core::DocumentHash;
use purging::{self, PurgeLog, PurgeRequest, PurgeTarget, Reason, Run};
use reqwest::Url;
use yousoon::{
    catalogue::import,
    config::{Config, cache_from_env},
    database::Database,
    error_page, server,
    state::AppState,
    telemetry,
};

const DEFAULT_OFFERS: usize = 5_000;

/// Yousoon's origin.
#[derive(Parser)]
#[command(name = "yousoon", version, disable_help_subcommand = true)]
struct Cli {
    #[command(flatten)]
    database: DatabaseOptions,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve GraphQL; configured by environment variables, see `config check`.
    Serve,
    /// Fill the database with sample offers, the same every time.
    Seed(SeedOptions),
    /// Import places from a CSV file.
    Import { file: PathBuf },
    /// Bring the schema of MongoDB up to date; safe beside others that do the same.
    Migrate(MigrateOptions),
    /// Write all that was entered, and the audit, into a folder.
    Export(ExportOptions),
    /// Read an export back, and check that all of it is there.
    Restore(RestoreOptions),
    /// Move a database into another one, and check that they are the same.
    Copy(CopyOptions),
    /// Print the schema as SDL.
    Schema,
    /// Print the error codes as a Markdown page.
    Errors,
    /// Purge cached answers, and tell who did; a running server relays it.
    Purge(PurgeCommand),
    /// Tokens of services: what they may do, and for how long.
    #[command(subcommand)]
    Token(TokenCommand),
    /// Say what an account is for.
    Role(RoleOptions),
    /// Ask a running server about its caches.
    #[command(subcommand)]
    Cache(CacheCommand),
    /// Tell what the environment says to the server.
    #[command(subcommand)]
    Config(ConfigCommand),
}

#[derive(Args)]
struct SeedOptions {
    #[arg(long, default_value_t = DEFAULT_OFFERS)]
    offers: usize,
    /// Do nothing when there are offers.
    #[arg(long)]
    if_empty: bool,
}

#[derive(Args)]
// Not `args_conflicts_with_subcommands`: `--data-dir` between the two words would conflict as well.
#[command(subcommand_negates_reqs = true)]
struct PurgeCommand {
    #[command(subcommand)]
    action: Option<PurgeAction>,
    #[command(flatten)]
    options: Option<PurgeOptions>,
}

#[derive(Subcommand)]
enum PurgeAction {
    /// Print the audit: who purged what, and why. Newest first.
    Log(LogOptions),
}

#[derive(Args)]
struct LogOptions {
    #[arg(long, default_value_t = 50)]
    limit: usize,
    /// Only purges of this tag, or of everything.
    #[arg(long)]
    tag: Option<Tag>,
    /// Only this actor's, such as `cli` or `service token`.
    #[arg(long)]
    actor: Option<String>,
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
#[command(group(ArgGroup::new("target").required(true).args(["offer", "partner", "tag", "geo", "document", "all"])))]
struct PurgeOptions {
    #[arg(long, value_name = "ID", value_parser = offer_id)]
    offer: Option<OfferId>,
    #[arg(long, value_name = "ID", value_parser = partner_id)]
    partner: Option<PartnerId>,
    #[arg(long)]
    tag: Option<Tag>,
    /// Every list whose search may reach this place.
    #[arg(long, value_name = "LAT,LNG", value_parser = place, allow_hyphen_values = true)]
    geo: Option<GeoPoint>,
    /// All answers of one document.
    #[arg(long, value_name = "HASH")]
    document: Option<DocumentHash>,
    #[arg(long)]
    all: bool,
    /// May still be served while it is refreshed.
    #[arg(long)]
    soft: bool,
    /// Print what would be purged, and purge nothing.
    #[arg(long)]
    dry_run: bool,
    /// For the audit, at most 200 characters.
    #[arg(long, value_parser = reason)]
    reason: Reason,
    /// A running server [env: YOUSOON_ORIGIN_URL] with the token YOUSOON_ADMIN_TOKEN; without one,
    /// the store itself is worked on.
    // Not flattened: clap could not tell any more whether these options are there at all.
    #[arg(long)]
    url: Option<Url>,
}

fn main() -> ExitCode {
    let Cli { database, command } = Cli::parse();
    telemetry::init();
    let outcome = match command {
        Command::Serve => block_on(serve(database)),
        Command::Seed(options) => block_on(seed(database, options)),
        Command::Import { file } => block_on(import(database, file)),
        Command::Migrate(options) => block_on(commands::migrate::run(database, options)),
        Command::Export(options) => block_on(commands::transfer::export(database, options)),
        Command::Restore(options) => block_on(commands::transfer::restore(database, options)),
        Command::Copy(options) => block_on(commands::transfer::copy(options)),
        Command::Schema => {
            print!("{}", schema::sdl());
            Ok(())
        }
        Command::Errors => {
            print!("{}", error_page::markdown());
            Ok(())
        }
        Command::Purge(PurgeCommand { action, options }) => match (action, options) {
            (Some(PurgeAction::Log(options)), None) => block_on(purge_log(database, options)),
            (Some(PurgeAction::Log(_)), Some(_)) => Cli::command()
                .error(
                    ErrorKind::ArgumentConflict,
                    "`purge log` purges nothing: it has no target and no reason",
                )
                .exit(),
            (None, Some(options)) => block_on(purge(database, options)),
            (None, None) => Err(anyhow::anyhow!("a purge has a target")),
        },
        Command::Token(command) => block_on(commands::access::token(database, command)),
        Command::Role(options) => block_on(commands::access::role(database, options)),
        Command::Cache(command) => block_on(commands::cache::run(command)),
        Command::Config(command) => commands::config::run(&command),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn block_on(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    tokio::runtime::Runtime::new()?.block_on(work)
}

async fn serve(database: DatabaseOptions) -> anyhow::Result<()> {
    // Before anything is touched: a wrong setting leaves no trace.
    let config = Config::from_env()?;
    let db = database.open(LogRole::Server).await?;
    let state = AppState::new(config, db, Clock::System, ReadObserver::default()).await?;
    Ok(server::serve(state).await?)
}

async fn seed(database: DatabaseOptions, options: SeedOptions) -> anyhow::Result<()> {
    let db = database.open(LogRole::Tool).await?;
    if options.if_empty && !db.catalogue.is_empty().await? {
        println!("there are offers already");
        return Ok(());
    }
    // Before anything is written: a wrong setting leaves no trace.
    let log = open_log(&db).await?;
    let now_ms = Clock::System.now_ms();
    let progress = |done, wanted| tracing::debug!(done, wanted, "seeding");
    let report = seed::seed(&*db.catalogue, options.offers, now_ms, &progress).await?;
    log.drain_outbox(now_ms).await?;
    println!(
        "added {} offers, {} establishments, {} partners",
        report.offers, report.establishments, report.partners
    );
    Ok(())
}

/// The log, for a command beside the servers: purges that it cannot append are left to them.
async fn open_log(db: &Database) -> anyhow::Result<PurgeLog> {
    let config = cache_from_env()?;
    let clock = cache_tiered::Clock::new(|| Clock::System.now_ms().unsigned_abs());
    let caches = Caches::new(&config, &clock);
    let (redis, now_ms) = (caches.redis_log(&config), Clock::System.now_ms());
    let backend = db.log(redis, LogRole::Tool, now_ms).await?;
    Ok(PurgeLog::open(Arc::clone(&db.purges), backend, caches.feed).await?)
}

async fn import(database: DatabaseOptions, file: PathBuf) -> anyhow::Result<()> {
    let db = database.open(LogRole::Tool).await?;
    let log = open_log(&db).await?;
    let now_ms = Clock::System.now_ms();
    let report = import::import_csv(&*db.catalogue, &file, now_ms, "cli").await?;
    log.drain_outbox(now_ms).await?;
    for (line, why) in &report.bad_lines {
        eprintln!("line {line}: {why}");
    }
    println!(
        "added {}, already there {}, left out {}",
        report.added,
        report.already_there,
        report.bad_lines.len()
    );
    Ok(())
}

async fn purge(database: DatabaseOptions, options: PurgeOptions) -> anyhow::Result<()> {
    let asked = PurgeRequest {
        target: options.target()?,
        kind: if options.soft {
            PurgeKind::Soft
        } else {
            PurgeKind::Hard
        },
        run: if options.dry_run { Run::Dry } else { Run::Real },
        reason: options.reason,
        actor: "cli".to_owned(),
    };
    if let Some(server) = Server::find(options.url.as_ref())? {
        return commands::purge::ask(&server, &asked).await;
    }
    let log = open_log(&database.open(LogRole::Tool).await?).await?;
    let report = purging::request(&log, asked, Clock::System.now_ms()).await?;
    for tag in &report.tags {
        println!("{}", tag.as_str());
    }
    match (options.dry_run, report.revision) {
        (true, _) => println!(
            "dry run: nothing was purged (what is kept that it would affect, a running server knows: --url)"
        ),
        (false, Some(revision)) => println!("revision {revision}"),
        (false, None) => println!("queued: a running server appends it to its purge log"),
    }
    Ok(())
}

async fn purge_log(database: DatabaseOptions, options: LogOptions) -> anyhow::Result<()> {
    let db = database.open(LogRole::Tool).await?;
    let filter = AuditFilter {
        tag: options.tag,
        actor: options.actor,
    };
    let rows = db.purges.audit(None, options.limit, filter).await?;
    let mut out = std::io::stdout().lock();
    for row in &rows {
        if options.json {
            writeln!(out, "{}", as_json(row))?;
        } else {
            writeln!(out, "{}", as_line(row))?;
        }
    }
    Ok(())
}

impl PurgeOptions {
    fn target(&self) -> anyhow::Result<PurgeTarget> {
        let named = [
            self.offer.clone().map(PurgeTarget::Offer),
            self.partner.clone().map(PurgeTarget::Partner),
            self.tag.clone().map(PurgeTarget::Tag),
            self.geo.map(PurgeTarget::Geo),
            self.document.map(PurgeTarget::Document),
            self.all.then_some(PurgeTarget::Everything),
        ];
        named
            .into_iter()
            .flatten()
            .next()
            .context("a purge has exactly one target")
    }
}

fn offer_id(text: &str) -> Result<OfferId, String> {
    OfferId::parse(text).ok_or_else(|| "an id is 24 lowercase hex characters".to_owned())
}

fn partner_id(text: &str) -> Result<PartnerId, String> {
    PartnerId::parse(text).ok_or_else(|| "an id is 24 lowercase hex characters".to_owned())
}

fn place(text: &str) -> Result<GeoPoint, String> {
    let parsed = text
        .split_once(',')
        .and_then(|(lat, lng)| GeoPoint::new(lat.trim().parse().ok()?, lng.trim().parse().ok()?));
    parsed.ok_or_else(|| "a place is a latitude, a comma and a longitude".to_owned())
}

fn reason(text: &str) -> Result<Reason, String> {
    Reason::parse(text).ok_or_else(|| "a reason is 1 to 200 characters on one line".to_owned())
}
