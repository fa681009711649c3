//! Views in SQLite.

use std::{collections::BTreeMap, ops::RangeInclusive};

use async_trait::async_trait;
use domain::{
    PartnerId, StoreError,
    paris::Day,
    stats::store::{OfferViews, StatsStore},
};

use crate::{database::EmbeddedDb, error::SqliteError};

/// The views of the embedded store.
#[derive(Clone, Debug)]
pub struct EmbeddedStats {
    db: EmbeddedDb,
}

impl EmbeddedStats {
    pub const fn new(db: EmbeddedDb) -> Self {
        Self { db }
    }
}

#[async_trait]
impl StatsStore for EmbeddedStats {
    async fn add_views(&self, views: Vec<OfferViews>) -> Result<(), StoreError> {
        self.db
            .write(move |tx| {
                let mut add = tx.prepare_cached(
                    "INSERT INTO offer_views(partner_id, day, offer_id, views)
                     VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT (partner_id, day, offer_id) DO UPDATE SET views = views + ?4",
                )?;
                for OfferViews { partner, seen } in &views {
                    let day = seen.day.to_string();
                    add.execute((partner.as_str(), day, seen.offer.as_str(), seen.views))?;
                }
                Ok(())
            })
            .await
    }

    async fn views(
        &self,
        partner: &PartnerId,
        days: RangeInclusive<Day>,
    ) -> Result<BTreeMap<Day, i64>, StoreError> {
        let partner = partner.clone();
        let (first, last) = (days.start().to_string(), days.end().to_string());
        self.db
            .read(move |connection| {
                let mut statement = connection.prepare_cached(
                    "SELECT day, SUM(views) FROM offer_views
                     WHERE partner_id = ?1 AND day BETWEEN ?2 AND ?3 GROUP BY day",
                )?;
                let mut rows = statement.query((partner.as_str(), first, last))?;
                let mut views = BTreeMap::new();
                while let Some(row) = rows.next()? {
                    let day: String = row.get(0)?;
                    let day = Day::parse(&day).ok_or_else(|| SqliteError::corrupt("day", &day))?;
                    views.insert(day, row.get(1)?);
                }
                Ok(views)
            })
            .await
    }
}
