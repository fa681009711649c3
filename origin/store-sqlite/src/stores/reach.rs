//! Which addresses can be reached, in SQLite.

use async_trait::async_trait;
use domain::{
    StoreError,
    messages::{
        kind::Channel,
        reach::{AddressHash, Barrier, Reach, ReachStore},
    },
};
use rusqlite::{OptionalExtension as _, named_params};

use crate::{database::EmbeddedDb, tables::word::word};

/// The addresses of the embedded store.
#[derive(Clone, Debug)]
pub struct EmbeddedReach {
    db: EmbeddedDb,
}

impl EmbeddedReach {
    pub const fn new(db: EmbeddedDb) -> Self {
        Self { db }
    }
}

#[async_trait]
impl ReachStore for EmbeddedReach {
    async fn note(&self, reach: Reach) -> Result<(), StoreError> {
        let note = self.db.write(move |tx| {
            tx.prepare_cached(
                "INSERT INTO reach(channel, address, barrier, at_ms)
                 VALUES (:channel, :address, :barrier, :at)
                 ON CONFLICT(channel, address) DO UPDATE
                 SET barrier = excluded.barrier, at_ms = excluded.at_ms
                 WHERE reach.at_ms <= excluded.at_ms",
            )?
            .execute(named_params! {
                ":channel": reach.channel.as_str(),
                ":address": reach.address.as_str(),
                ":barrier": reach.barrier.map(Barrier::as_str),
                ":at": reach.at_ms,
            })?;
            Ok(())
        });
        note.await
    }

    async fn barrier(
        &self,
        channel: Channel,
        address: &AddressHash,
    ) -> Result<Option<Barrier>, StoreError> {
        let address = address.clone();
        let barrier = self.db.read(move |c| {
            let found: Option<Option<String>> = c
                .prepare_cached("SELECT barrier FROM reach WHERE channel = ?1 AND address = ?2")?
                .query_row((channel.as_str(), address.as_str()), |row| row.get(0))
                .optional()?;
            let known = |text: &String| word("barrier", text, Barrier::parse);
            found.flatten().as_ref().map(known).transpose()
        });
        barrier.await
    }
}
