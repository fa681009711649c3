//! Purges in the embedded store.

use async_trait::async_trait;
use cache_core::{LogId, Revision, Tip};
use domain::{
    StoreError,
    purges::{
        AuditFilter, AuditRow, InForce, Moved, OutboxRow, PendingPurge, Proof, PurgeStore, TakenOut,
    },
};

use crate::{
    audit,
    database::EmbeddedDb,
    in_force,
    outbox::{outbox_last, outbox_pending, outbox_push, outbox_remove},
};

/// The purges of the embedded store.
#[derive(Clone, Debug)]
pub struct EmbeddedPurges {
    db: EmbeddedDb,
}

impl EmbeddedPurges {
    pub const fn new(db: EmbeddedDb) -> Self {
        Self { db }
    }
}

#[async_trait]
impl PurgeStore for EmbeddedPurges {
    async fn push(&self, purge: PendingPurge, now_ms: i64) -> Result<(), StoreError> {
        let push = self.db.write(move |tx| outbox_push(tx, &purge, now_ms));
        push.await.map(drop)
    }

    async fn pending(&self, after: i64, limit: usize) -> Result<Vec<OutboxRow>, StoreError> {
        self.db.read(move |c| outbox_pending(c, after, limit)).await
    }

    async fn last_pending(&self) -> Result<i64, StoreError> {
        self.db.read(outbox_last).await
    }

    async fn take_out(&self, proof: Proof, moved: Vec<Moved>) -> Result<TakenOut, StoreError> {
        let take_out = self.db.write(move |tx| {
            let attested = in_force::attest(tx, &proof)?;
            if attested != TakenOut::Done {
                return Ok(attested);
            }
            for Moved { id, told } in &moved {
                if let Some(actor) = outbox_remove(tx, *id)? {
                    let told = AuditRow {
                        actor,
                        ..told.clone()
                    };
                    audit::record(tx, &told)?;
                }
            }
            Ok(TakenOut::Done)
        });
        take_out.await
    }

    async fn in_force(&self) -> Result<Option<InForce>, StoreError> {
        self.db.read(in_force::register).await
    }

    async fn next_begins_after(&self) -> Result<Revision, StoreError> {
        self.db.read(in_force::next_begins_after).await
    }

    async fn put_in_force(&self, log: LogId, tip: Tip, now_ms: i64) -> Result<bool, StoreError> {
        self.db
            .write(move |tx| in_force::put_in_force(tx, log, tip, now_ms))
            .await
    }

    async fn audit(
        &self,
        before_id: Option<i64>,
        limit: usize,
        filter: AuditFilter,
    ) -> Result<Vec<AuditRow>, StoreError> {
        self.db
            .read(move |c| audit::list(c, before_id, limit, &filter))
            .await
    }

    async fn tell(&self, rows: Vec<AuditRow>) -> Result<(), StoreError> {
        let told = self
            .db
            .write(move |tx| rows.iter().try_for_each(|row| audit::record(tx, row)));
        told.await
    }

    async fn trim_audit(&self, now_ms: i64) -> Result<(), StoreError> {
        self.db
            .write(move |tx| audit::trim(tx, now_ms))
            .await
            .map(drop)
    }
}
