//! The log in the embedded store: the outbox's way into it, and what is asked of it.

use std::time::Duration;

use cache_core::{LogId, PurgeRecord, Revision};
use cache_tiered::{Extent, PurgeFeed, SourceError};
use tokio::{
    sync::watch,
    time::{Instant, timeout},
};

use crate::purging::log::{Role, wall_ms};
use crate::store_sqlite::{
    database::{EmbeddedDb, StoreError},
    in_force, log_rows as embedded_log,
    log_rows::DRAIN_ROWS,
    outbox::outbox_pending,
};

/// How often another process's appends are looked for.
const LOOK: Duration = Duration::from_millis(25);

/// The log in the embedded store.
#[derive(Debug)]
pub struct StoredLog {
    db: EmbeddedDb,
    role: Role,
    /// Its identity.
    own: LogId,
    /// Wakes who reads it. Another process's appends are found by looking.
    appended: watch::Sender<()>,
}

impl StoredLog {
    pub async fn open(db: EmbeddedDb, role: Role, now_ms: i64) -> Result<Self, StoreError> {
        let mut fresh = [0; 16];
        getrandom::fill(&mut fresh)
            .map_err(|error| StoreError::Io(std::io::Error::other(error.to_string())))?;
        let fresh = LogId::from_bytes(fresh);
        let own = db
            .write(move |tx| {
                let own = embedded_log::identity(tx, fresh)?;
                let head = embedded_log::extent(tx)?.head;
                if role == Role::Tool || in_force::put_in_force(tx, own, head, now_ms)? {
                    return Ok(own);
                }
                // It was left behind: entries under its revisions may still be around.
                let begins_after = in_force::next_begins_after(tx)?;
                let own = embedded_log::begin_anew(tx, fresh, begins_after)?;
                in_force::put_in_force(tx, own, begins_after, now_ms)?;
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

    /// Moves the outbox into the log; gives its end. None when the log is not the one in force.
    pub async fn drain(
        &self,
        feed: &PurgeFeed,
        now_ms: i64,
    ) -> Result<Option<Revision>, StoreError> {
        let Self { db, own, role, .. } = self;
        let (own, role) = (*own, *role);
        // A look on a reader first: the writer is not taken for nothing.
        while !db.read(|c| outbox_pending(c, 1)).await?.is_empty() {
            let moved = db.write(move |tx| {
                // In the drain's own transaction: a record in a log that was left behind purges
                // nothing, so the row stays for the servers whose log is in force.
                let mine = may_drain(in_force::in_force(tx)?, own, role);
                if mine {
                    embedded_log::drain(tx, now_ms)?;
                }
                Ok(mine)
            });
            if !moved.await? {
                return Ok(None);
            }
            self.appended.send_replace(());
        }
        if !may_drain(db.read(in_force::in_force).await?, own, role) {
            // Whoever moved the rows moved them into another log: this one's end says nothing.
            return Ok(None);
        }
        let at = feed.position();
        let (records, extent) = db
            .read(move |connection| {
                let records = embedded_log::records_after(connection, at.head, DRAIN_ROWS)?;
                Ok((records, embedded_log::extent(connection)?))
            })
            .await?;
        feed.heard(own, &records);
        Ok(Some(extent.head))
    }

    pub async fn check(&self, feed: &PurgeFeed) -> Result<Extent, SourceError> {
        let Self { db, own, .. } = self;
        let (own, complete_at) = (*own, feed.clock().now());
        let (log, pending) = db
            .read(|c| Ok((in_force::in_force(c)?, outbox_pending(c, 1)?)))
            .await?;
        let now_ms = wall_ms(complete_at);
        let mine =
            log == Some(own) && (pending.is_empty() || self.drain(feed, now_ms).await?.is_some());
        if !mine {
            return Err("another server put another purge log in force".into());
        }
        let embedded_log::Extent { horizon, head } = db.read(embedded_log::extent).await?;
        Ok(Extent {
            log: own,
            horizon,
            head,
            complete_at,
        })
    }

    pub async fn records_after(
        &self,
        log: LogId,
        after: Revision,
        limit: usize,
        wait: Duration,
    ) -> Result<Vec<PurgeRecord>, SourceError> {
        if log != self.own {
            return Err("another server's purge log".into());
        }
        let deadline = Instant::now() + wait;
        let mut appended = self.appended.subscribe();
        loop {
            let records = self
                .db
                .read(move |c| embedded_log::records_after(c, after, limit))
                .await?;
            let left = deadline.saturating_duration_since(Instant::now());
            if !records.is_empty() || left.is_zero() {
                return Ok(records);
            }
            // The sender lives as long as the log: only the time or an append ends this.
            let _elapsed = timeout(left.min(LOOK), appended.changed()).await;
        }
    }

    pub async fn trim(&self, now_ms: i64) -> Result<(), StoreError> {
        let gone = self
            .db
            .write(move |tx| embedded_log::trim(tx, now_ms))
            .await?;
        if gone > 0 {
            tracing::info!(records = gone, "purge log trimmed");
        }
        Ok(())
    }
}

/// Whether the embedded log `own` may take rows out of the outbox. Before there is any server, a
/// command may: its log is the one that a server will put in force.
fn may_drain(in_force: Option<LogId>, own: LogId, role: Role) -> bool {
    match in_force {
        Some(log) => log == own,
        None => role == Role::Tool,
    }
}
