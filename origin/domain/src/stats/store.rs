//! Where views are kept.

use std::{collections::BTreeMap, fmt, ops::RangeInclusive};

use async_trait::async_trait;

use crate::{PartnerId, StoreError, paris::Day, stats::Seen};

/// Views of a partner's offer, to be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferViews {
    pub partner: PartnerId,
    pub seen: Seen,
}

/// The views of a backend.
#[async_trait]
pub trait StatsStore: fmt::Debug + Send + Sync {
    /// Adds these to what is stored, all or nothing. No two of them are of one offer and day.
    async fn add_views(&self, views: Vec<OfferViews>) -> Result<(), StoreError>;

    /// How often a partner's offers were seen on each of these days; a day without views is absent.
    async fn views(
        &self,
        partner: &PartnerId,
        days: RangeInclusive<Day>,
    ) -> Result<BTreeMap<Day, i64>, StoreError>;
}
