//! `yousoon queue`: looks at the tasks of the queue, and has those tried again that were given up.

use anyhow::{Context as _, bail};
use api::{nodes::moment::timestamp, services::Clock};
use clap::{Args, Subcommand};
use domain::queue::{Lane, REVIVED_FOR_MS, State, Task, store::TaskFilter};
use serde_json::{Value, json};

use super::{database::DatabaseOptions, table::Format, words::words};

#[derive(Subcommand)]
pub(crate) enum QueueCommand {
    /// List tasks, by key; without options those that were given up.
    List(ListOptions),
    /// Print everything that is stored of a task. It contains no address and no secret.
    Show {
        key: String,
        #[command(flatten)]
        format: Format,
    },
    /// Have a task that was given up tried again, for a day. What no longer holds is not sent.
    Retry(Which),
    /// Remove a task that is not done; a worker that has it now may still send it.
    Drop { key: String },
}

#[derive(Args)]
pub(crate) struct ListOptions {
    #[arg(long, default_value = "dead", value_parser = words(State::ALL, State::as_str))]
    state: State,
    #[arg(long, value_parser = words(Lane::ALL, Lane::as_str))]
    lane: Option<Lane>,
    /// Only tasks whose keys follow this one.
    #[arg(long)]
    after: Option<String>,
    /// How many at most.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    limit: u16,
    #[command(flatten)]
    format: Format,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Which {
    key: Option<String>,
    /// All tasks that were given up.
    #[arg(long)]
    all: bool,
}

pub(crate) async fn queue(database: DatabaseOptions, command: QueueCommand) -> anyhow::Result<()> {
    let queue = database.open_existing().await?.queue;
    let now_ms = Clock::System.now_ms();
    match command {
        QueueCommand::List(options) => {
            let filter = TaskFilter {
                state: Some(options.state),
                lane: options.lane,
                after: options.after,
            };
            let found = queue.list(filter, usize::from(options.limit)).await?;
            let titles = ["key", "lane", "attempts", "age", "error"];
            let row = |task: &Task| row(task, now_ms);
            options.format.print(&found, &titles, row, object);
        }
        QueueCommand::Show { key, format } => {
            let task = queue.get(&key).await?.with_context(|| none(&key))?;
            if format.json {
                println!("{}", object(&task));
            } else {
                print!("{}", shown(&task));
            }
        }
        QueueCommand::Retry(Which { key: Some(key), .. }) => {
            if !queue.revive(&key, now_ms, now_ms + REVIVED_FOR_MS).await? {
                bail!("no task with the key {key} was given up");
            }
        }
        QueueCommand::Retry(Which { key: None, .. }) => {
            let mut filter = TaskFilter {
                state: Some(State::Dead),
                ..TaskFilter::default()
            };
            let mut count = 0;
            loop {
                let found = queue.list(filter.clone(), 100).await?;
                let Some(last) = found.last() else { break };
                filter.after = Some(last.key.clone());
                for task in &found {
                    let until_ms = now_ms + REVIVED_FOR_MS;
                    count += usize::from(queue.revive(&task.key, now_ms, until_ms).await?);
                }
            }
            println!("{count} tasks are tried again");
        }
        QueueCommand::Drop { key } => {
            if !queue.remove(&key).await? {
                bail!("{}, or it is done", none(&key));
            }
        }
    }
    Ok(())
}

fn none(key: &str) -> String {
    format!("there is no task with the key {key}")
}

fn row(task: &Task, now_ms: i64) -> Vec<String> {
    vec![
        task.key.clone(),
        task.lane.as_str().to_owned(),
        task.attempts.to_string(),
        format!("{} s", (now_ms - task.created_at_ms) / 1_000),
        task.error.clone().unwrap_or_default(),
    ]
}

/// What [`shown`] prints, for programs.
fn object(task: &Task) -> Value {
    let moment = |ms: i64| timestamp(ms).to_string();
    json!({
        "key": task.key,
        "kind": task.kind,
        "lane": task.lane.as_str(),
        "state": task.state.as_str(),
        "person": task.person.as_ref().map(ToString::to_string),
        "attempts": task.attempts,
        "createdAt": moment(task.created_at_ms),
        "dueAt": moment(task.due_at_ms),
        "expiresAt": moment(task.expires_at_ms),
        "endedAt": task.ended_at_ms.map(moment),
        "error": task.error,
        "providerId": task.provider_id,
    })
}

/// One field a line; moments in milliseconds since the epoch.
fn shown(task: &Task) -> String {
    let moment = |ms: Option<i64>| ms.map(|ms| ms.to_string());
    let lines = [
        ("key", Some(task.key.clone())),
        ("kind", Some(task.kind.clone())),
        ("lane", Some(task.lane.as_str().to_owned())),
        ("state", Some(task.state.as_str().to_owned())),
        ("person", task.person.as_ref().map(ToString::to_string)),
        ("attempts", Some(task.attempts.to_string())),
        ("created_at_ms", moment(Some(task.created_at_ms))),
        ("due_at_ms", moment(Some(task.due_at_ms))),
        ("expires_at_ms", moment(Some(task.expires_at_ms))),
        ("ended_at_ms", moment(task.ended_at_ms)),
        ("error", task.error.clone()),
        ("provider_id", task.provider_id.clone()),
    ];
    let lines = lines
        .into_iter()
        .filter_map(|(name, value)| Some(format!("{name}: {}\n", value?)));
    lines.collect()
}
