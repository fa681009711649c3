//! `yousoon doctor`: looks at what a server with this environment would use, and says what is wrong with it. It
//! changes nothing.

use std::{
    fmt::Write as _,
    time::{Duration, Instant},
};

use anyhow::bail;
use api::services::Clock;
use cache_core::KeyBuilder;
use chrono::DateTime;
use clap::Args;
use domain::error_chain::chain;
use redis::aio::MultiplexedConnection;
use reqwest::{Url, header::DATE};
use serde::Serialize;
use tokio::time::timeout;
use yousoon::{
    config::{Config, check::Report},
    database::Database,
    inspect::edges::{self, EdgeReport},
};

use super::{database::DatabaseOptions, server::address, table::table};

/// How long each of them may take to answer.
const WITHIN: Duration = Duration::from_secs(5);
/// Clocks that differ by more than this make lifetimes and signatures wrong.
const SKEW_MS: i64 = 2_000;
/// An edge refuses signatures that are older than a few seconds.
const SKEW_THAT_BREAKS_MS: i64 = 10_000;
/// Entries of any kind may be removed under these policies, also the purge log's and sessions.
const EVICTS_EVERYTHING: &str = "allkeys-";

#[derive(Args)]
pub(crate) struct DoctorOptions {
    /// Also ask the running server at this URL [env: YOUSOON_ORIGIN_URL].
    #[arg(long)]
    url: Option<Url>,
    /// Print JSON: {"healthy", "findings": [{"subject", "state", "message"}]}.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Ok,
    /// It works, and somebody should know.
    Warning,
    Error,
}

#[derive(Debug, Serialize)]
struct Finding {
    subject: String,
    state: State,
    message: String,
}

#[derive(Debug, Default, Serialize)]
struct Findings {
    healthy: bool,
    findings: Vec<Finding>,
}

impl Findings {
    fn add(&mut self, state: State, subject: &str, message: impl Into<String>) {
        let (subject, message) = (subject.to_owned(), message.into());
        self.findings.push(Finding {
            subject,
            state,
            message,
        });
    }

    fn ok(&mut self, subject: &str, message: impl Into<String>) {
        self.add(State::Ok, subject, message);
    }

    fn warn(&mut self, subject: &str, message: impl Into<String>) {
        self.add(State::Warning, subject, message);
    }

    fn err(&mut self, subject: &str, message: impl Into<String>) {
        self.add(State::Error, subject, message);
    }

    /// What production should have, and a developer's machine may do without.
    fn absent(&mut self, config: &Config, subject: &str, message: &str) {
        if config.environment.is_production() {
            self.warn(subject, message);
        } else {
            self.ok(subject, message);
        }
    }

    fn count(&self, state: State) -> usize {
        let found = self.findings.iter();
        found.filter(|finding| finding.state == state).count()
    }
}

pub(crate) async fn run(database: DatabaseOptions, options: DoctorOptions) -> anyhow::Result<()> {
    let mut found = Findings::default();
    if let Some(config) = configuration(&mut found) {
        keys(&mut found, &config);
        redis(&mut found, &config).await;
        edges(&mut found, &config).await;
    }
    match timeout(WITHIN * 3, database.open_existing()).await {
        Ok(Ok(db)) => stored(&mut found, &db).await,
        Ok(Err(error)) => found.err("database", format!("{error:#}")),
        Err(_) => found.err("database", "it does not answer"),
    }
    if let Some(url) = address(options.url.as_ref())? {
        server(&mut found, &url).await;
    }
    let errors = found.count(State::Error);
    found.healthy = errors == 0;
    if options.json {
        println!("{}", serde_json::to_string_pretty(&found)?);
    } else {
        print!("{}", text(&found)?);
    }
    match errors {
        0 => Ok(()),
        1 => bail!("1 thing is wrong"),
        errors => bail!("{errors} things are wrong"),
    }
}

fn configuration(found: &mut Findings) -> Option<Config> {
    let report = Report::of_environment(None);
    for name in report.unknown() {
        found.warn(
            "configuration",
            format!("{name} is set, and nothing reads it"),
        );
    }
    match Config::from_env(None) {
        Ok(config) => {
            let kind = if config.environment.is_production() {
                "production"
            } else {
                "development"
            };
            found.ok("configuration", format!("a server would start, for {kind}"));
            Some(config)
        }
        Err(error) => {
            let message = format!("{}: see `yousoon config check`", chain(&error));
            found.err("configuration", message);
            None
        }
    }
}

