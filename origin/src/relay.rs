//! Relays the purge log to one edge: at once when it grows, and a heartbeat when it does not.

use std::time::Duration;

use cache_core::{PurgeRecord, Revision};
use edge_core::{
    feed::{Append, AppendAnswer, CONTEXT, MAX_APPEND_RECORDS},
    header, signature,
};
use reqwest::{Client, StatusCode, Url};
use tokio::{sync::watch, time::Instant};
use tokio_util::sync::CancellationToken;

use crate::{config::Secret, purge::PurgeLog, state::Clock, telemetry::chain};

/// How often another process's appends are looked for.
const LOOK: Duration = Duration::from_millis(25);
const HEARTBEAT: Duration = Duration::from_millis(500);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(2);
const FIRST_BACKOFF: Duration = Duration::from_millis(100);
const LONGEST_BACKOFF: Duration = Duration::from_secs(2);
/// About the most bytes of tags in one append: an import's records are long.
const MAX_APPEND_BYTES: usize = 512 * 1024;

/// Why a relay failed; the edge is told again.
#[derive(Debug, thiserror::Error)]
enum RelayError {
    #[error("the log cannot be read")]
    Store(#[from] crate::embedded::StoreError),
    #[error("the append cannot be written")]
    Json(#[from] serde_json::Error),
    #[error("the edge cannot be reached")]
    Http(#[from] reqwest::Error),
    #[error("the edge answered {0}")]
    Status(StatusCode),
}

/// The log's way to one edge.
#[derive(Debug)]
pub struct Relay {
    log: PurgeLog,
    clock: Clock,
    client: Client,
    endpoint: Url,
    secret: Secret,
    /// How far the edge is; unknown at first and while it holds another log.
    edge_at: Option<Revision>,
    /// Whether the last append was refused: one is how the edge says where it is, two are a defect.
    refused: bool,
}

impl Relay {
    /// A relay to the edge at `edge`.
    pub fn new(
        log: PurgeLog,
        clock: Clock,
        edge: &Url,
        secret: Secret,
    ) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .timeout(REQUEST_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        let mut endpoint = edge.clone();
        endpoint.set_path(&format!(
            "{}/_yousoon/purge-log",
            edge.path().trim_end_matches('/')
        ));
        Ok(Self {
            log,
            clock,
            client,
            endpoint,
            secret,
            edge_at: None,
            refused: false,
        })
    }

    /// Runs until it is cancelled.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut appended = self.log.subscribe();
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
            let pause = async {
                if outcome.is_ok() {
                    self.until_due(&mut appended).await;
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

    /// Waits until there is something new, or a heartbeat is due.
    async fn until_due(&self, appended: &mut watch::Receiver<()>) {
        let heartbeat = Instant::now() + HEARTBEAT;
        while Instant::now() < heartbeat {
            match self.log.head().await {
                Ok(head) if Some(head) == self.edge_at => {}
                // New records; or an error, which the next step reports.
                Ok(_) | Err(_) => return,
            }
            let wake = heartbeat.min(Instant::now() + LOOK);
            // The sender lives as long as the log: only the time or an append ends this.
            let _elapsed = tokio::time::timeout_at(wake, appended.changed()).await;
        }
    }

    /// One append, and what the edge says to it.
    async fn step(&mut self) -> Result<(), RelayError> {
        // Before the head is read: "at this time the log ended there" must not claim too much.
        let sent_at_ms = self.clock.now_ms().unsigned_abs();
        let extent = self.log.extent().await?;
        // Whoever is not known to be further is told from the horizon on; the answer corrects it.
        let after = self
            .edge_at
            .filter(|at| (extent.horizon..=extent.head).contains(at))
            .unwrap_or(extent.horizon);
        let records = self.log.records_after(after, MAX_APPEND_RECORDS).await?;
        let records = within_bytes(records);
        let head = records
            .last()
            .map_or(extent.head, |last| last.revision.max(extent.head));
        let append = Append {
            log: self.log.id(),
            horizon: extent.horizon,
            after,
            records,
            head,
            sent_at_ms,
        };
        let (status, answer) = self.send(&append).await?;
        self.edge_at = (answer.log == Some(append.log)).then_some(answer.head);
        let refused = status == StatusCode::CONFLICT;
        if refused && std::mem::replace(&mut self.refused, refused) {
            return Err(RelayError::Status(status));
        }
        self.refused = refused;
        Ok(())
    }

    async fn send(&self, append: &Append) -> Result<(StatusCode, AppendAnswer), RelayError> {
        let body = serde_json::to_vec(append)?;
        let signature = signature::sign(self.secret.expose(), CONTEXT, append.sent_at_ms, &body);
        let response = self
            .client
            .post(self.endpoint.clone())
            .header(header::SIGNATURE, signature)
            .header(http::header::CONTENT_TYPE, "application/json")
            .body(body)
            .send()
            .await
            .map_err(reqwest::Error::without_url)?;
        match response.status() {
            // A conflict is an answer too: it says where to resume.
            status @ (StatusCode::OK | StatusCode::CONFLICT) => Ok((
                status,
                response.json().await.map_err(reqwest::Error::without_url)?,
            )),
            status => Err(RelayError::Status(status)),
        }
    }
}

/// The first records that fit one append, at least one.
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
