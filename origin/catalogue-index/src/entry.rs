//! What the index keeps of an offer itself.

use std::hash::{DefaultHasher, Hash, Hasher as _};

use domain::{Category, GeoPoint, ID_BYTES, offers::listing::Listing, offers::store::Visibility};

/// The number of an offer inside the index; reused after its offer is gone.
pub(crate) type Slot = u32;

/// An offer, or what a slot without one holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Entry {
    pub created_at_ms: i64,
    valid_from_ms: i64,
    valid_until_ms: i64,
    pub location: GeoPoint,
    /// Its number in [`crate::partners`].
    pub partner: u32,
    pub id: [u8; ID_BYTES],
    pub category: Category,
    /// 0 to 100.
    pub percentage: u8,
    is_active: bool,
    is_archived: bool,
    /// A hash of its texts, of which the index keeps only the words.
    texts: u64,
}

impl Entry {
    pub(crate) fn of(listing: &Listing, partner: u32) -> Self {
        Self {
            created_at_ms: listing.created_at_ms,
            valid_from_ms: listing.valid_from_ms,
            valid_until_ms: listing.valid_until_ms,
            location: listing.location,
            partner,
            id: listing.id.to_bytes(),
            category: listing.category,
            percentage: u8::try_from(listing.percentage.clamp(0, 100)).unwrap_or(0),
            is_active: listing.is_active,
            is_archived: listing.is_archived,
            texts: hash_of_texts(listing),
        }
    }

    /// Of a slot without an offer: never shown.
    pub(crate) const fn nothing() -> Self {
        Self {
            created_at_ms: 0,
            valid_from_ms: 0,
            valid_until_ms: 0,
            location: GeoPoint { lat: 0.0, lng: 0.0 },
            partner: 0,
            id: [0; ID_BYTES],
            category: Category::Other,
            percentage: 0,
            is_active: false,
            is_archived: false,
            texts: 0,
        }
    }

    /// Whether everybody sees it at this moment.
    pub(crate) const fn is_shown(&self, now_ms: i64) -> bool {
        self.is_active && self.valid_from_ms <= now_ms && now_ms < self.valid_until_ms
    }

    /// Whether a list for these readers may have it.
    pub(crate) const fn is_visible(&self, visibility: Visibility, now_ms: i64) -> bool {
        match visibility {
            Visibility::Public => self.is_shown(now_ms),
            Visibility::Portal => !self.is_archived,
            Visibility::All => true,
        }
    }

    /// The next moment at which [`Self::is_shown`] changes.
    pub(crate) const fn changes_after(&self, now_ms: i64) -> Option<i64> {
        if !self.is_active || self.valid_until_ms <= self.valid_from_ms {
            None
        } else if self.valid_from_ms > now_ms {
            Some(self.valid_from_ms)
        } else if self.valid_until_ms > now_ms {
            Some(self.valid_until_ms)
        } else {
            None
        }
    }
}

fn hash_of_texts(listing: &Listing) -> u64 {
    let mut hasher = DefaultHasher::new();
    let names = (&listing.partner_name, &listing.establishment_name);
    (&listing.title, &listing.description, names).hash(&mut hasher);
    hasher.finish()
}
