//! Purges in MongoDB. The queries are in `crate::queries`.

mod audit;
mod register;

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use cache_core::{LogId, Revision, Tip};
use domain::{
    StoreError,
    purges::{
        AuditFilter, AuditRow, InForce, Moved, OutboxRow, PendingPurge, Proof, PurgeStore, TakenOut,
    },
};
use mongodb::bson::{Bson, Document, doc};

use crate::{
    database::MongoDb,
    documents::{at_most, batch, collect, id_number, text},
    error::MongoError,
    limits::SERVER_WITHIN,
    outbox,
    tables::collections::OUTBOX,
    tx::Tx,
};

/// The purges of a MongoDB database.
#[derive(Clone, Debug)]
pub struct MongoPurges {
    db: MongoDb,
}

impl MongoPurges {
    pub const fn new(db: MongoDb) -> Self {
        Self { db }
    }
}

/// Reads go to the primary with read concern majority, as the connection has it: a write is answered
/// when a majority has it and the primary knows, so what was committed before a read began is seen.
///
/// Linearizable is not needed. It promises something for one document that is found by a unique
/// field, and the outbox is read as a range. It guards against a primary that was replaced and does
/// not know yet, for as long as an election takes: a writer reads where it has just committed, its
/// own purge is moved by itself, and what a read leads to is decided in a transaction, which such a
/// primary cannot commit. Only a purge that its writer could not move is seen that much later.
#[async_trait]
impl PurgeStore for MongoPurges {
    async fn push(&self, purge: PendingPurge, now_ms: i64) -> Result<(), StoreError> {
        let purge = Arc::new(purge);
        let push = self.db.transaction(move |tx| {
            let purge = Arc::clone(&purge);
            Box::pin(async move { outbox::push(tx, &purge, now_ms).await })
        });
        Ok(push.await.map(drop)?)
    }

    async fn pending(&self, after: i64, limit: usize) -> Result<Vec<OutboxRow>, StoreError> {
        // No limit is zero to a server.
        if limit == 0 {
            return Ok(Vec::new());
        }
        let rows = self.db.collection::<Document>(OUTBOX);
        let found = self.db.run(async move {
            let next = rows
                .find(doc! {"_id": {"$gt": after}})
                .sort(doc! {"_id": 1})
                .limit(i64::from(at_most(limit)))
                .batch_size(batch(limit))
                .max_time(SERVER_WITHIN);
            collect(next.await?).await
        });
        let found = found.await?;
        found.iter().map(|row| Ok(outbox::pending(row)?)).collect()
    }

    async fn last_pending(&self) -> Result<i64, StoreError> {
        let rows = self.db.collection::<Document>(OUTBOX);
        let found = self.db.run(async move {
            let last = rows
                .find_one(every())
                .sort(doc! {"_id": -1})
                .projection(doc! {"_id": 1})
                .max_time(SERVER_WITHIN);
            Ok(last.await?)
        });
        match found.await? {
            Some(row) => Ok(id_number(&row, "_id")?),
            None => Ok(0),
        }
    }

    async fn take_out(&self, proof: Proof, moved: Vec<Moved>) -> Result<TakenOut, StoreError> {
        let both = Arc::new((proof, moved));
        let taken = self.db.transaction(move |tx| {
            let both = Arc::clone(&both);
            Box::pin(async move { take_out(tx, &both.0, &both.1).await })
        });
        Ok(taken.await?)
    }

    async fn in_force(&self) -> Result<Option<InForce>, StoreError> {
        Ok(register::in_force(&self.db).await?)
    }

    async fn next_begins_after(&self) -> Result<Revision, StoreError> {
        Ok(register::next_begins_after(&self.db).await?)
    }

    async fn put_in_force(&self, log: LogId, tip: Tip, now_ms: i64) -> Result<bool, StoreError> {
        let put = self.db.transaction_that_adds(move |tx| {
            Box::pin(async move { register::put(tx, log, tip, now_ms).await })
        });
        Ok(put.await?)
    }

    async fn audit(
        &self,
        before_id: Option<i64>,
        limit: usize,
        filter: AuditFilter,
    ) -> Result<Vec<AuditRow>, StoreError> {
        Ok(audit::list(&self.db, before_id, limit, &filter).await?)
    }

    async fn tell(&self, rows: Vec<AuditRow>) -> Result<(), StoreError> {
        let rows = Arc::new(rows);
        let told = self.db.transaction(move |tx| {
            let rows = Arc::clone(&rows);
            Box::pin(async move { audit::tell(tx, &rows).await })
        });
        Ok(told.await?)
    }

    async fn trim_audit(&self, now_ms: i64) -> Result<(), StoreError> {
        Ok(audit::trim(&self.db, now_ms).await?)
    }
}

/// All rows, by an index: an order alone does not lead every server to one.
fn every() -> Document {
    doc! {"_id": {"$gt": 0_i64}}
}

async fn take_out(tx: &mut Tx, proof: &Proof, moved: &[Moved]) -> Result<TakenOut, MongoError> {
    let attested = register::attest(tx, proof).await?;
    if attested != TakenOut::Done {
        return Ok(attested);
    }
    let ids: Vec<Bson> = moved.iter().map(|moved| moved.id.into()).collect();
    let among = doc! {"_id": {"$in": &ids}};
    let found = tx.find_ids(OUTBOX, ids, doc! {"actor": 1}).await?;
    let found = found
        .iter()
        .map(|row| Ok((id_number(row, "_id")?, text(row, "actor")?)));
    let mut there: HashMap<i64, String> = found.collect::<Result<_, MongoError>>()?;
    if there.is_empty() {
        return Ok(TakenOut::Done);
    }
    let gone = tx.delete_many(OUTBOX, among).await?;
    // In one snapshot they are the same; a server without one must not make the audit lie.
    if usize::try_from(gone) != Ok(there.len()) {
        return Err(StoreError::Conflict("the outbox").into());
    }
    // Each id once: a row that is named twice was moved once.
    let mut told = Vec::new();
    for Moved { id, told: row } in moved {
        if let Some(actor) = there.remove(id) {
            told.push(AuditRow {
                actor,
                ..row.clone()
            });
        }
    }
    audit::record(tx, &told).await?;
    Ok(TakenOut::Done)
}
