//! The types of Yousoon's catalogue: plain data, validated once when it enters the system.
//!
//! Nothing here depends on GraphQL or SQL; the API and the stores share these types.

use std::fmt;

use cache_core::geo;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    offers::{
        discount::{DiscountKind, DiscountTerms},
        wording::Wording,
    },
    partners::standing::Standing,
    payments::price::OfferPrice,
    slugs::WebPage,
};

/// The length of an id in bytes; 24 hex characters, the shape of a MongoDB ObjectId, in both
/// stores.
pub const ID_BYTES: usize = 12;

/// The first bytes of sha256 of `kind\0seed`, in hex.
fn derived_hex(kind: &str, seed: &str) -> String {
    let mut hasher = Sha256::new();
    hasher.update(kind.as_bytes());
    hasher.update([0]);
    hasher.update(seed.as_bytes());
    hex::encode(&hasher.finalize()[..ID_BYTES])
}

fn is_id(text: &str) -> bool {
    text.len() == ID_BYTES * 2 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// The text was not 24 lowercase hex characters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an id is 24 lowercase hex characters")]
pub struct NotAnId;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Parses an id of 24 lowercase hex characters.
            pub fn parse(text: &str) -> Option<Self> {
                is_id(text).then(|| Self(text.to_owned()))
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The id with these bytes; random bytes reveal nothing about the row.
            pub fn from_bytes(bytes: [u8; ID_BYTES]) -> Self {
                Self(hex::encode(bytes))
            }

            /// The raw bytes, for compact cursors.
            pub fn to_bytes(&self) -> [u8; ID_BYTES] {
                let mut bytes = [0; ID_BYTES];
                // Cannot fail: every constructor checked the shape.
                let _ = hex::decode_to_slice(&self.0, &mut bytes);
                bytes
            }

            /// Derives a stable id from `kind` and `seed`: the same row always gets the same id.
            pub fn derive(kind: &str, seed: &str) -> Self {
                Self(derived_hex(kind, seed))
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = NotAnId;

            fn try_from(text: String) -> Result<Self, NotAnId> {
                if is_id(&text) { Ok(Self(text)) } else { Err(NotAnId) }
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    };
}

id!(
    /// The id of a partner: a business that publishes offers.
    PartnerId
);
id!(
    /// The id of an offer: a discount that users can book.
    OfferId
);
id!(
    /// The id of an establishment: one address of a partner.
    EstablishmentId
);
id!(
    /// The id of a user: somebody with an account.
    UserId
);
id!(
    /// The id of a booking: an offer that a user booked.
    BookingId
);
id!(
    /// The id of people who came without a booking.
    WalkInId
);
id!(
    /// The id of an invitation to join a partner's team.
    InvitationId
);
id!(
    /// The id of an entry of a user's inbox.
    NotificationId
);
id!(
    /// The id of news that an administrator wrote.
    CampaignId
);
id!(
    /// The id of an upload of a picture.
    UploadId
);
id!(
    /// The id of a check of somebody's identity document.
    VerificationId
);
id!(
    /// The id of a payment: the money of one booking.
    PaymentId
);
id!(
    /// The id of a refund: money of a payment that goes back to who paid.
    RefundId
);
id!(
    /// The id of a review: what a guest says of a visit.
    ReviewId
);
id!(
    /// The id of a report that a review breaks the rules.
    ReportId
);

pub use cache_core::geo::EARTH_RADIUS_KM;

/// A point on the Earth in WGS 84 degrees.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct GeoPoint {
    pub lat: f64,
    pub lng: f64,
}

impl GeoPoint {
    /// The point, if both coordinates are finite and in range.
    pub fn new(lat: f64, lng: f64) -> Option<Self> {
        // A range contains neither NaN nor the infinities.
        ((-90.0..=90.0).contains(&lat) && (-180.0..=180.0).contains(&lng))
            .then_some(Self { lat, lng })
    }

    /// Great-circle distance by the haversine formula, km.
    pub fn distance_km(&self, other: &GeoPoint) -> f64 {
        geo::distance_km((self.lat, self.lng), (other.lat, other.lng))
    }
}

/// What kind of business a partner is, or what kind of activity an offer is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Category {
    Bar,
    Restaurant,
    Club,
    Cinema,
    Sport,
    Leisure,
    Event,
    Other,
}

impl Category {
    /// In menu order.
    pub const ALL: [Self; 8] = [
        Self::Bar,
        Self::Restaurant,
        Self::Club,
        Self::Cinema,
        Self::Sport,
        Self::Leisure,
        Self::Event,
        Self::Other,
    ];

