//! Input types for partner and establishment mutations. An absent field, null and a value have
//! three different meanings.

use async_graphql::{InputObject, MaybeUndefined};
use domain::{
    self, Establishment, EstablishmentId, GeoPoint, Partner, PartnerId, WebPage,
    broken::{BrokenField, BrokenRule, Reading},
    offers::{edit::Edit, rules as offer_rules},
    partners::{
        edit::{EstablishmentEdit, PartnerEdit},
        hours, rules,
        standing::{PartnerStatus, Standing},
    },
    texts::{description, email, https_url, phone},
};

use crate::{
    nodes::{
        partner::{PartnerCategory, Weekday},
        place::LocationInput,
    },
    request::input::{list, nullable, value},
};

/// A new partner.
#[derive(Clone, Debug, InputObject)]
pub struct CreatePartnerInput {
    /// 2 to 100 characters on one line.
    name: String,
    /// At most 4000 characters.
    description: Option<String>,
    /// Not with a new partner: a logo is uploaded for a partner that is there.
    logo: Option<String>,
    category: PartnerCategory,
}

/// Fields that are not given stay unchanged; null clears `description` and `logo`.
#[derive(Clone, Debug, InputObject)]
pub struct UpdatePartnerInput {
    /// 2 to 100 characters on one line.
    name: MaybeUndefined<String>,
    /// At most 4000 characters.
    description: MaybeUndefined<String>,
    /// The address (`Picture.url`) of a picture that was uploaded as its logo.
    logo: MaybeUndefined<String>,
    category: MaybeUndefined<PartnerCategory>,
}

/// A postal address.
#[derive(Clone, Debug, InputObject)]
pub struct AddressInput {
    /// 1 to 200 characters.
    street: String,
    /// 1 to 100 characters.
    city: String,
    /// 1 to 20 characters.
    postal_code: String,
    /// ISO 3166 country code, two capital letters.
    #[graphql(default = "FR")]
    country: String,
}

/// One opening period; a day with breaks has several. Local times, "HH:MM". If `closes` is not
/// after `opens`, it means the next day; "24:00" is the end of the day. Round the clock is "00:00" to "24:00"
/// on each day.
#[derive(Clone, Debug, InputObject)]
pub struct OpeningHourInput {
    weekday: Weekday,
    opens: String,
    closes: String,
}

/// A new establishment of a partner.
#[derive(Clone, Debug, InputObject)]
pub struct CreateEstablishmentInput {
    /// 2 to 100 characters on one line.
    name: String,
    address: AddressInput,
    /// Without it the address is looked up.
    location: Option<LocationInput>,
    /// In any usual spelling; without a country's prefix it is French. Stored by E.164.
    phone: Option<String>,
    email: Option<String>,
    /// An https URL.
    website: Option<String>,
    /// At most 28; they must not overlap.
    #[graphql(default)]
    opening_hours: Vec<OpeningHourInput>,
    /// At most 20 addresses (`Picture.url`) of pictures that were uploaded for establishments of the partner.
    #[graphql(default)]
    images: Vec<String>,
}

/// Fields that are not given stay unchanged; null clears `phone`, `email` and `website`.
#[derive(Clone, Debug, InputObject)]
pub struct UpdateEstablishmentInput {
    /// 2 to 100 characters on one line.
    name: MaybeUndefined<String>,
    /// Looked up when it changes and no location is given.
    address: MaybeUndefined<AddressInput>,
    /// The new location also applies to the establishment's offers.
    location: MaybeUndefined<LocationInput>,
    /// In any usual spelling; without a country's prefix it is French. Stored by E.164.
    phone: MaybeUndefined<String>,
    email: MaybeUndefined<String>,
    /// An https URL.
    website: MaybeUndefined<String>,
    /// At most 28; they must not overlap.
    opening_hours: MaybeUndefined<Vec<OpeningHourInput>>,
    /// At most 20 addresses (`Picture.url`) of pictures that were uploaded for it. Those that it has already may stay.
    images: MaybeUndefined<Vec<String>>,
}

