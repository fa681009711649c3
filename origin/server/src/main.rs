//! The `yousoon` program: its commands, one function each.

// An optimized build computes the layout of the future of each root field. They nest deeper than the
// compiler's own limit of 128.
#![recursion_limit = "256"]

mod commands;

use std::{io::Write as _, path::PathBuf, process::ExitCode, sync::Arc};

use anyhow::{Context as _, ensure};
use api::{
    caches::Caches,
    purges::mutations::PurgeResult,
    schema,
    services::{Clock, ReadObserver},
};
use cache_core::{PurgeKind, Tag};
use clap::{ArgGroup, Args, CommandFactory as _, Parser, Subcommand, error::ErrorKind};
use commands::{
    access::{RoleOptions, TokenCommand},
    audit::AuditCommand,
    cache::CacheCommand,
    config::ConfigCommand,
    database::DatabaseOptions,
    doctor::DoctorOptions,
    manual::{CompletionsOptions, ManOptions},
    migrate::MigrateOptions,
    payments::PaymentsCommand,
    print_audit::{as_json, as_line},
    progress::Progress,
    queue::QueueCommand,
    reviews::ReviewsCommand,
    server::Server,
    table::Format,
    transfer::{CopyOptions, ExportOptions, RestoreOptions},
};
use domain::{
    GeoPoint, OfferId, PartnerId,
    catalogue::seed,
    purges::{AuditFilter, LogRole},
};
use pq_core::DocumentHash;
use purging::{self, Afterwards, PurgeLog, PurgeRequest, PurgeTarget, Reason, Run};
use reqwest::Url;
use serde_json::json;
use yousoon::{
    catalogue::{import, sheet::Mode},
    config::{Config, cache_from_env, telemetry_from_env},
    database::Database,
    error_page, server,
    state::AppState,
    telemetry::{self, TelemetryConfig},
};

/// Every request allocates some hundred small blocks, on every core: the C library's allocator costs
/// more, and musl's much more.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

const DEFAULT_OFFERS: usize = 5_000;

/// Yousoon's origin server and its tools.
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
    /// Serve GraphQL. Environment variables configure it: `config check` lists them.
    Serve(ServeOptions),
    /// Fill the database with sample offers, the same ones every time.
    Seed(SeedOptions),
    /// Import a partner's own establishments and offers from a CSV or JSON file (docs/import.md); without a
    /// partner, make sample partners at the places in a CSV file.
    Import(ImportOptions),
    /// Bring the schema of MongoDB up to date; several may safely run at once.
    Migrate(MigrateOptions),
    /// Export all entered data and the audit into a folder.
    Export(ExportOptions),
    /// Restore an export into the database and verify that it is complete.
    Restore(RestoreOptions),
    /// Copy a database into another one and verify that both are the same.
    Copy(CopyOptions),
    /// Print the schema as SDL.
    Schema,
    /// Print the error codes as a Markdown page.
    Errors,
    /// Purge cached answers and record who did it; a running server relays the purge to the edges.
    Purge(PurgeCommand),
    /// Create, list and revoke the tokens with which services call the server.
    #[command(subcommand)]
    Token(TokenCommand),
    /// Set the role of an account.
    Role(RoleOptions),
    /// Look at messages that wait or were given up, and have them tried again.
    #[command(subcommand)]
    Queue(QueueCommand),
    /// Look at the money.
    #[command(subcommand)]
    Payments(PaymentsCommand),
    /// Check that ratings are what reviews add up to.
    #[command(subcommand)]
    Reviews(ReviewsCommand),
    /// Check what operators did.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Inspect the caches of a running server.
    #[command(subcommand)]
    Cache(CacheCommand),
    /// Check the server's configuration.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Look at configuration, keys, Redis, edges, clocks, database, documents and queue, and say what is wrong; changes
    /// nothing. Exit code 1 if something is.
    Doctor(DoctorOptions),
    /// Print the completions of commands for a shell.
    Completions(CompletionsOptions),
    /// Write the manual pages.
    Man(ManOptions),
}

#[derive(Args)]
struct ServeOptions {
    /// What this process does, separated by commas [env: YOUSOON_ROLES] [default:
    /// api,live,jobs,relay]. `api` answers queries and mutations, `live` has the subscriptions, `jobs`
    /// does what is due at a time, `relay` sends purges to the edges.
    #[arg(long)]
    roles: Option<String>,
}

#[derive(Args)]
struct SeedOptions {
    /// How many offers to add.
    #[arg(long, default_value_t = DEFAULT_OFFERS)]
    offers: usize,
    /// Do nothing if the database already has offers.
    #[arg(long)]
    if_empty: bool,
}

