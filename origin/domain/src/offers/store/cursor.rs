//! Pagination cursors of offer lists.

#[cfg(test)]
mod tests;

use crate::{
    Offer, OfferId,
    cursor::{CursorKind, seal, unseal},
};

/// The position after an item, in the order of its list.
#[derive(Debug, Clone, PartialEq)]
pub enum OfferCursor {
    Near { distance_km: f64, id: OfferId },
    Newest { created_at_ms: i64, id: OfferId },
}

impl OfferCursor {
    /// The cursor of an item of an [`OfferPage`].
    pub fn of(offer: &Offer, distance_km: Option<f64>) -> Self {
        let id = offer.id.clone();
        match distance_km {
            Some(distance_km) => Self::Near { distance_km, id },
            None => Self::Newest {
                created_at_ms: offer.created_at_ms,
                id,
            },
        }
    }

    pub fn encode(&self) -> String {
        let (kind, position, id) = match self {
            // The float's bits instead of decimal text: the next page must compare with exactly
            // this value.
            Self::Near { distance_km, id } => (
                CursorKind::OfferNear,
                distance_km.to_bits().to_be_bytes(),
                id,
            ),
            Self::Newest { created_at_ms, id } => {
                (CursorKind::OfferNewest, created_at_ms.to_be_bytes(), id)
            }
        };
        seal(kind, &[&position[..], &id.to_bytes()[..]].concat())
    }

    pub fn decode(text: &str) -> Option<Self> {
        let (kind, body) = unseal(text)?;
        let (position, id) = body.split_first_chunk::<8>()?;
        let id = OfferId::from_bytes(id.try_into().ok()?);
        match kind {
            CursorKind::OfferNear => {
                let distance_km = f64::from_bits(u64::from_be_bytes(*position));
                (distance_km >= 0.0 && distance_km.is_finite())
                    .then_some(Self::Near { distance_km, id })
            }
            CursorKind::OfferNewest => Some(Self::Newest {
                created_at_ms: i64::from_be_bytes(*position),
                id,
            }),
            CursorKind::PartnerName | CursorKind::BookingNewest => None,
        }
    }
}
