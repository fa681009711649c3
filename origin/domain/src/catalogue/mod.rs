//! The store trait through which imports and seeding fill the catalogue.

pub mod import;
pub mod sample;
pub mod seed;
pub mod sheet;

use std::{collections::BTreeSet, fmt};

use async_trait::async_trait;
use cache_core::Tag;

use crate::{
    Establishment, Offer, Partner, StoreError,
    offers::events::{OfferChange, tags_of},
    pending_purge::{PendingPurge, PurgeKind},
    tags,
};

/// A partner with its establishments and offers.
#[derive(Debug, Clone, PartialEq)]
pub struct Family {
    pub partner: Partner,
    pub establishments: Vec<Establishment>,
    pub offers: Vec<Offer>,
}

/// How caches are told about added rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announce {
    pub reach: Reach,
    pub reason: String,
    pub actor: String,
}

/// What the purge covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Purges everything, even if nothing was added.
    Everything {
        /// The outbox row that the new purge replaces, if it is still there: the purge of the
        /// previous batch.
        instead_of: Option<i64>,
    },
    /// Purges what shows the added offers or lists partners; nothing if no offer was added.
    Added,
}

/// The rows that were missing and have been added.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Added {
    pub partners: usize,
    pub establishments: usize,
    pub offers: Vec<Offer>,
    /// The id of the outbox row with the purge.
    pub purge: Option<i64>,
}

impl Announce {
    /// The purge to store with the `added` offers; none if no cached answer can be affected.
    pub fn purge(self, added: &[Offer]) -> Option<PendingPurge> {
        let tags = match self.reach {
            Reach::Everything { .. } => vec![Tag::everything()],
            Reach::Added => tags_of_added(added),
        };
        (!tags.is_empty()).then_some(PendingPurge {
            tags,
            kind: PurgeKind::Hard,
            reason: self.reason,
            actor: self.actor,
        })
    }
}

/// The tags to purge for new offers of new partners, sorted and without duplicates; empty without
/// an offer.
fn tags_of_added(added: &[Offer]) -> Vec<Tag> {
    let mut purged = BTreeSet::new();
    for offer in added {
        purged.extend(tags_of(&OfferChange {
            before: None,
            after: Some(offer.clone()),
        }));
        purged.insert(tags::all_partners());
    }
    purged.into_iter().collect()
}

/// How a store takes very many rows fastest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BulkLoad {
    /// Large enough to be fast, small enough not to keep others from writing for long.
    pub rows_per_transaction: usize,
    pub transactions_at_once: usize,
}

/// The catalogue in a database.
#[async_trait]
pub trait CatalogueStore: fmt::Debug + Send + Sync {
    fn bulk_load(&self) -> BulkLoad;

    /// Whether the database holds no offer.
    async fn is_empty(&self) -> Result<bool, StoreError>;

    /// Adds the missing rows of each family and the purge of [`Announce::purge`] in one
    /// transaction. Rows that already exist under an id are not changed.
    async fn add(
        &self,
        families: Vec<Family>,
        announce: Announce,
        now_ms: i64,
    ) -> Result<Added, StoreError>;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::sample;

    fn announce(reach: Reach) -> Announce {
        Announce {
            reach,
            reason: "why".into(),
            actor: "who".into(),
        }
    }

    #[test]
    fn added_offers_purge_their_lists_and_all_partners() {
        let added: Vec<Offer> = sample::families(5, 1_790_000_000_000)
            .flat_map(|family| family.offers)
            .collect();
        let purge = announce(Reach::Added).purge(&added).unwrap();
        assert!(purge.tags.is_sorted() && purge.tags.contains(&tags::all_partners()));
        for offer in &added {
            assert!(purge.tags.contains(&tags::offer(&offer.id)));
        }
        assert_eq!(
            (purge.reason.as_str(), purge.actor.as_str(), purge.kind),
            ("why", "who", PurgeKind::Hard)
        );
        assert_eq!(announce(Reach::Added).purge(&[]), None);
    }

    #[test]
    fn everything_is_purged_even_for_nothing() {
        let reach = Reach::Everything { instead_of: None };
        assert_eq!(
            announce(reach).purge(&[]).unwrap().tags,
            [Tag::everything()]
        );
    }
}
