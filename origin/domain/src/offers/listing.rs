//! What lists, searches and counts need of an offer.

use super::wording::searched;
use crate::{Category, GeoPoint, Offer, OfferId, PartnerId};

/// An offer as the catalogue index knows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Listing {
    pub id: OfferId,
    pub partner_id: PartnerId,
    pub location: GeoPoint,
    pub category: Category,
    /// Of the discount, 0 to 100.
    pub percentage: i32,
    pub is_active: bool,
    pub is_archived: bool,
    pub valid_from_ms: i64,
    /// Exclusive.
    pub valid_until_ms: i64,
    pub created_at_ms: i64,
    pub title: String,
    /// With what translations say.
    pub description: String,
    pub partner_name: String,
    pub establishment_name: String,
}

impl Listing {
    /// The listing of an offer; names that are not stored are empty.
    pub fn new(offer: Offer, partner_name: String, establishment_name: String) -> Self {
        Self {
            id: offer.id,
            partner_id: offer.partner_id,
            location: offer.location,
            category: offer.category,
            percentage: offer.discount.percentage,
            is_active: offer.is_active,
            is_archived: offer.archived_at_ms.is_some(),
            valid_from_ms: offer.valid_from_ms,
            valid_until_ms: offer.valid_until_ms,
            created_at_ms: offer.created_at_ms,
            title: offer.title,
            description: searched(offer.description, &offer.wording.translations),
            partner_name,
            establishment_name,
        }
    }
}

/// A batch of listings.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Listings {
    pub found: Vec<Listing>,
    /// Rows that are no valid offers.
    pub corrupt: Vec<CorruptOffer>,
}

impl Listings {
    /// Whether no row was read, not even a corrupt one.
    pub const fn is_empty(&self) -> bool {
        self.found.is_empty() && self.corrupt.is_empty()
    }
}

/// An offer that cannot be read: lists leave it out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CorruptOffer {
    /// As it is stored.
    pub id: String,
    pub why: String,
}
