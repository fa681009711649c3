//! Where the catalogue is kept, seen by those who fill it.

pub mod sample;
pub mod seed;

use std::{collections::BTreeSet, fmt};

use async_trait::async_trait;
use cache_core::Tag;

use crate::{
    Establishment, Offer, Partner, StoreError,
    offers::events::{OfferChange, tags_of},
    pending_purge::{PendingPurge, PurgeKind},
    tags,
};

/// One partner with all that belongs to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Family {
    pub partner: Partner,
    pub establishments: Vec<Establishment>,
    pub offers: Vec<Offer>,
}

/// How caches learn of what is added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announce {
    pub reach: Reach,
    pub reason: String,
    pub actor: String,
}

/// What is purged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Everything, even if nothing was added.
    Everything {
        /// The row of the outbox that the new one replaces, if it is still there: the purge of the
        /// batch before.
        instead_of: Option<i64>,
    },
    /// What shows the added offers, or lists partners; nothing if no offer was added.
    Added,
}

/// What was missing, and is there now.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Added {
    pub partners: usize,
    pub establishments: usize,
    pub offers: Vec<Offer>,
    /// The row of the outbox with the purge.
    pub purge: Option<i64>,
}

impl Announce {
    /// The purge to store with the `added` offers; none if no answer can hold what changed.
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

/// The tags to purge for new offers of new partners. Sorted, each once; none without an offer.
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

/// The catalogue of a backend.
#[async_trait]
pub trait CatalogueStore: fmt::Debug + Send + Sync {
    /// Whether there is no offer at all.
    async fn is_empty(&self) -> Result<bool, StoreError>;

    /// Adds what is missing of each family, with the purge of [`Announce::purge`], in one
    /// transaction. What is stored under an id stays as it is.
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
