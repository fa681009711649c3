//! Relays the purge log to one edge: new records at once, and a heartbeat when there are none.

mod status;

use std::{sync::Arc, time::Duration};

use cache_core::{LogId, PurgeRecord, Revision};
use cache_tiered::{LogSource, Page, Position, SourceError};
use edge_core::{
    announced::announce,
    feed::{Append, AppendAnswer, AppendReply, CONTEXT, MAX_APPEND_RECORDS},
    header, route, signature,
    tally::Row,
};
use reqwest::{Client, StatusCode, Url};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

pub use self::status::RelayStatus;
use domain::{error_chain::chain, secret::Secret, tags};

use crate::PurgeLog;

#[derive(Clone, Debug)]
pub struct EdgeConfig {
    /// The edges that the purge log is relayed to, comma-separated: `YOUSOON_EDGE_URL`, default
    /// none.
    pub urls: Vec<Url>,
    /// The secret that origin and edge sign with, in hex: `YOUSOON_EDGE_SECRET`, default none.
    pub secret: Option<Secret>,
}

/// In milliseconds: a copy of the log that was last complete longer ago than this sends no appends,
/// because the edge's own bound is shorter.
const SILENT_MS: u64 = 10_000;
const HEARTBEAT: Duration = Duration::from_millis(500);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(2);
const FIRST_BACKOFF: Duration = Duration::from_millis(100);
const LONGEST_BACKOFF: Duration = Duration::from_secs(2);
/// The approximate maximum size of the tags in one append, in bytes: an import's records are long.
const MAX_APPEND_BYTES: usize = 512 * 1024;

