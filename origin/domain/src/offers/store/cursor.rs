//! Pagination cursors of offer lists.

#[cfg(test)]
mod tests;

use cache_core::cursor::distance_body;

use crate::{
    ID_BYTES, OfferId,
    cursor::{CursorKind, seal, unseal},
};

/// How well an offer matches the words of a search: the first thing that a list is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// The title has all words; also without a search.
    Title,
    /// The other texts are needed to find all words.
    Text,
    /// The title has all words, some of them with a typing error.
    AlmostTitle,
    /// The other texts are needed to find all words, some of them with a typing error.
    AlmostText,
}

impl Rank {
    /// A list without words has no ranks, and its cursors no byte for them.
    const fn bytes(self) -> &'static [u8] {
        match self {
            Self::Title => &[],
            Self::Text => &[1],
            Self::AlmostTitle => &[2],
            Self::AlmostText => &[3],
        }
    }

    const fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [] => Some(Self::Title),
            [1] => Some(Self::Text),
            [2] => Some(Self::AlmostTitle),
            [3] => Some(Self::AlmostText),
            _ => None,
        }
    }
}

/// The position after an item, in the order of its list.
#[derive(Debug, Clone, PartialEq)]
pub struct OfferCursor {
    pub rank: Rank,
    pub at: OfferPosition,
    pub id: OfferId,
}

/// Where an offer is in the order of its list, besides its rank and its id.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum OfferPosition {
    Near {
        distance_km: f64,
    },
    Newest {
        created_at_ms: i64,
    },
    Ending {
        valid_until_ms: i64,
    },
    Discount {
        percentage: u8,
        created_at_ms: i64,
    },
    /// The rating in hundredths, and one more; 0 of a partner without one.
    Rating {
        rating: u16,
        created_at_ms: i64,
    },
}

impl OfferPosition {
    fn encoded(self) -> (CursorKind, Vec<u8>) {
        match self {
            Self::Near { distance_km } => (CursorKind::OfferNear, distance_body(distance_km, &[])),
            Self::Newest { created_at_ms } => (
                CursorKind::OfferNewest,
                created_at_ms.to_be_bytes().to_vec(),
            ),
            Self::Ending { valid_until_ms } => (
                CursorKind::OfferEnding,
                valid_until_ms.to_be_bytes().to_vec(),
            ),
            Self::Discount {
                percentage,
                created_at_ms,
            } => {
                let value = u16::from(percentage).to_be_bytes();
                let bytes = [&value[..], &created_at_ms.to_be_bytes()].concat();
                (CursorKind::OfferDiscount, bytes)
            }
            Self::Rating {
                rating,
                created_at_ms,
            } => {
                let bytes = [&rating.to_be_bytes()[..], &created_at_ms.to_be_bytes()].concat();
                (CursorKind::OfferRating, bytes)
            }
        }
    }

    /// And what follows it.
    fn decode(kind: CursorKind, body: &[u8]) -> Option<(Self, &[u8])> {
        let moment = |body| -> Option<(i64, _)> {
            let (position, rest) = <[u8]>::split_first_chunk::<8>(body)?;
            Some((i64::from_be_bytes(*position), rest))
        };
        let value = |body| -> Option<(u16, _)> {
            let (value, rest) = <[u8]>::split_first_chunk::<2>(body)?;
            Some((u16::from_be_bytes(*value), rest))
        };
        match kind {
            CursorKind::OfferNear => {
                let (position, rest) = body.split_first_chunk::<8>()?;
                let distance_km = f64::from_bits(u64::from_be_bytes(*position));
                let is_distance = distance_km.is_sign_positive() && distance_km.is_finite();
                is_distance.then_some((Self::Near { distance_km }, rest))
            }
            CursorKind::OfferNewest => {
                let (created_at_ms, rest) = moment(body)?;
                Some((Self::Newest { created_at_ms }, rest))
            }
            CursorKind::OfferEnding => {
                let (valid_until_ms, rest) = moment(body)?;
                Some((Self::Ending { valid_until_ms }, rest))
            }
            CursorKind::OfferDiscount => {
                let (value, rest) = value(body)?;
                let percentage = u8::try_from(value).ok()?;
                let (created_at_ms, rest) = moment(rest)?;
                let position = Self::Discount {
                    percentage,
                    created_at_ms,
                };
                Some((position, rest))
            }
            CursorKind::OfferRating => {
                let (rating, rest) = value(body)?;
                let (created_at_ms, rest) = moment(rest)?;
                let position = Self::Rating {
                    rating,
                    created_at_ms,
                };
                Some((position, rest))
            }
            CursorKind::PartnerName
            | CursorKind::PartnerNear
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
            | CursorKind::OperatorAudit
            | CursorKind::PartnerToReview
            | CursorKind::City => None,
        }
    }
}

impl OfferCursor {
    pub fn encode(&self) -> String {
        let (kind, position) = self.at.encoded();
        let id = self.id.to_bytes();
        seal(kind, &[&position, &id[..], self.rank.bytes()].concat())
    }

    pub fn decode(text: &str) -> Option<Self> {
        let (kind, body) = unseal(text)?;
        let (at, rest) = OfferPosition::decode(kind, &body)?;
        let (id, rank) = rest.split_first_chunk::<ID_BYTES>()?;
        Some(Self {
            rank: Rank::of(rank)?,
            at,
            id: OfferId::from_bytes(*id),
        })
    }
}
