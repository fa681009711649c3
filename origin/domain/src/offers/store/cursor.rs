//! Pagination cursors of offer lists.

#[cfg(test)]
mod tests;

use crate::{
    ID_BYTES, Offer, OfferId,
    cursor::{CursorKind, seal, unseal},
};

/// The byte of [`Rank::Text`].
const TEXT: u8 = 1;

/// How well an offer matches the words of a search: the first thing that a list is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// The title has all words; also without a search.
    Title,
    /// The other texts are needed to find all words.
    Text,
}

/// The position after an item, in the order of its list.
#[derive(Debug, Clone, PartialEq)]
pub enum OfferCursor {
    Near {
        rank: Rank,
        distance_km: f64,
        id: OfferId,
    },
    Newest {
        rank: Rank,
        created_at_ms: i64,
        id: OfferId,
    },
}

impl OfferCursor {
    /// The cursor of an item of a list.
    pub fn of(offer: &Offer, distance_km: Option<f64>, rank: Rank) -> Self {
        let id = offer.id.clone();
        match distance_km {
            Some(distance_km) => Self::Near {
                rank,
                distance_km,
                id,
            },
            None => Self::Newest {
                rank,
                created_at_ms: offer.created_at_ms,
                id,
            },
        }
    }

    pub fn encode(&self) -> String {
        let (kind, position, id, rank) = match self {
            // The float's bits instead of decimal text: the next page must compare with exactly
            // this value.
            Self::Near {
                rank,
                distance_km,
                id,
            } => (
                CursorKind::OfferNear,
                distance_km.to_bits().to_be_bytes(),
                id,
                *rank,
            ),
            Self::Newest {
                rank,
                created_at_ms,
                id,
            } => (
                CursorKind::OfferNewest,
                created_at_ms.to_be_bytes(),
                id,
                *rank,
            ),
        };
        // A list without words has no ranks, and its cursors no byte for them.
        let rank: &[u8] = match rank {
            Rank::Title => &[],
            Rank::Text => &[TEXT],
        };
        seal(kind, &[&position, &id.to_bytes()[..], rank].concat())
    }

    pub fn decode(text: &str) -> Option<Self> {
        let (kind, body) = unseal(text)?;
        let (position, rest) = body.split_first_chunk::<8>()?;
        let (id, rank) = rest.split_first_chunk::<ID_BYTES>()?;
        let id = OfferId::from_bytes(*id);
        let rank = match rank {
            [] => Rank::Title,
            [TEXT] => Rank::Text,
            _ => return None,
        };
        match kind {
            CursorKind::OfferNear => {
                let distance_km = f64::from_bits(u64::from_be_bytes(*position));
                let is_distance = distance_km.is_sign_positive() && distance_km.is_finite();
                is_distance.then_some(Self::Near {
                    rank,
                    distance_km,
                    id,
                })
            }
            CursorKind::OfferNewest => Some(Self::Newest {
                rank,
                created_at_ms: i64::from_be_bytes(*position),
                id,
            }),
            CursorKind::PartnerName
            | CursorKind::BookingNewest
            | CursorKind::InboxNewest
            | CursorKind::PaymentNewest
            | CursorKind::LedgerOldest
            | CursorKind::VerificationNewest
            | CursorKind::BookingUpcoming
            | CursorKind::BookingPast
            | CursorKind::BookingOfNight
            | CursorKind::ReviewNewest
            | CursorKind::ReviewHighest
            | CursorKind::ReviewLowest
            | CursorKind::ReviewReported
            | CursorKind::Sitemap
            | CursorKind::OperatorAudit => None,
        }
    }
}