    /// The GraphQL and storage name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bar => "BAR",
            Self::Restaurant => "RESTAURANT",
            Self::Club => "CLUB",
            Self::Cinema => "CINEMA",
            Self::Sport => "SPORT",
            Self::Leisure => "LEISURE",
            Self::Event => "EVENT",
            Self::Other => "OTHER",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|category| category.as_str() == text)
    }

    pub const fn name_fr(self) -> &'static str {
        match self {
            Self::Bar => "Bars",
            Self::Restaurant => "Restaurants",
            Self::Club => "Boîtes de nuit",
            Self::Cinema => "Cinémas",
            Self::Sport => "Sport",
            Self::Leisure => "Loisirs",
            Self::Event => "Événements",
            Self::Other => "Autres",
        }
    }

    pub const fn name_en(self) -> &'static str {
        match self {
            Self::Bar => "Bars",
            Self::Restaurant => "Restaurants",
            Self::Club => "Clubs",
            Self::Cinema => "Cinemas",
            Self::Sport => "Sport",
            Self::Leisure => "Leisure",
            Self::Event => "Events",
            Self::Other => "Other",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Partner {
    pub id: PartnerId,
    pub name: String,
    pub description: Option<String>,
    pub logo: Option<String>,
    pub category: Category,
    /// 0 to 5; none before the first review.
    pub rating: Option<f64>,
    pub review_count: i32,
    pub created_at_ms: i64,
    /// Its page on the showcase site.
    #[serde(default, skip_serializing_if = "WebPage::is_blank")]
    pub page: WebPage,
    #[serde(default, skip_serializing_if = "Standing::is_plain")]
    pub standing: Standing,
}

impl Partner {
    /// See [`Standing::is_public`].
    pub fn is_public(&self) -> bool {
        self.standing.is_public()
    }

    pub const fn is_archived(&self) -> bool {
        self.standing.archived_at_ms.is_some()
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    pub street: String,
    pub city: String,
    pub postcode: String,
    pub country: String,
}

/// A day of the week by ISO 8601: 1 is Monday, 7 is Sunday.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "i32", into = "i32")]
pub struct Weekday(i32);

/// The number was not 1 to 7.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a weekday is 1 (Monday) to 7 (Sunday)")]
pub struct NotAWeekday;

impl Weekday {
    pub fn new(number: i32) -> Option<Self> {
        (1..=7).contains(&number).then_some(Self(number))
    }

    pub const fn number(self) -> i32 {
        self.0
    }
}

impl TryFrom<i32> for Weekday {
    type Error = NotAWeekday;

    fn try_from(number: i32) -> Result<Self, NotAWeekday> {
        Self::new(number).ok_or(NotAWeekday)
    }
}

impl From<Weekday> for i32 {
    fn from(day: Weekday) -> Self {
        day.0
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpeningHour {
    pub weekday: Weekday,
    /// Local time, "HH:MM".
    pub opens: String,
    /// Local time, "HH:MM"; not later than `opens` means the next day. "24:00" is the end of the day.
    pub closes: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Establishment {
    pub id: EstablishmentId,
    pub partner_id: PartnerId,
    pub name: String,
    pub address: Address,
    pub location: GeoPoint,
    pub phone: Option<String>,
    pub email: Option<String>,
    pub website: Option<String>,
    pub opening_hours: Vec<OpeningHour>,
    pub images: Vec<String>,
    /// When its partner archived it; existing offers still show it.
    #[serde(default)]
    pub archived_at_ms: Option<i64>,
    /// Its page on the showcase site.
    #[serde(default, skip_serializing_if = "WebPage::is_blank")]
    pub page: WebPage,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Discount {
    /// 0 to 100; of a discount that is no percentage what it comes to, 0 if that is not known.
    pub percentage: i32,
    pub description: Option<String>,
    /// None: it is a percentage. Left out then: exports of earlier formats do not have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms: Option<DiscountTerms>,
}

impl Discount {
    pub fn kind(&self) -> DiscountKind {
        self.terms
            .as_ref()
            .map_or(DiscountKind::Percentage, DiscountTerms::kind)
    }
}

/// When an offer may be used, within its validity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferSchedule {
    /// 1 is Monday, 7 is Sunday.
    pub weekdays: Vec<i32>,
    /// Local time, "HH:MM".
    pub from: String,
    /// Local time, "HH:MM"; not later than `from` means the next day. "24:00" is the end of the day.
    pub to: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quota {
    pub total: i32,
    /// The places that are left, 0 to `total`.
    pub remaining: i32,
}

impl Quota {
    /// Whether no place is left to book.
    pub const fn is_sold_out(self) -> bool {
        self.remaining <= 0
    }
}

/// How often an offer may be booked, in addition to its quota; none means without limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BookingLimits {
    /// The maximum number of places of all bookings together per night: see [`crate::night`].
    pub per_day: Option<i32>,
    /// The maximum number of bookings per user, over the offer's whole life.
    pub per_user: Option<i32>,
    /// The maximum number of people of one booking.
    #[serde(default)]
    pub party: Option<i32>,
}

/// What an offer asks of who books it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Admission {
    /// Whether the guest's identity has to be verified.
    pub requires_identity: bool,
    /// In years. It asks for a verified identity as well: nothing else proves an age.
    pub minimum_age: Option<i32>,
    /// Whether the venue's staff confirm each booking.
    #[serde(default)]
    pub requires_approval: bool,
}

impl Admission {
    fn asks_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// Whether only guests with a verified identity may book.
    pub const fn asks_identity(self) -> bool {
        self.requires_identity || self.minimum_age.is_some()
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Offer {
    pub id: OfferId,
    pub title: String,
    pub description: String,
    pub partner_id: PartnerId,
    pub establishment_id: EstablishmentId,
    pub category: Category,
    pub discount: Discount,
    pub conditions: Vec<String>,
    /// First moment of validity.
    pub valid_from_ms: i64,
    /// First moment that is no longer valid.
    pub valid_until_ms: i64,
    pub schedule: Option<OfferSchedule>,
    pub quota: Option<Quota>,
    pub images: Vec<String>,
    pub is_active: bool,
    /// A copy of its establishment's location, so that lists by distance read one table.
    pub location: GeoPoint,
    pub created_at_ms: i64,
    #[serde(default)]
    pub limits: BookingLimits,
    /// When it was archived: it is then inactive and in no list, but existing bookings still show
    /// it.
    #[serde(default)]
    pub archived_at_ms: Option<i64>,
    /// Incremented by each edit, but not when bookings change the remaining quota.
    #[serde(default)]
    pub version: i64,
    /// None: it is free to book.
    #[serde(default)]
    pub price: Option<OfferPrice>,
    /// Left out while it asks for nothing: exports of earlier formats do not have it.
    #[serde(default, skip_serializing_if = "Admission::asks_nothing")]
    pub admission: Admission,
    #[serde(default, skip_serializing_if = "Wording::is_french_alone")]
    pub wording: Wording,
    /// Its page on the showcase site.
    #[serde(default, skip_serializing_if = "WebPage::is_blank")]
    pub page: WebPage,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_24_lowercase_hex_characters() {
        let good = "0123456789abcdef01234567";
        assert_eq!(OfferId::parse(good).unwrap().as_str(), good);
        for bad in [
            "",
            "0123456789ABCDEF01234567",
            "0123456789abcdef0123456",
            "0123456789abcdef0123456g",
            "é123456789abcdef0123456",
        ] {
            assert_eq!(OfferId::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_derived_id_depends_on_kind_and_seed() {
        let id = PartnerId::derive("partner", "1");
        assert_eq!(id, PartnerId::derive("partner", "1"));
        assert_eq!(PartnerId::parse(id.as_str()), Some(id.clone()));
        assert_eq!(PartnerId::from_bytes(id.to_bytes()), id);
        assert_ne!(id, PartnerId::derive("partner1", ""));
        assert_ne!(id, PartnerId::derive("offer", "1"));
    }

    #[test]
    fn a_point_out_of_range_is_none() {
        for (lat, lng) in [
            (90.1, 0.0),
            (-91.0, 0.0),
            (0.0, 180.1),
            (f64::NAN, 0.0),
            (0.0, f64::INFINITY),
        ] {
            assert_eq!(GeoPoint::new(lat, lng), None);
        }
        assert!(GeoPoint::new(90.0, -180.0).is_some());
    }

    #[test]
    fn paris_to_lyon_is_392_km() {
        let paris = GeoPoint::new(48.8566, 2.3522).unwrap();
        let lyon = GeoPoint::new(45.7640, 4.8357).unwrap();
        assert!((paris.distance_km(&lyon) - 391.5).abs() < 1.0);
        let antipode = GeoPoint::new(-48.8566, -177.6478).unwrap();
        assert!((paris.distance_km(&antipode) - 20_015.1).abs() < 0.5);
    }

    #[test]
    fn categories_read_back() {
        for category in Category::ALL {
            assert_eq!(Category::parse(category.as_str()), Some(category));
            assert_eq!(serde_json::json!(category), category.as_str());
        }
        assert_eq!(Category::parse("bar"), None);
    }
}