/// Why an append failed; it is sent again.
#[derive(Debug, thiserror::Error)]
enum RelayError {
    #[error("the log cannot be read: {0}")]
    Log(SourceError),
    #[error("this server's copy of the purge log is too old to be relayed")]
    Silent,
    #[error("the purge log does not have the records of this server's copy any more")]
    Forked,
    #[error("the append cannot be written as JSON")]
    Json(#[from] serde_json::Error),
    #[error("the edge cannot be reached")]
    Http(#[from] reqwest::Error),
    #[error("the edge answered {0}")]
    Status(StatusCode),
}

/// Relays the log to one edge.
#[derive(Debug)]
pub struct Relay {
    log: PurgeLog,
    client: Client,
    endpoint: Url,
    secret: Secret,
    status: Arc<RelayStatus>,
    /// The log that the edge holds and the revision it has reached; unknown at first.
    edge_at: Option<(LogId, Revision)>,
    /// Whether the edge refused the last append: one refusal is how the edge reports its position,
    /// two in a row are a defect.
    refused: bool,
}

impl Relay {
    /// Creates a relay to the edge at `edge`.
    pub fn new(
        log: PurgeLog,
        edge: &Url,
        secret: Secret,
        status: Arc<RelayStatus>,
    ) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .timeout(REQUEST_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self {
            log,
            client,
            endpoint: endpoint(edge, route::PURGE_LOG),
            secret,
            status,
            edge_at: None,
            refused: false,
        })
    }

    /// Runs until it is cancelled.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut backoff = FIRST_BACKOFF;
        let mut connected = None;
        loop {
            let outcome = tokio::select! {
                () = stop.cancelled() => return,
                outcome = self.step() => outcome,
            };
            match &outcome {
                Ok(()) => {
                    if connected != Some(true) {
                        tracing::info!(edge = %self.endpoint, "purge log is relayed");
                    }
                    backoff = FIRST_BACKOFF;
                }
                Err(error) => {
                    if connected != Some(false) {
                        let error = chain(error);
                        tracing::warn!(edge = %self.endpoint, error, "purge log is not relayed");
                    }
                }
            }
            connected = Some(outcome.is_ok());
            self.status.tried(outcome.is_ok());
            let pause = async {
                if outcome.is_ok() {
                    self.until_due().await;
                } else {
                    tokio::time::sleep(backoff).await;
                    backoff = (backoff * 2).min(LONGEST_BACKOFF);
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = pause => {}
            }
        }
    }

    /// Waits until there is a new record, or a heartbeat is due.
    async fn until_due(&self) {
        let mut moved = self.log.feed().subscribe();
        let news = |now: &Position| {
            now.log.is_some() && self.edge_at != now.log.map(|log| (log, now.settled()))
        };
        // The sender lives as long as the log, so only the timeout or a new record ends the wait.
        let _elapsed = tokio::time::timeout(HEARTBEAT, moved.wait_for(news)).await;
    }

    /// Sends one append and processes the edge's response.
    async fn step(&mut self) -> Result<(), RelayError> {
        // All servers send the same log to the edge, each as far as its own copy goes: an append is
        // idempotent and gap-free, and one from a server that is behind changes nothing.
        let at = self.log.feed().position();
        let now_ms = self.log.feed().clock().now().wall_ms;
        let Some(log) = at.log else {
            return Err(RelayError::Silent);
        };
        // `sent_at_ms` means "every write before this time is at or before the head", so it is the
        // time at which the log was read, not now.
        let sent_at_ms = at.complete_at.wall_ms;
        // The edge learns only of what is attested: a record that can be lost unnoticed, so that its
        // revision is given out again, would be there for good.
        let head = at.settled();
        if now_ms.saturating_sub(sent_at_ms) > SILENT_MS || head < at.log_horizon {
            return Err(RelayError::Silent);
        }
        // An edge at an unknown position gets records from the horizon on; its response corrects
        // that.
        let after = self
            .edge_at
            .filter(|(known, at_edge)| *known == log && (at.log_horizon..=head).contains(at_edge))
            .map_or(at.log_horizon, |(_, at_edge)| at_edge);
        let mut page = Page::default();
        if after < head {
            let read = (self.log).records_after(log, after, MAX_APPEND_RECORDS, Duration::ZERO);
            page = read.await.map_err(RelayError::Log)?;
            if !self.log.feed().agrees(log, &page) {
                return Err(RelayError::Forked);
            }
        }
        let records = page.records.into_iter();
        let attested = records.take_while(|record| record.revision <= head);
        let records = within_bytes(attested.map(for_edge).collect());
        let append = Append {
            log,
            horizon: at.log_horizon,
            after,
            records,
            head,
            sent_at_ms,
            takes_tally: true,
            takes_usage: true,
        };
        let (status, reply) = self.send(&append).await?;
        self.status.count(&known_rows(reply.tally));
        self.status.add_usage(&reply.usage);
        self.hear(&append, status, &reply.position)
    }

    /// Continues from the position that the edge reports.
    fn hear(
        &mut self,
        append: &Append,
        status: StatusCode,
        answer: &AppendAnswer,
    ) -> Result<(), RelayError> {
        self.edge_at = answer.log.map(|log| (log, answer.head));
        // The edge's copy counts as confirmed only where it ends where the log ends.
        if status == StatusCode::OK && self.edge_at == Some((append.log, append.head)) {
            self.status.confirmed(append.sent_at_ms);
        }
        let refused = status == StatusCode::CONFLICT;
        if refused && std::mem::replace(&mut self.refused, refused) {
            return Err(RelayError::Status(status));
        }
        self.refused = refused;
        Ok(())
    }

    async fn send(&self, append: &Append) -> Result<(StatusCode, AppendReply<Value>), RelayError> {
        let body = serde_json::to_vec(append)?;
        let announcement = announce(&body);
        let (secret, signed) = (self.secret.expose(), announcement.as_bytes());
        let signature = signature::sign(secret, CONTEXT, append.sent_at_ms, signed);
        let response = self
            .client
            .post(self.endpoint.clone())
            .header(header::SIGNATURE, signature)
            .header(header::BODY, announcement)
            .header(http::header::CONTENT_TYPE, "application/json")
            .body(body)
            .send()
            .await
            .map_err(reqwest::Error::without_url)?;
        match response.status() {
            // A conflict is a valid response too: it says where to resume.
            status @ (StatusCode::OK | StatusCode::CONFLICT) => Ok((
                status,
                response.json().await.map_err(reqwest::Error::without_url)?,
            )),
            status => Err(RelayError::Status(status)),
        }
    }
}

/// The rows of a tally without those that a newer edge sends and this origin does not know.
fn known_rows(tally: Vec<Value>) -> Vec<Row> {
    let rows = tally.into_iter();
    rows.filter_map(|row| serde_json::from_value(row).ok())
        .collect()
}

/// Builds the URL of an edge's endpoint.
pub fn endpoint(edge: &Url, path: &str) -> Url {
    let mut endpoint = edge.clone();
    endpoint.set_path(&format!("{}{path}", edge.path().trim_end_matches('/')));
    endpoint
}

/// The edge's name in logs and metrics: its URL without parts that may be secret.
pub fn shown(edge: &Url) -> String {
    let path = edge.path().trim_end_matches('/');
    format!("{}{path}", edge.origin().ascii_serialization())
}

/// The record without the tags that no answer at the edge carries. The record itself stays: the edge
/// takes no gaps.
fn for_edge(mut record: PurgeRecord) -> PurgeRecord {
    record.tags.retain(tags::is_on_shared_answers);
    record
}

/// The first records that fit into one append; at least one.
fn within_bytes(mut records: Vec<PurgeRecord>) -> Vec<PurgeRecord> {
    let mut bytes = 0;
    let fitting = records
        .iter()
        .take_while(|record| {
            let fits = bytes < MAX_APPEND_BYTES;
            bytes += record
                .tags
                .iter()
                .map(|tag| tag.as_str().len() + 3)
                .sum::<usize>();
            fits
        })
        .count();
    records.truncate(fitting);
    records
}

#[cfg(test)]
mod tests {
    use cache_core::{PurgeKind, Tag};

    use super::*;

    /// E6.
    #[test]
    fn the_edge_is_not_told_of_tags_that_none_of_its_answers_carries() {
        let tag = |text: &str| text.parse::<Tag>().unwrap();
        let told = for_edge(PurgeRecord {
            revision: Revision(1),
            tags: ["booking:1", "offer:1", "published:1", "quota:1"]
                .map(tag)
                .into(),
            kind: PurgeKind::Hard,
        });
        assert_eq!(told.revision, Revision(1));
        assert_eq!(told.tags, ["offer:1", "quota:1"].map(tag));
    }

    #[test]
    fn long_records_are_split_and_one_always_goes() {
        let record = |revision| PurgeRecord {
            revision: Revision(revision),
            tags: vec![format!("{revision:0>128}").parse::<Tag>().unwrap(); 3_000],
            kind: PurgeKind::Hard,
        };
        let records: Vec<_> = (1..=5).map(record).collect();
        assert_eq!(within_bytes(records).len(), 2);
        assert_eq!(within_bytes(vec![record(1)]).len(), 1);
        assert!(within_bytes(vec![]).is_empty());
    }
}
