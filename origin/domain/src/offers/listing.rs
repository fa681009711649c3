//! What lists, searches and counts need of an offer.

use super::{discount::DiscountKind, translating::searched};
use crate::{
    Category, EstablishmentId, GeoPoint, Offer, OfferId, OfferSchedule, PartnerId, cities::CityArea,
};

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
    /// Whether the public sees its partner.
    pub is_listed: bool,
    pub valid_from_ms: i64,
    /// Exclusive.
    pub valid_until_ms: i64,
    pub created_at_ms: i64,
    pub title: String,
    /// With what translations say.
    pub description: String,
    pub partner_name: String,
    pub establishment_name: String,
    pub establishment_id: EstablishmentId,
    pub partner_category: Category,
    /// Of the partner, 0 to 5; none before the first review.
    pub rating: Option<f64>,
    /// Of the establishment's address, as it is written there.
    pub city: String,
    pub city_area: CityArea,
    pub kind: DiscountKind,
    pub schedule: Option<OfferSchedule>,
}

/// What lists need of an offer's partner and establishment.
#[derive(Debug, Clone, PartialEq)]
pub struct Related {
    pub is_listed: bool,
    pub partner_name: String,
    pub partner_category: Category,
    pub rating: Option<f64>,
    pub establishment_name: String,
    pub city: String,
    pub city_area: CityArea,
}

impl Default for Related {
    /// Of what is not stored.
    fn default() -> Self {
        Self {
            is_listed: true,
            partner_name: String::new(),
            partner_category: Category::Other,
            rating: None,
            establishment_name: String::new(),
            city: String::new(),
            city_area: CityArea::default(),
        }
    }
}

impl Listing {
    pub fn new(offer: Offer, related: Related) -> Self {
        Self {
            id: offer.id,
            partner_id: offer.partner_id,
            location: offer.location,
            category: offer.category,
            percentage: offer.discount.percentage,
            kind: offer.discount.kind(),
            is_active: offer.is_active,
            is_archived: offer.archived_at_ms.is_some(),
            is_listed: related.is_listed,
            valid_from_ms: offer.valid_from_ms,
            valid_until_ms: offer.valid_until_ms,
            created_at_ms: offer.created_at_ms,
            title: offer.title,
            description: searched(offer.description, &offer.wording.translations),
            establishment_id: offer.establishment_id,
            schedule: offer.schedule,
            partner_name: related.partner_name,
            establishment_name: related.establishment_name,
            partner_category: related.partner_category,
            rating: related.rating,
            city: related.city,
            city_area: related.city_area,
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
