//! The Durable Object that holds the edge's copy of the purge log. All origins append to this one
//! object.

use std::cell::{Cell, RefCell};

use cache_core::{LogId, Revision, json};
use edge_core::announced::Announced;
use edge_core::feed::{Append, AppendReply, CONTEXT, FeedState, PAGE_RECORDS, Refused};
use edge_core::header;
use edge_core::tally::{Row, Tally};
use edge_core::usage::{Usage, UsageRow};
use serde::{Deserialize, de::DeserializeOwned};
use worker::{
    DurableObject, Env, Method, Request, Response, Result, SqlStorage, SqlStorageValue, State,
    durable_object,
};

use crate::clock::now_ms;
use crate::isolate::Isolate;
use crate::panics;

/// The longest append, in bytes: enough for 500 records of about 25 tags each.
pub(crate) const MAX_APPEND_BYTES: usize = 4 * 1024 * 1024;

/// The Durable Object class `PurgeLog`. It keeps the records on disk, and in memory when they were
/// last known to be complete.
#[durable_object]
#[expect(
    missing_debug_implementations,
    reason = "the fields are handles of the platform"
)]
pub struct PurgeLog {
    sql: SqlStorage,
    env: Env,
    /// `None` until the first request reads it from disk.
    state: Cell<Option<FeedState>>,
    /// What became of requests at all isolates, until an origin takes it. Not written to disk: what is
    /// here when the object ends is lost.
    tally: RefCell<Tally>,
    /// Who asked for which document at all isolates, likewise.
    usage: RefCell<Usage>,
}

#[derive(Deserialize)]
struct Stored {
    value: String,
}

impl DurableObject for PurgeLog {
    fn new(state: State, env: Env) -> Self {
        Self {
            sql: state.storage().sql(),
            env,
            state: Cell::new(None),
            tally: RefCell::default(),
            usage: RefCell::default(),
        }
    }

    async fn fetch(&self, mut request: Request) -> Result<Response> {
        panics::report();
        // Only isolates name it, so nothing in it is encoded. `Request::url` would bring a parser of all
        // URLs, with the tables of international names, a fifth of the worker.
        let url = request.inner().url();
        let query = url.split_once('?').map_or("", |(_, query)| query);
        let asked = |name: &str| {
            let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.find_map(|(known, value)| (known == name).then_some(value))
        };
        let asked_log = asked("log").and_then(|log| log.parse::<LogId>().ok());
        match (request.method(), request.path().as_str()) {
            (Method::Post, "/append") => {
                let headers = request.headers();
                let proof = headers.get(header::SIGNATURE)?.unwrap_or_default();
                let announcement = headers.get(header::BODY)?.unwrap_or_default();
                let secret = &Isolate::get(&self.env)?.config.secret;
                match Announced::verify(secret, &proof, &announcement, CONTEXT, now_ms()) {
                    Ok(announced) => self.append(&announced, &request.bytes().await?),
                    Err(error) => refused(401, &error),
                }
            }
            // Only isolates reach the object by another path than `/append`.
            (Method::Post, "/tally") => {
                added(&mut request, |rows: &[Row]| {
                    self.tally.borrow_mut().add(rows);
                })
                .await
            }
            (Method::Post, "/usage") => {
                added(&mut request, |rows: &[UsageRow]| {
                    self.usage.borrow_mut().add(rows);
                })
                .await
            }
            (Method::Get, "/tail") => {
                let after = asked("after").and_then(|after| after.parse().ok());
                self.tail(asked_log.zip(after.map(Revision)))
            }
            (Method::Get, path) => match path
                .strip_prefix("/page/")
                .and_then(|page| page.parse().ok())
            {
                Some(page) => self.page(asked_log, page),
                None => Response::error("not found", 404),
            },
            _ => Response::error("not found", 404),
        }
    }
}

fn open(sql: &SqlStorage) -> Result<FeedState> {
    for table in [
        "records (revision INTEGER PRIMARY KEY, value TEXT NOT NULL)",
        "state (id INTEGER PRIMARY KEY CHECK (id = 1), value TEXT NOT NULL)",
    ] {
        sql.exec(&format!("CREATE TABLE IF NOT EXISTS {table}"), None)?;
    }
    let rows: Vec<Stored> = sql.exec("SELECT value FROM state", None)?.to_array()?;
    match rows.first().map(|row| serde_json::from_str(&row.value)) {
        Some(Ok(state)) => Ok(state),
        None => Ok(FeedState::default()),
        // The state is of another version: begin anew, and let the origin send everything again.
        Some(Err(_)) => {
            sql.exec("DELETE FROM records", None)?;
            sql.exec("DELETE FROM state", None)?;
            Ok(FeedState::default())
        }
    }
}

impl PurgeLog {
    /// The current state. If reading it from disk fails, the next request tries again.
    fn state(&self) -> Result<FeedState> {
        if let Some(state) = self.state.get() {
            return Ok(state);
        }
        let state = open(&self.sql)?;
        self.state.set(Some(state));
        Ok(state)
    }

