//! The catalogue in SQLite: the rows themselves are the blocks' affair.

use async_trait::async_trait;
use domain::{
    StoreError,
    catalogue::{Added, Announce, BulkLoad, CatalogueStore, Family, Reach},
};
use rusqlite::Transaction;

use crate::{
    database::EmbeddedDb,
    error::SqliteError,
    outbox::{outbox_push, outbox_remove},
    tables::{offers, partners},
};

/// The catalogue of the embedded store.
#[derive(Debug, Clone)]
pub struct EmbeddedCatalogue {
    db: EmbeddedDb,
}

impl EmbeddedCatalogue {
    pub const fn new(db: EmbeddedDb) -> Self {
        Self { db }
    }
}

#[async_trait]
impl CatalogueStore for EmbeddedCatalogue {
    /// Ids are random, so a transaction touches nearly all pages of their indexes however few rows
    /// it has. So many take about four seconds; another process that writes waits for five.
    fn bulk_load(&self) -> BulkLoad {
        BulkLoad {
            rows_per_transaction: 100_000,
            transactions_at_once: 1,
        }
    }

    async fn is_empty(&self) -> Result<bool, StoreError> {
        let read = self.db.read(|connection| {
            let sql = "SELECT NOT EXISTS (SELECT 1 FROM offers)";
            Ok(connection.query_row(sql, [], |row| row.get(0))?)
        });
        read.await
    }

    async fn add(
        &self,
        families: Vec<Family>,
        announce: Announce,
        now_ms: i64,
    ) -> Result<Added, StoreError> {
        self.db
            .write(move |tx| add(tx, families, announce, now_ms))
            .await
    }
}

fn add(
    tx: &Transaction<'_>,
    mut families: Vec<Family>,
    announce: Announce,
    now_ms: i64,
) -> Result<Added, SqliteError> {
    // In the order of the indexes by partner: each of their pages is then needed once.
    families.sort_unstable_by(|one, other| one.partner.id.cmp(&other.partner.id));
    let mut added = Added::default();
    for family in families {
        if !partners::partner_exists(tx, &family.partner.id)? {
            partners::insert_partner(tx, &family.partner)?;
            added.partners += 1;
        }
        for place in &family.establishments {
            if !partners::establishment_exists(tx, &place.id)? {
                partners::insert_establishment(tx, place)?;
                added.establishments += 1;
            }
        }
        for offer in family.offers {
            if !offers::exists(tx, &offer.id)? {
                offers::insert(tx, &offer)?;
                added.offers.push(offer);
            }
        }
    }
    match announce.reach {
        Reach::Everything {
            instead_of: Some(id),
        } => {
            outbox_remove(tx, id)?;
        }
        Reach::Everything { instead_of: None } | Reach::Added => {}
    }
    if let Some(purge) = announce.purge(&added.offers) {
        added.purge = Some(outbox_push(tx, &purge, now_ms)?);
    }
    Ok(added)
}