#[derive(Args)]
struct ImportOptions {
    file: PathBuf,
    /// Whose data it is.
    #[arg(long, value_name = "ID", value_parser = partner_id)]
    partner: Option<PartnerId>,
    /// Print what would change, line by line, and change nothing.
    #[arg(long, requires = "partner")]
    dry_run: bool,
    #[command(flatten)]
    format: Format,
}

#[derive(Args)]
// Not `args_conflicts_with_subcommands`: `purge --data-dir … log` would be a conflict as well.
#[command(subcommand_negates_reqs = true)]
struct PurgeCommand {
    #[command(subcommand)]
    action: Option<PurgeAction>,
    #[command(flatten)]
    options: Option<PurgeOptions>,
}

#[derive(Subcommand)]
enum PurgeAction {
    /// Print the audit, newest first: who purged what, and why.
    Log(LogOptions),
}

#[derive(Args)]
struct LogOptions {
    /// How many purges to show at most.
    #[arg(long, default_value_t = 50)]
    limit: usize,
    /// Show only purges that hit this tag: those of the tag and those of everything.
    #[arg(long)]
    tag: Option<Tag>,
    /// Show only purges by this actor, such as `cli` or `service token`.
    #[arg(long)]
    actor: Option<String>,
    #[command(flatten)]
    format: Format,
}

