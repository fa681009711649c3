//! What lists, searches and counts need of an offer.

use crate::{Category, GeoPoint, OfferId, PartnerId};

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
    pub description: String,
    pub partner_name: String,
    pub establishment_name: String,
}
