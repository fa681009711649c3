//! `yousoon cache explain` and `yousoon cache stats`: ask a running server about its caches.

use std::fmt::Write as _;

use anyhow::Context as _;
use cache_tiered::stats::Outcome;
use clap::{Args, Subcommand};
use edge_core::explain::{Found, LogState, Stored, TierReport};
use reqwest::Url;
use serde::Serialize;
use serde_json::{Map, Value};
use yousoon::inspect::{
    edges::EdgeReport,
    explain::{ExplainRequest, Explanation},
    stats::{CacheStats, DocumentStats, EntityStats, RedisStats, Size},
};

use super::{server::Server, table::table};

#[derive(Subcommand)]
pub(crate) enum CacheCommand {
    /// Show, tier by tier, what is stored for a request and why it is served or not.
    Explain {
        /// A published document's hash, or the name of its operation.
        document: String,
        /// The variables, as JSON.
        #[arg(default_value = "{}", value_parser = variables)]
        variables: Map<String, Value>,
        #[command(flatten)]
        asking: ServerArgs,
    },
    /// Show the cache statistics of one server, by document.
    Stats {
        #[command(flatten)]
        asking: ServerArgs,
    },
}

#[derive(Args)]
pub(crate) struct ServerArgs {
    /// The running server's URL [env: YOUSOON_ORIGIN_URL]; YOUSOON_ADMIN_TOKEN holds its token.
    #[arg(long)]
    url: Option<Url>,
    /// Print the server's JSON answer unchanged.
    #[arg(long)]
    json: bool,
}

fn variables(text: &str) -> Result<Map<String, Value>, String> {
    serde_json::from_str(text).map_err(|error| format!("not a JSON object: {error}"))
}

/// Runs `explain` or `stats`.
pub(crate) async fn run(command: CacheCommand) -> anyhow::Result<()> {
    match command {
        CacheCommand::Explain {
            document,
            variables,
            asking,
        } => {
            let request = ExplainRequest {
                document,
                variables,
            };
            let answer: Explanation = Server::required(asking.url.as_ref())?
                .post("/admin/cache/explain", &request)
                .await?;
            print(&answer, asking.json, explanation)
        }
        CacheCommand::Stats { asking } => {
            let answer: CacheStats = Server::required(asking.url.as_ref())?
                .get("/admin/cache/stats")
                .await?;
            print(&answer, asking.json, stats)
        }
    }
}

fn print<T: Serialize>(
    answer: &T,
    json: bool,
    text: impl Fn(&T) -> Result<String, std::fmt::Error>,
) -> anyhow::Result<()> {
    if json {
        println!("{}", serde_json::to_string_pretty(answer)?);
    } else {
        print!("{}", text(answer).context("the answer cannot be written")?);
    }
    Ok(())
}

fn explanation(of: &Explanation) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    let client = (!of.client.is_empty()).then(|| format!(" of {}", of.client));
    writeln!(
        text,
        "document   {} ({}{})",
        of.document,
        of.operation,
        client.unwrap_or_default()
    )?;
    let policy = &of.policy;
    writeln!(
        text,
        "policy     {}, {} s, then {} s while it is refreshed, {} s instead of an error",
        policy.scope.as_str(),
        policy.max_age_s,
        policy.stale_while_revalidate_s,
        policy.stale_if_error_s
    )?;
    writeln!(text, "variables  {}", of.variables)?;
    if let Some(snapped) = &of.snapped {
        writeln!(text, "snapped    {snapped}")?;
    }
    if let Some(key) = &of.key {
        writeln!(text, "key        {key}")?;
    }
    if let Some(note) = &of.note {
        writeln!(text, "note       {note}")?;
    }
    writeln!(text, "\norigin     {}", log(&of.log))?;
    tiers(&mut text, &of.tiers)?;
    for edge in &of.edges {
        self::edge(&mut text, edge)?;
    }
    Ok(text)
}

fn edge(text: &mut String, of: &EdgeReport) -> std::fmt::Result {
    let Some(answer) = &of.answer else {
        let why = of.error.as_deref().unwrap_or("no reason");
        return writeln!(text, "\nedge       {} does not answer: {why}", of.edge);
    };
    let log = log(&answer.log);
    writeln!(text, "\nedge       {}, one isolate of it: {log}", of.edge)?;
    tiers(text, &answer.tiers)
}