    fn append(&self, announced: &Announced, body: &[u8]) -> Result<Response> {
        let now = now_ms();
        if !announced.is(body) {
            return refused(401, &"it is not the body that was signed");
        }
        let append: Append = match json::parse(body) {
            Ok(append) => append,
            Err(error) => return refused(400, &error),
        };
        if append.sent_at_ms != announced.signed_at_ms {
            return refused(
                400,
                &"the signature's time is not the append's `sent_at_ms`",
            );
        }
        let state = self.state()?;
        let accepted = match state.accept(&append, now) {
            Ok(accepted) => accepted,
            Err(Refused::Elsewhere) => {
                return Ok(Response::from_json(&state.answer())?.with_status(409));
            }
            Err(error @ (Refused::Malformed | Refused::ClockAhead)) => return refused(400, &error),
        };
        // There is no `await` from here to the end, so the runtime commits all writes or none.
        if accepted.reset {
            self.sql.exec("DELETE FROM records", None)?;
        }
        for record in accepted.records {
            self.sql.exec(
                "INSERT OR REPLACE INTO records (revision, value) VALUES (?, ?)",
                vec![
                    number(record.revision)?,
                    serde_json::to_string(record)?.into(),
                ],
            )?;
        }
        if accepted.state.horizon > state.horizon || accepted.reset {
            self.sql.exec(
                "DELETE FROM records WHERE revision <= ?",
                vec![number(accepted.state.horizon)?],
            )?;
        }
        // A heartbeat changes only `confirmed_at_ms`, which is not written to disk.
        if accepted.reset || accepted.state.answer() != state.answer() {
            let text = serde_json::to_string(&accepted.state)?;
            self.sql.exec(
                "INSERT OR REPLACE INTO state (id, value) VALUES (1, ?)",
                vec![text.into()],
            )?;
        }
        self.state.set(Some(accepted.state));
        // Taken before it is sent: if this answer gets lost, so does the tally.
        let tally = if append.takes_tally {
            self.tally.borrow_mut().take()
        } else {
            Vec::new()
        };
        let usage = if append.takes_usage {
            self.usage.borrow_mut().take(now)
        } else {
            Vec::new()
        };
        Response::from_json(&AppendReply {
            position: accepted.state.answer(),
            tally,
            usage,
        })
    }

    /// The end of the log: the records after those that the isolate has, or the whole tail if it has
    /// fewer or none.
    fn tail(&self, known: Option<(LogId, Revision)>) -> Result<Response> {
        let state = self.state()?;
        let Some(log) = state.log else {
            return Response::error("no log yet", 404);
        };
        let begin = state.tail_from();
        let from = match known {
            Some((known, after)) if known == log && (begin..=state.head).contains(&after) => after,
            _ => begin,
        };
        let records = self.records(from, state.head)?;
        Response::ok(format!(
            r#"{{"log":"{log}","horizon":{},"from":{from},"head":{},"confirmed_at_ms":{},"read_at_ms":{},"records":[{records}]}}"#,
            state.horizon,
            state.head,
            state.confirmed_at_ms,
            now_ms(),
        ))
    }

    /// A complete page of the log `asked`.
    fn page(&self, asked: Option<LogId>, page: u64) -> Result<Response> {
        let state = self.state()?;
        let Some(log) = state.log.filter(|log| asked == Some(*log)) else {
            return Response::error("not the current log", 404);
        };
        let begin = page.saturating_mul(PAGE_RECORDS);
        let (from, to) = (
            Revision(begin).max(state.horizon),
            Revision(begin.saturating_add(PAGE_RECORDS)),
        );
        if to > state.head || from >= to {
            return Response::error("the page is not complete", 404);
        }
        let records = self.records(from, to)?;
        Response::ok(format!(
            r#"{{"log":"{log}","from":{from},"records":[{records}]}}"#
        ))
    }

    /// The records in `(from, to]`, as JSON, separated by commas.
    fn records(&self, from: Revision, to: Revision) -> Result<String> {
        let rows: Vec<Stored> = self
            .sql
            .exec(
                "SELECT value FROM records WHERE revision > ? AND revision <= ? ORDER BY revision",
                vec![number(from)?, number(to)?],
            )?
            .to_array()?;
        Ok(rows
            .into_iter()
            .map(|row| row.value)
            .collect::<Vec<_>>()
            .join(","))
    }
}

/// Adds the rows in the body of a request.
async fn added<R: DeserializeOwned>(
    request: &mut Request,
    add: impl FnOnce(&[R]),
) -> Result<Response> {
    match json::parse::<Vec<R>>(&request.bytes().await?) {
        Ok(rows) => {
            add(&rows);
            Response::ok("")
        }
        // Of an isolate of another version.
        Err(error) => refused(400, &error),
    }
}

/// A refusal with its reason. The isolate lets only senders with the secret get this far.
fn refused(status: u16, why: &dyn std::fmt::Display) -> Result<Response> {
    let body = serde_json::json!({"error": why.to_string()});
    Ok(Response::from_json(&body)?.with_status(status))
}

fn number(revision: Revision) -> Result<SqlStorageValue> {
    let number = i64::try_from(revision.0)
        .map_err(|_| worker::Error::RustError("a revision does not fit in 63 bits".into()))?;
    SqlStorageValue::try_from_i64(number)
}