fn keys(found: &mut Findings, config: &Config) {
    for (subject, keys) in [
        ("keys of tokens", &config.auth.tokens.keys),
        ("keys of QR codes", &config.qr_keys),
    ] {
        let count = keys.public_keys().count();
        match keys.signing_key() {
            Some((kid, _)) => found.ok(subject, format!("{kid} signs, {count} verify")),
            None => found.err(subject, "none of them signs: there is no private key"),
        }
    }
}

async fn redis(found: &mut Findings, config: &Config) {
    let Some(client) = &config.cache.redis else {
        let message = "none: only one server may use this database, and a restart is a cold one";
        return found.absent(config, "redis", message);
    };
    let asked = timeout(WITHIN, async {
        let mut connection = client.get_multiplexed_async_connection().await?;
        let began = Clock::System.now_ms();
        let (seconds, micros): (i64, i64) = redis::cmd("TIME").query_async(&mut connection).await?;
        let halfway = began.midpoint(Clock::System.now_ms());
        Ok::<_, redis::RedisError>((seconds * 1_000 + micros / 1_000 - halfway, connection))
    })
    .await;
    match asked {
        Ok(Ok((ahead_ms, connection))) => {
            found.ok("redis", "it answers");
            clock(found, "clock of redis", ahead_ms);
            eviction(found, connection).await;
        }
        Ok(Err(error)) => found.err("redis", format!("it cannot be used: {error}")),
        Err(_) => found.err("redis", "it does not answer"),
    }
}

/// Managed servers may refuse to tell: then nothing is said.
async fn eviction(found: &mut Findings, mut connection: MultiplexedConnection) {
    let mut info = redis::cmd("INFO");
    let told = timeout(WITHIN, info.arg("memory").query_async(&mut connection)).await;
    let Ok(Ok::<String, _>(told)) = told else {
        return;
    };
    let mut policies = told
        .lines()
        .filter_map(|line| line.strip_prefix("maxmemory_policy:"));
    if let Some(policy) = policies.next().map(str::trim)
        && policy.starts_with(EVICTS_EVERYTHING)
    {
        let message = format!(
            "{policy}: when it is full it removes sessions and the purge log; use volatile-ttl"
        );
        found.warn("redis", message);
    }
}

async fn edges(found: &mut Findings, config: &Config) {
    let edge = &config.edge;
    if edge.urls.is_empty() {
        let message = "no edge is named (YOUSOON_EDGE_URL): none hears of purges from here";
        return found.absent(config, "edges", message);
    }
    // Of nothing: what is asked for is the edge's copy of the log.
    let nothing = KeyBuilder::new().finish();
    let now_ms = Clock::System.now_ms().unsigned_abs();
    for EdgeReport {
        edge,
        answer,
        error,
    } in edges::ask(edge, &nothing, now_ms).await
    {
        let subject = format!("edge {edge}");
        let Some(answer) = answer else {
            let why = error.unwrap_or_default();
            let message = format!("{why}: is its secret ours, and its clock right?");
            found.err(&subject, message);
            continue;
        };
        let log = answer.log;
        let state = match (log.identity, log.age_ms) {
            (Some(log_id), Some(age_ms)) => {
                format!(
                    "purge log {log_id} up to {}, complete {age_ms} ms ago",
                    log.head
                )
            }
            (Some(_) | None, _) => "no purge log is known".to_owned(),
        };
        if log.trusted {
            found.ok(&subject, state);
        } else {
            found.err(
                &subject,
                format!("{state}: it answers nothing from its caches"),
            );
        }
    }
    for url in &edge.urls {
        clock_of(found, url).await;
    }
}

/// By the `Date` of any answer, which is in whole seconds.
async fn clock_of(found: &mut Findings, url: &Url) {
    let host = url.host_str().unwrap_or_default();
    let asked = timeout(WITHIN, reqwest::get(url.clone())).await;
    let Ok(Ok(answer)) = asked else {
        return;
    };
    let date = answer
        .headers()
        .get(DATE)
        .and_then(|date| date.to_str().ok());
    let Some(date) = date.and_then(|date| DateTime::parse_from_rfc2822(date).ok()) else {
        return;
    };
    let ahead_ms = date.timestamp_millis() + 500 - Clock::System.now_ms();
    clock(found, &format!("clock of {host}"), ahead_ms);
}

