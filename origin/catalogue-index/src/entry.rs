//! What the index keeps of an offer itself.

use std::hash::{DefaultHasher, Hash, Hasher as _};

use domain::{
    Category, GeoPoint, ID_BYTES,
    offers::{discount::DiscountKind, listing::Listing, opening::Hours, store::Visibility},
};

pub(crate) const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// The number of an offer inside the index; reused after its offer is gone.
pub(crate) type Slot = u32;

/// The numbers that the index gave to what an offer belongs to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Numbers {
    pub partner: u32,
    pub place: u32,
    pub city: u32,
}

/// An offer, or what a slot without one holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Entry {
    pub created_at_ms: i64,
    valid_from_ms: i64,
    pub valid_until_ms: i64,
    pub location: GeoPoint,
    /// Its number in [`crate::partners`].
    pub partner: u32,
    /// The number of its establishment in [`crate::names`].
    pub place: u32,
    /// The number of its city's spelling in [`crate::cities`].
    pub city: u32,
    pub id: [u8; ID_BYTES],
    pub category: Category,
    /// 0 to 100.
    pub percentage: u8,
    pub kind: DiscountKind,
    pub hours: Hours,
    /// Of the partner, in hundredths and one more; 0 if there is none.
    pub rating: u16,
    /// Whether the public may see it while it is valid: its partner has switched it on, and is public itself.
    is_active: bool,
    is_archived: bool,
    /// A hash of its texts, of which the index keeps only the words.
    texts: u64,
}

impl Entry {
    pub(crate) fn of(listing: &Listing, numbers: Numbers) -> Self {
        let Numbers {
            partner,
            place,
            city,
        } = numbers;
        Self {
            created_at_ms: listing.created_at_ms,
            valid_from_ms: listing.valid_from_ms,
            valid_until_ms: listing.valid_until_ms,
            location: listing.location,
            partner,
            place,
            city,
            id: listing.id.to_bytes(),
            category: listing.category,
            percentage: u8::try_from(listing.percentage.clamp(0, 100)).unwrap_or(0),
            kind: listing.kind,
            hours: Hours::of(listing.schedule.as_ref()),
            rating: rating(listing.rating),
            is_active: listing.is_active && listing.is_listed,
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
            place: 0,
            city: 0,
            id: [0; ID_BYTES],
            category: Category::Other,
            percentage: 0,
            kind: DiscountKind::Percentage,
            hours: Hours::ALWAYS,
            rating: 0,
            is_active: false,
            is_archived: false,
            texts: 0,
        }
    }

    /// Whether everybody sees it at this moment.
    pub(crate) const fn is_shown(&self, now_ms: i64) -> bool {
        self.is_active && self.valid_from_ms <= now_ms && now_ms < self.valid_until_ms
    }

    /// Whether its validity has this moment, which may be a later one.
    pub(crate) const fn is_valid_at(&self, at_ms: i64) -> bool {
        self.valid_from_ms <= at_ms && at_ms < self.valid_until_ms
    }

    /// The hour in which its last moment lies, in hours since the Unix epoch.
    pub(crate) const fn hour_of_end(&self) -> i64 {
        self.valid_until_ms.saturating_sub(1).div_euclid(HOUR_MS)
    }

    /// In days since the Unix epoch.
    pub(crate) const fn day_of_creation(&self) -> i64 {
        self.created_at_ms.div_euclid(DAY_MS)
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

/// In hundredths and one more, so that none is the least.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rating is 0 to 5"
)]
pub(crate) fn rating(rating: Option<f64>) -> u16 {
    rating.map_or(0, |rating| {
        (rating.clamp(0.0, 5.0) * 100.0).round() as u16 + 1
    })
}

fn hash_of_texts(listing: &Listing) -> u64 {
    let mut hasher = DefaultHasher::new();
    let names = (&listing.partner_name, &listing.establishment_name);
    let city = &listing.city;
    let category = listing.partner_category;
    (&listing.title, &listing.description, names, city, category).hash(&mut hasher);
    hasher.finish()
}
