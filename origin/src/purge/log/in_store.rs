//! The log in the embedded store: the outbox's way into it, and what is asked of it.

use std::time::Duration;

use cache_core::{LogId, PurgeRecord, Revision};
use cache_tiered::{Extent, SourceError};
use tokio::time::{Instant, timeout};

use super::{PurgeLog, Role, Shared, wall_ms};
use crate::{
    embedded::{StoreError, outbox::outbox_pending},
    purge::{
        embedded_log::{self, DRAIN_ROWS},
        in_force,
    },
};

/// How often another process's appends are looked for.
const LOOK: Duration = Duration::from_millis(25);

impl PurgeLog {
    pub(super) async fn drain_into_store(
        &self,
        now_ms: i64,
    ) -> Result<Option<Revision>, StoreError> {
        let Shared { db, own, role, .. } = &*self.0;
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
            self.0.appended.send_replace(());
        }
        if !may_drain(db.read(in_force::in_force).await?, own, role) {
            // Whoever moved the rows moved them into another log: this one's end says nothing.
            return Ok(None);
        }
        let at = self.0.feed.position();
        let (records, extent) = db
            .read(move |connection| {
                let records = embedded_log::records_after(connection, at.head, DRAIN_ROWS)?;
                Ok((records, embedded_log::extent(connection)?))
            })
            .await?;
        self.0.feed.heard(own, &records);
        Ok(Some(extent.head))
    }

    pub(super) async fn check_store(&self) -> Result<Extent, SourceError> {
        let Shared { db, feed, own, .. } = &*self.0;
        let complete_at = feed.clock().now();
        let own = *own;
        let (log, pending) = db
            .read(|c| Ok((in_force::in_force(c)?, outbox_pending(c, 1)?)))
            .await?;
        let mine = log == Some(own)
            && (pending.is_empty() || self.drain_into_store(wall_ms(complete_at)).await?.is_some());
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

    pub(super) async fn stored_after(
        &self,
        after: Revision,
        limit: usize,
        wait: Duration,
    ) -> Result<Vec<PurgeRecord>, StoreError> {
        let deadline = Instant::now() + wait;
        let mut appended = self.0.appended.subscribe();
        loop {
            let records = self
                .0
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
}

/// Whether the embedded log `own` may take rows out of the outbox. Before there is any server, a
/// command may: its log is the one that a server will put in force.
fn may_drain(in_force: Option<LogId>, own: LogId, role: Role) -> bool {
    match in_force {
        Some(log) => log == own,
        None => role == Role::Tool,
    }
}
