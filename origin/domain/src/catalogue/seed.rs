//! Fills a store with sample data; seeding twice adds nothing.

use std::cell::RefCell;

use futures_util::future::{join, try_join_all};

use super::sample;
use crate::{
    StoreError,
    catalogue::{Added, Announce, BulkLoad, CatalogueStore, Family, Reach},
};

/// What seeding added; rows that already existed are not counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SeedReport {
    pub partners: usize,
    pub establishments: usize,
    pub offers: usize,
}

impl SeedReport {
    fn count(&mut self, added: &Added) {
        self.partners += added.partners;
        self.establishments += added.establishments;
        self.offers += added.offers.len();
    }
}

/// Adds `offers` offers with their partners; `progress` receives the number of offers done and in
/// total.
pub async fn seed(
    catalogue: &dyn CatalogueStore,
    offers: usize,
    now_ms: i64,
    progress: &dyn Fn(usize, usize),
) -> Result<SeedReport, StoreError> {
    let BulkLoad {
        rows_per_transaction,
        transactions_at_once,
    } = catalogue.bulk_load();
    let families = RefCell::new(sample::families(offers, now_ms));
    let so_far = RefCell::new((SeedReport::default(), 0));
    let lane = async || {
        let mut pending_purge = None;
        let take = || batch(&mut *families.borrow_mut(), rows_per_transaction);
        let mut taken = take();
        while !taken.is_empty() {
            let in_batch: usize = taken.iter().map(|family| family.offers.len()).sum();
            // Each transaction replaces the purge of its lane's previous one, so that one for each
            // lane remains, at the end and after a crash.
            let adding = catalogue.add(taken, everything(pending_purge), now_ms);
            // The next rows are made while the database adds these: a core for each.
            let (added, next) = join(adding, async { take() }).await;
            let added = added?;
            taken = next;
            pending_purge = added.purge;
            let (report, done) = &mut *so_far.borrow_mut();
            report.count(&added);
            *done += in_batch;
            progress(*done, offers);
        }
        Ok::<(), StoreError>(())
    };
    try_join_all((0..transactions_at_once).map(|_| lane())).await?;
    Ok(so_far.into_inner().0)
}

fn batch(families: &mut impl Iterator<Item = Family>, most_rows: usize) -> Vec<Family> {
    let mut rows = 0;
    let mut batch = Vec::new();
    while rows < most_rows
        && let Some(family) = families.next()
    {
        rows += 1 + family.establishments.len() + family.offers.len();
        batch.push(family);
    }
    batch
}

fn everything(instead_of: Option<i64>) -> Announce {
    Announce {
        reach: Reach::Everything { instead_of },
        reason: "seeded".into(),
        actor: "seed".into(),
    }
}
