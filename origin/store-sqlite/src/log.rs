//! The log in the embedded store: the outbox's way into it, and what is asked of it.

use std::time::Duration;

use async_trait::async_trait;
use cache_core::{LogId, PurgeRecord, Revision, Tip};
use domain::{
    StoreError,
    purges::{DRAINED_AT_ONCE, LogRole, LogStore, log_store::LogExtent},
};
use tokio::{
    sync::watch,
    time::{Instant, timeout},
};

use crate::{database::EmbeddedDb, in_force, log_rows, outbox::outbox_pending};

/// How often another process's appends are looked for.
const LOOK: Duration = Duration::from_millis(25);

/// The log in the embedded store.
#[derive(Debug)]
pub struct EmbeddedLog {
    db: EmbeddedDb,
    role: LogRole,
    /// Its identity.
    own: LogId,
    /// Wakes readers. Another process's appends are found by looking.
    appended: watch::Sender<()>,
}

impl EmbeddedLog {
    /// Opens the log; a server puts it in force, and begins a new one if it was left behind.
    pub async fn open(db: EmbeddedDb, role: LogRole, now_ms: i64) -> Result<Self, StoreError> {
        let mut fresh = [0; 16];
        getrandom::fill(&mut fresh)
            .map_err(|error| StoreError::backend(std::io::Error::other(error.to_string())))?;
        let fresh = LogId::from_bytes(fresh);
        let own = db
            .write(move |tx| {
                let own = log_rows::identity(tx, fresh)?;
                let head = log_rows::extent(tx)?.head;
                if role == LogRole::Tool || in_force::put_in_force(tx, own, tip_at(head), now_ms)? {
                    return Ok(own);
                }
                // It was left behind: entries under its revisions may still be around.
                let begins_after = in_force::next_begins_after(tx)?;
                let own = log_rows::begin_anew(tx, fresh, begins_after)?;
                in_force::put_in_force(tx, own, tip_at(begins_after), now_ms)?;
                Ok(own)
            })
            .await?;
        Ok(Self {
            db,
            role,
            own,
            appended: watch::Sender::default(),
        })
    }
}

/// This log needs no digests: it is lost with the database or not at all.
fn tip_at(revision: Revision) -> Tip {
    Tip {
        revision,
        ..Tip::default()
    }
}

#[async_trait]
impl LogStore for EmbeddedLog {
    fn id(&self) -> LogId {
        self.own
    }

    async fn drain(
        &self,
        known: Revision,
        now_ms: i64,
    ) -> Result<Option<(LogExtent, Vec<PurgeRecord>)>, StoreError> {
        let Self { db, own, role, .. } = self;
        let (own, role) = (*own, *role);
        // A look on a reader first: the writer is not taken for nothing.
        while !db.read(|c| outbox_pending(c, 0, 1)).await?.is_empty() {
            let moved = db.write(move |tx| {
                // In the drain's own transaction: a record in a log that was left behind purges
                // nothing, so the row stays for the servers whose log is in force.
                let mine = may_drain(in_force::in_force(tx)?, own, role);
                if mine {
                    log_rows::drain(tx, now_ms)?;
                }
                Ok(mine)
            });
            if !moved.await? {
                return Ok(None);
            }
            self.appended.send_replace(());
        }
        let drained = db.read(move |c| {
            if !may_drain(in_force::in_force(c)?, own, role) {
                // The rows may have moved into the log that is in force now: this log's end does
                // not cover them.
                return Ok(None);
            }
            let records = log_rows::records_after(c, known, DRAINED_AT_ONCE)?;
            Ok(Some((log_rows::extent(c)?, records)))
        });
        drained.await
    }

    async fn look(&self) -> Result<Option<(bool, LogExtent)>, StoreError> {
        let own = self.own;
        let looked = self.db.read(move |c| {
            if in_force::in_force(c)? != Some(own) {
                return Ok(None);
            }
            let waits = !outbox_pending(c, 0, 1)?.is_empty();
            Ok(Some((waits, log_rows::extent(c)?)))
        });
        looked.await
    }

    async fn records_after(
        &self,
        after: Revision,
        limit: usize,
        wait: Duration,
    ) -> Result<Vec<PurgeRecord>, StoreError> {
        let deadline = Instant::now() + wait;
        let mut appended = self.appended.subscribe();
        loop {
            let records = self
                .db
                .read(move |c| log_rows::records_after(c, after, limit))
                .await?;
            let left = deadline.saturating_duration_since(Instant::now());
            if !records.is_empty() || left.is_zero() {
                return Ok(records);
            }
            // The sender lives as long as the log: only the time or an append ends this.
            let _elapsed = timeout(left.min(LOOK), appended.changed()).await;
        }
    }

    async fn trim(&self, now_ms: i64) -> Result<(), StoreError> {
        let gone = self.db.write(move |tx| log_rows::trim(tx, now_ms)).await?;
        if gone > 0 {
            tracing::info!(records = gone, "purge log trimmed");
        }
        Ok(())
    }
}

/// Whether the embedded log `own` may take rows out of the outbox. Before there is any server, a
/// command may: its log is the one that a server will put in force.
fn may_drain(in_force: Option<LogId>, own: LogId, role: LogRole) -> bool {
    match in_force {
        Some(log) => log == own,
        None => role == LogRole::Tool,
    }
}
