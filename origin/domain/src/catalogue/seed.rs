//! Fills a store with sample data; seeding twice adds nothing.

use super::sample;
use crate::{
    StoreError,
    catalogue::{Announce, CatalogueStore, Family, Reach},
};

/// Rows per transaction: large enough to be fast, small enough not to hold the writer long.
const ROWS_PER_TRANSACTION: usize = 1_000;

/// What seeding added; rows that already existed are not counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SeedReport {
    pub partners: usize,
    pub establishments: usize,
    pub offers: usize,
}

/// Adds `offers` offers with their partners; `progress` receives the number of offers done and in
/// total.
pub async fn seed(
    catalogue: &dyn CatalogueStore,
    offers: usize,
    now_ms: i64,
    progress: &dyn Fn(usize, usize),
) -> Result<SeedReport, StoreError> {
    let mut report = SeedReport::default();
    let mut families = sample::families(offers, now_ms);
    let (mut done, mut pending_purge) = (0, None);
    while done < offers {
        let batch = batch(&mut families);
        done += batch
            .iter()
            .map(|family| family.offers.len())
            .sum::<usize>();
        // Each transaction replaces the purge of the previous one, so that exactly one remains, at
        // the end and after a crash.
        let added = catalogue
            .add(batch, everything(pending_purge), now_ms)
            .await?;
        pending_purge = added.purge;
        report.partners += added.partners;
        report.establishments += added.establishments;
        report.offers += added.offers.len();
        progress(done, offers);
    }
    Ok(report)
}

fn batch(families: &mut impl Iterator<Item = Family>) -> Vec<Family> {
    let mut rows = 0;
    let mut batch = Vec::new();
    while rows < ROWS_PER_TRANSACTION
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
