//! Offers begin and end by themselves. At that moment a job writes it into the purge log, as any
//! other change: lists are purged, and subscribers hear of an offer that begins.

use std::collections::BTreeSet;

use super::events::tags_in_lists;
use crate::{
    GeoPoint, OfferId, PartnerId,
    pending_purge::{PendingPurge, PurgeKind},
    tags,
};

/// How many turns are told in one transaction.
pub const AT_ONCE: usize = 500;
/// How many turns one purge tells of: with more tags than a record holds it would purge everything.
const A_PURGE: usize = 50;

/// A moment at which an active offer begins or ends to be valid.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn {
    pub at_ms: i64,
    pub offer: OfferId,
    pub partner: PartnerId,
    pub location: GeoPoint,
    pub kind: TurnKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TurnKind {
    Begins,
    Ends,
}

/// Up to where turns were told, in the order of their moments, then of their offers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Told {
    pub at_ms: i64,
    /// The last offer of that moment; none if all of that moment were told.
    pub offer: Option<OfferId>,
}

/// The purges and the new position that one transaction of the job stores.
#[derive(Debug, Clone, PartialEq)]
pub struct Telling {
    pub purges: Vec<PendingPurge>,
    pub told: Told,
    pub count: usize,
}

/// Tells of the turns up to `until_ms` that come after what was told: at most [`AT_ONCE`], in order.
pub fn telling(turns: &[Turn], until_ms: i64) -> Telling {
    let told = match turns.last() {
        Some(last) if turns.len() >= AT_ONCE => Told {
            at_ms: last.at_ms,
            offer: Some(last.offer.clone()),
        },
        Some(_) | None => Told {
            at_ms: until_ms,
            offer: None,
        },
    };
    Telling {
        purges: turns.chunks(A_PURGE).map(purge).collect(),
        told,
        count: turns.len(),
    }
}

fn purge(turns: &[Turn]) -> PendingPurge {
    let mut purged = BTreeSet::new();
    for turn in turns {
        purged.insert(tags::offer(&turn.offer));
        purged.insert(tags::partner(&turn.partner));
        purged.extend(tags_in_lists(turn.location));
        match turn.kind {
            TurnKind::Begins => {
                purged.insert(tags::published(&turn.offer));
            }
            TurnKind::Ends => {}
        }
    }
    PendingPurge {
        tags: purged.into_iter().collect(),
        kind: PurgeKind::Hard,
        reason: "offers began or ended".to_owned(),
        actor: "clock".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pending_purge::MOST_TAGS;

    fn turn(number: usize, kind: TurnKind) -> Turn {
        Turn {
            at_ms: 7,
            offer: OfferId::derive("offer", &number.to_string()),
            partner: PartnerId::derive("partner", &number.to_string()),
            location: GeoPoint {
                lat: 48.85,
                lng: 2.35,
            },
            kind,
        }
    }

    #[test]
    fn an_offer_that_begins_is_announced_and_one_that_ends_is_not() {
        let begins = turn(1, TurnKind::Begins);
        let told = telling(std::slice::from_ref(&begins), 9);
        let published = tags::published(&begins.offer);
        assert!(told.purges[0].tags.contains(&published));
        assert!(told.purges[0].tags.contains(&tags::all_offers()));
        let ends = turn(1, TurnKind::Ends);
        let ended = telling(&[ends], 9);
        assert!(!ended.purges[0].tags.contains(&published));
        let all_of_nine = Told {
            at_ms: 9,
            offer: None,
        };
        assert_eq!(ended.told, all_of_nine);
    }

    #[test]
    fn many_turns_at_once_purge_no_more_than_they_have_to() {
        let turns: Vec<_> = (0..AT_ONCE).map(|n| turn(n, TurnKind::Begins)).collect();
        let told = telling(&turns, 9);
        assert!(
            told.purges
                .iter()
                .all(|purge| purge.tags.len() <= MOST_TAGS)
        );
        let last = turns.last().map(|turn| turn.offer.clone());
        assert_eq!((told.told.at_ms, told.told.offer), (7, last));
    }
}