fn clock(found: &mut Findings, subject: &str, ahead_ms: i64) {
    let message = format!("{} ms {}", ahead_ms.abs(), {
        if ahead_ms < 0 { "behind" } else { "ahead of" }
    });
    let message = format!("{message} this machine's");
    match ahead_ms.abs() {
        0..=SKEW_MS => found.ok(subject, message),
        ..=SKEW_THAT_BREAKS_MS => found.warn(subject, message),
        _ => found.err(
            subject,
            format!("{message}: signatures and lifetimes go wrong"),
        ),
    }
}

async fn stored(found: &mut Findings, db: &Database) {
    let began = Instant::now();
    match timeout(WITHIN, db.purges.in_force()).await {
        Ok(Ok(_)) => {
            let took = began.elapsed().as_millis();
            found.ok("database", format!("it answers, in {took} ms"));
        }
        Ok(Err(error)) => return found.err("database", chain(&error)),
        Err(_) => return found.err("database", "it does not answer"),
    }
    match db.documents.names().await {
        Ok(names) if names.is_empty() => found.err(
            "documents",
            "none is published: every request is refused (`pq publish`)",
        ),
        Ok(names) => found.ok("documents", format!("{} are published", names.len())),
        Err(error) => found.err("documents", chain(&error)),
    }
    match db.catalogue.is_empty().await {
        Ok(true) => found.warn("offers", "there are none: every list is empty"),
        Ok(false) => found.ok("offers", "there are some"),
        Err(error) => found.err("offers", chain(&error)),
    }
    match db.queue.figures(Clock::System.now_ms()).await {
        Ok(lanes) => {
            let dead: u64 = lanes.iter().map(|lane| lane.dead).sum();
            let due: u64 = lanes.iter().map(|lane| lane.due).sum();
            if dead > 0 {
                let message = format!("{dead} tasks were given up: see `yousoon queue list`");
                found.warn("queue", message);
            } else {
                found.ok("queue", format!("{due} tasks are due, none was given up"));
            }
        }
        Err(error) => found.err("queue", chain(&error)),
    }
}

async fn server(found: &mut Findings, url: &Url) {
    let subject = format!("server {}", url.host_str().unwrap_or_default());
    let Ok(ready) = url.join("/readyz") else {
        return found.err(&subject, "this is no address of a server");
    };
    match timeout(WITHIN, reqwest::get(ready)).await {
        Ok(Ok(answer)) if answer.status().is_success() => found.ok(&subject, "it is ready"),
        Ok(Ok(answer)) => {
            let said: serde_json::Value = answer.json().await.unwrap_or_default();
            let reasons = said["reasons"].as_array().cloned().unwrap_or_default();
            let reasons = reasons.iter().filter_map(|one| one["message"].as_str());
            let reasons = reasons.collect::<Vec<_>>().join("; ");
            found.err(&subject, format!("it is not ready: {reasons}"));
        }
        Ok(Err(error)) => found.err(&subject, chain(&error.without_url())),
        Err(_) => found.err(&subject, "it does not answer"),
    }
}

fn text(found: &Findings) -> anyhow::Result<String> {
    let row = |finding: &Finding| {
        let word = match finding.state {
            State::Ok => "ok",
            State::Warning => "WARNING",
            State::Error => "ERROR",
        };
        vec![
            word.to_owned(),
            finding.subject.clone(),
            finding.message.clone(),
        ]
    };
    let rows: Vec<_> = found.findings.iter().map(row).collect();
    let mut text = table(&["state", "what", "finding"], &rows, 3);
    let (warnings, errors) = (found.count(State::Warning), found.count(State::Error));
    writeln!(text, "\n{errors} errors, {warnings} warnings")?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_that_differ_are_told_by_how_much() {
        for (ahead_ms, state, part) in [
            (0, State::Ok, "0 ms ahead of this machine's"),
            (-2_000, State::Ok, "2000 ms behind this machine's"),
            (2_001, State::Warning, "2001 ms ahead of"),
            (-10_000, State::Warning, "behind"),
            (10_001, State::Error, "signatures"),
        ] {
            let mut found = Findings::default();
            clock(&mut found, "a clock", ahead_ms);
            let one = &found.findings[0];
            assert_eq!(one.state, state, "{ahead_ms}");
            assert!(one.message.contains(part), "{}", one.message);
        }
    }
}