#[derive(Args)]
#[command(group(ArgGroup::new("target").required(true).args(["offer", "partner", "tag", "geo", "document", "all"])))]
#[expect(clippy::struct_excessive_bools, reason = "options of a command")]
struct PurgeOptions {
    /// Purge all answers that contain this offer.
    #[arg(long, value_name = "ID", value_parser = offer_id)]
    offer: Option<OfferId>,
    /// Purge all answers that contain this partner.
    #[arg(long, value_name = "ID", value_parser = partner_id)]
    partner: Option<PartnerId>,
    /// Purge all answers with this tag.
    #[arg(long)]
    tag: Option<Tag>,
    /// Purge every list whose search area may include this place.
    #[arg(long, value_name = "LAT,LNG", value_parser = place, allow_hyphen_values = true)]
    geo: Option<GeoPoint>,
    /// Purge all answers of one document.
    #[arg(long, value_name = "HASH")]
    document: Option<DocumentHash>,
    /// Purge everything.
    #[arg(long)]
    all: bool,
    /// Let caches serve the purged answers while they refresh them.
    #[arg(long)]
    soft: bool,
    /// Print what would be purged, and purge nothing.
    #[arg(long)]
    dry_run: bool,
    /// After the purge, have every cache make its hottest answers anew before they are asked for.
    #[arg(long)]
    warm: bool,
    /// The reason, kept in the audit; at most 200 characters.
    #[arg(long, value_parser = reason)]
    reason: Reason,
    /// Purge through the running server at this URL [env: YOUSOON_ORIGIN_URL], with the token in
    /// YOUSOON_ADMIN_TOKEN. Without a URL, the command writes to the database itself.
    // Not flattened: clap could then not tell whether any of these options was given.
    #[arg(long)]
    url: Option<Url>,
    /// Print the result as JSON.
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    let Cli { database, command } = Cli::parse();
    let telemetry = match command {
        // It reports all wrong settings, those of telemetry as well.
        Command::Config(_) | Command::Doctor(_) => Ok(TelemetryConfig::default()),
        _ => telemetry_from_env(),
    };
    let outcome = telemetry
        .map_err(Into::into)
        .and_then(|telemetry| run(database, command, telemetry));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(
    database: DatabaseOptions,
    command: Command,
    telemetry: TelemetryConfig,
) -> anyhow::Result<()> {
    // Only the server exports traces and reports errors: a command prints its errors to its user.
    let logs = TelemetryConfig {
        exports_traces: false,
        sentry: None,
        ..telemetry
    };
    if !matches!(command, Command::Serve(_)) {
        telemetry::init(&logs)?;
    }
    match command {
        Command::Serve(options) => block_on(serve(database, options)),
        Command::Seed(options) => block_on(seed(database, options)),
        Command::Import(options) => match options.partner {
            Some(partner) => {
                let mode = if options.dry_run {
                    Mode::DryRun
                } else {
                    Mode::Write
                };
                block_on(commands::import::run(
                    database,
                    &options.file,
                    partner,
                    mode,
                    options.format,
                ))
            }
            None => block_on(import(database, options.file, options.format)),
        },
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
        Command::Queue(command) => block_on(commands::queue::queue(database, command)),
        Command::Payments(command) => block_on(commands::payments::payments(database, command)),
        Command::Reviews(command) => block_on(commands::reviews::reviews(database, command)),
        Command::Audit(command) => block_on(commands::audit::audit(database, command)),
        Command::Cache(command) => block_on(commands::cache::run(command)),
        Command::Config(command) => commands::config::run(&command),
        Command::Doctor(options) => block_on(commands::doctor::run(database, options)),
        Command::Completions(options) => {
            commands::manual::completions(Cli::command(), &options);
            Ok(())
        }
        Command::Man(options) => commands::manual::pages(Cli::command(), &options),
    }
}

fn block_on(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    tokio::runtime::Runtime::new()?.block_on(work)
}

async fn serve(database: DatabaseOptions, options: ServeOptions) -> anyhow::Result<()> {
    // Before anything is touched: a wrong setting leaves no trace.
    let config = Config::from_env(options.roles.as_deref())?;
    // Sends what is left when it is dropped.
    let _telemetry = telemetry::init(&config.telemetry)?;
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
    let progress = Progress::new("seeding offers", options.offers);
    let at = |done, _all| progress.at(done);
    let report = seed::seed(&*db.catalogue, options.offers, now_ms, &at).await?;
    drop(progress);
    log.drain_outbox(now_ms).await?;
    println!(
        "added {} offers, {} establishments, {} partners",
        report.offers, report.establishments, report.partners
    );
    Ok(())
}

/// Opens the purge log for a command that runs beside the servers. Purges that the command cannot
/// append to the log are appended by the servers.
async fn open_log(db: &Database) -> anyhow::Result<PurgeLog> {
    let config = cache_from_env()?;
    let clock = cache_tiered::Clock::new(|| Clock::System.now_ms().unsigned_abs());
    let caches = Caches::new(&config, &clock);
    let (redis, now_ms) = (caches.redis_log(&config), Clock::System.now_ms());
    let backend = db.log(redis, LogRole::Tool, now_ms).await?;
    Ok(PurgeLog::open(Arc::clone(&db.purges), backend, caches.feed).await?)
}

async fn import(database: DatabaseOptions, file: PathBuf, format: Format) -> anyhow::Result<()> {
    // Before a database is created: a file that cannot be read leaves no trace.
    let places = import::read(&file).await?;
    let db = database.open(LogRole::Tool).await?;
    let log = open_log(&db).await?;
    let now_ms = Clock::System.now_ms();
    let report = import::add(&*db.catalogue, places, &file, now_ms, "cli").await?;
    log.drain_outbox(now_ms).await?;
    for (line, why) in &report.bad_lines {
        eprintln!("line {line}: {why}");
    }
    if format.json {
        let (added, already_there) = (report.added, report.already_there);
        let result = json!({"readAs": report.format.to_string(), "added": added, "alreadyThere": already_there,
            "leftOut": report.left_out});
        println!("{result}");
    } else {
        println!("read {} as {}", file.display(), report.format);
        println!(
            "added {}, already there {}, left out {}",
            report.added, report.already_there, report.left_out
        );
    }
    ensure!(
        report.left_out == 0,
        "lines of {} were left out: correct them and import the file again, which adds only what is missing",
        file.display()
    );
    Ok(())
}

async fn purge(database: DatabaseOptions, options: PurgeOptions) -> anyhow::Result<()> {
    let format = Format { json: options.json };
    let asked = PurgeRequest {
        target: options.target()?,
        kind: if options.soft {
            PurgeKind::Soft
        } else {
            PurgeKind::Hard
        },
        run: if options.dry_run { Run::Dry } else { Run::Real },
        afterwards: if options.warm {
            Afterwards::Warm
        } else {
            Afterwards::Wait
        },
        reason: options.reason,
        actor: "cli".to_owned(),
    };
    if let Some(server) = Server::find(options.url.as_ref())? {
        return commands::purge::ask(&server, &asked, format).await;
    }
    let log = open_log(&database.open_for_purges().await?).await?;
    let report = purging::request(&log, asked, Clock::System.now_ms()).await?;
    if format.json {
        // As a running server answers.
        let result = PurgeResult {
            revision: report.revision.map(|revision| revision.to_string()),
            tags: report
                .tags
                .iter()
                .map(|tag| tag.as_str().to_owned())
                .collect(),
            dry_run: options.dry_run,
            affected: None,
            cut: None,
            warmed: None,
            at: None,
        };
        println!("{}", serde_json::to_string(&result)?);
        return Ok(());
    }
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
    let db = database.open_for_purges().await?;
    let filter = AuditFilter {
        tag: options.tag,
        actor: options.actor,
    };
    let rows = db.purges.audit(None, options.limit, filter).await?;
    let mut out = std::io::stdout().lock();
    for row in &rows {
        if options.format.json {
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