impl CreatePartnerInput {
    pub fn partner(self, now_ms: i64) -> Result<Partner, Vec<BrokenField>> {
        let mut reading = Reading::default();
        let partner = Partner {
            id: PartnerId::from_bytes(access::random::bytes()),
            name: reading.take(rules::name(&self.name)),
            description: reading.take(self.description.map(|text| description(&text)).transpose()),
            logo: reading.take(self.logo.map(|url| https_url("logo", &url)).transpose()),
            category: self.category.into(),
            rating: None,
            review_count: 0,
            created_at_ms: now_ms,
            page: WebPage::begun(now_ms),
            standing: Standing::new(PartnerStatus::Draft),
        };
        reading.end(partner)
    }
}

impl UpdatePartnerInput {
    pub fn edit(self) -> Result<PartnerEdit, Vec<BrokenField>> {
        let mut reading = Reading::default();
        let name = value("name", self.name, |text| rules::name(&text));
        let category = value("category", self.category, |category| Ok(category.into()));
        let edit = PartnerEdit {
            name: reading.take(name),
            description: reading.take(nullable(self.description, |text| description(&text))),
            logo: reading.take(nullable(self.logo, |url| https_url("logo", &url))),
            category: reading.take(category),
        };
        reading.end(edit)
    }
}

impl CreateEstablishmentInput {
    pub fn draft(self, partner_id: PartnerId, now_ms: i64) -> Result<Draft, Vec<BrokenField>> {
        let mut reading = Reading::default();
        let phone = self.phone.map(|text| phone("phone", &text)).transpose();
        let email = self.email.map(|text| email("email", &text)).transpose();
        let website = self.website.map(|url| https_url("website", &url));
        let location = self.location.map(|at| at.read("location")).transpose();
        let location = reading.take(location);
        let place = Establishment {
            id: EstablishmentId::from_bytes(access::random::bytes()),
            partner_id,
            name: reading.take(rules::name(&self.name)),
            address: reading.within("address", address(self.address)),
            location: location.unwrap_or_default(),
            phone: reading.take(phone),
            email: reading.take(email),
            website: reading.take(website.transpose()),
            opening_hours: reading.take(opening_hours(self.opening_hours)),
            images: offer_rules::images(&mut reading, self.images),
            archived_at_ms: None,
            page: WebPage::begun(now_ms),
        };
        reading.end(Draft { place, location })
    }
}

/// A new establishment whose location may not be known yet.
#[derive(Clone, Debug)]
pub struct Draft {
    place: Establishment,
    location: Option<GeoPoint>,
}

impl Draft {
    pub const fn location(&self) -> Option<GeoPoint> {
        self.location
    }

    pub const fn address(&self) -> &domain::Address {
        &self.place.address
    }

    pub fn at(self, location: GeoPoint) -> Establishment {
        Establishment {
            location,
            ..self.place
        }
    }
}

impl UpdateEstablishmentInput {
    pub fn edit(self) -> Result<EstablishmentEdit, Vec<BrokenField>> {
        let mut reading = Reading::default();
        let name = value("name", self.name, |text| rules::name(&text));
        let edit = EstablishmentEdit {
            name: reading.take(name),
            address: match reading.take(value("address", self.address, Ok)) {
                Edit::Keep => Edit::Keep,
                Edit::Set(given) => Edit::Set(reading.within("address", address(given))),
            },
            location: reading.take(value("location", self.location, |at| at.read("location"))),
            phone: reading.take(nullable(self.phone, |text| phone("phone", &text))),
            email: reading.take(nullable(self.email, |text| email("email", &text))),
            website: reading.take(nullable(self.website, |url| https_url("website", &url))),
            opening_hours: reading.take(value("openingHours", self.opening_hours, opening_hours)),
            images: list(&mut reading, "images", self.images, offer_rules::images),
        };
        reading.end(edit)
    }
}

fn address(given: AddressInput) -> Result<domain::Address, Vec<BrokenField>> {
    rules::address(&domain::Address {
        street: given.street,
        city: given.city,
        postcode: given.postal_code,
        country: given.country,
    })
}

fn opening_hours(given: Vec<OpeningHourInput>) -> Result<Vec<domain::OpeningHour>, BrokenRule> {
    let hours = given.into_iter().filter_map(|hour| {
        Some(domain::OpeningHour {
            weekday: domain::Weekday::new(hour.weekday.iso())?,
            opens: hour.opens,
            closes: hour.closes,
        })
    });
    hours::opening_hours(hours.collect())
}