fn log(of: &LogState) -> String {
    let Some(identity) = of.identity else {
        return "no purge log is known".to_owned();
    };
    let age = of.age_ms.map_or("complete never".to_owned(), |age_ms| {
        format!("complete {age_ms} ms ago")
    });
    let trusted = if of.trusted { "trusted" } else { "not trusted" };
    format!(
        "purge log {identity}, ({}, {}], {age}, {trusted}",
        of.horizon, of.head
    )
}

fn tiers(text: &mut String, tiers: &[TierReport]) -> std::fmt::Result {
    for TierReport { tier, found } in tiers {
        match found {
            Found::Off => writeln!(text, "{tier:<10} is not configured")?,
            Found::Failed { error } => writeln!(text, "{tier:<10} cannot be read: {error}")?,
            Found::Absent => writeln!(text, "{tier:<10} nothing stored")?,
            Found::Stored(stored) => self::stored(text, tier, stored)?,
        }
    }
    Ok(())
}

fn stored(text: &mut String, tier: &str, stored: &Stored) -> std::fmt::Result {
    let judged = &stored.judged;
    writeln!(
        text,
        "{tier:<10} {}: {}",
        judged.verdict.as_str(),
        judged.words
    )?;
    writeln!(
        text,
        "           as of {}, known to be valid up to {}, {} ms old",
        stored.as_of, stored.valid_up_to, stored.age_ms
    )?;
    let life = &stored.lifetime;
    writeln!(
        text,
        "           lives {} s, then {} s while it is refreshed, {} s instead of an error",
        life.max_age_s, life.stale_while_revalidate_s, life.stale_if_error_s
    )?;
    let tags: Vec<_> = stored.tags.iter().map(cache_core::Tag::as_str).collect();
    writeln!(text, "           tags {}", tags.join(" "))
}

fn stats(of: &CacheStats) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    let mut heading = vec!["operation", "requests", "hits"];
    heading.extend(Outcome::ALL.iter().map(|outcome| outcome.as_str()));
    heading.push("document");
    let rows: Vec<_> = of.documents.iter().map(document).collect();
    text.push_str(&table(&heading, &rows, 1));
    let entity = |of: &EntityStats| {
        let numbers =
            [of.entries, of.bytes, of.l1, of.l2, of.miss].map(|number| number.to_string());
        [of.kind.clone()].into_iter().chain(numbers).collect()
    };
    let answers = vec![
        "answers".to_owned(),
        of.answers.entries.to_string(),
        of.answers.bytes.to_string(),
    ];
    let kept: Vec<Vec<String>> = [answers]
        .into_iter()
        .chain(of.entities.iter().map(entity))
        .collect();
    text.push('\n');
    text.push_str(&table(
        &["in memory", "entries", "bytes", "l1", "l2", "miss"],
        &kept,
        1,
    ));
    text.push('\n');
    redis(&mut text, of.redis.as_ref())?;
    writeln!(text, "{}", log(&of.log))?;
    Ok(text)
}

fn redis(text: &mut String, of: Option<&RedisStats>) -> std::fmt::Result {
    let Some(redis) = of else {
        return writeln!(text, "redis: not configured");
    };
    let circuit = if redis.circuit_open {
        "circuit open: not called, because the last calls failed"
    } else {
        "circuit closed"
    };
    writeln!(text, "redis: {circuit}")?;
    if let Some(server) = &redis.server {
        let Size { entries, bytes } = server;
        writeln!(text, "the whole server: {entries} keys, {bytes} bytes")?;
    }
    if let Some(error) = &redis.error {
        writeln!(text, "its size is not known: {error}")?;
    }
    Ok(())
}

fn document(of: &DocumentStats) -> Vec<String> {
    let name = match (&of.operation, &of.document) {
        (Some(name), _) => name.clone(),
        (None, Some(_)) => "-".to_owned(),
        (None, None) => "all others".to_owned(),
    };
    let mut row = vec![
        name,
        of.requests.to_string(),
        format!("{:.1}%", of.hit_rate * 100.0),
    ];
    row.extend(Outcome::ALL.iter().map(|outcome| {
        let count = of.outcomes.get(outcome.as_str());
        count.copied().unwrap_or_default().to_string()
    }));
    row.push(of.document.map_or("-".to_owned(), |hash| hash.to_string()));
    row
}
