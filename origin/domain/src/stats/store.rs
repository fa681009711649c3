//! The store trait of offer views.

use std::{collections::BTreeMap, fmt, ops::RangeInclusive};

use async_trait::async_trait;

use crate::{PartnerId, StoreError, paris::Day, stats::Seen};

/// New views of a partner's offer, to be added to the stored count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferViews {
    pub partner: PartnerId,
    pub seen: Seen,
}

/// The view counts in a database.
#[async_trait]
pub trait StatsStore: fmt::Debug + Send + Sync {
    /// Adds these counts to the stored ones, all or nothing. Each pair of offer and day occurs
    /// once.
    async fn add_views(&self, views: Vec<OfferViews>) -> Result<(), StoreError>;

    /// The views of a partner's offers on each of these days; a day without views is absent.
    async fn views(
        &self,
        partner: &PartnerId,
        days: RangeInclusive<Day>,
    ) -> Result<BTreeMap<Day, i64>, StoreError>;
}
