//! Input types for partner and establishment mutations. An absent field, null and a value have
//! three different meanings.

use async_graphql::{InputObject, MaybeUndefined, Result};
use domain::{
    self, Establishment, EstablishmentId, GeoPoint, Partner, PartnerId,
    offers::{edit::Edit, rules as offer_rules},
    partners::{
        edit::{EstablishmentEdit, PartnerEdit},
        hours, rules,
    },
    texts::BrokenRule,
};

use crate::{
    nodes::{
        partner::{PartnerCategory, Weekday},
        place::LocationInput,
    },
    request::{
        errors::broken,
        input::{nullable, value},
    },
};

#[derive(Clone, Debug, InputObject)]
pub struct CreatePartnerInput {
    /// 2 to 100 characters on one line.
    name: String,
    /// At most 4000 characters.
    description: Option<String>,
    /// An https URL.
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
    /// An https URL.
    logo: MaybeUndefined<String>,
    category: MaybeUndefined<PartnerCategory>,
}

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
/// after `opens`, it means the next day.
#[derive(Clone, Debug, InputObject)]
pub struct OpeningHourInput {
    weekday: Weekday,
    opens: String,
    closes: String,
}

#[derive(Clone, Debug, InputObject)]
pub struct CreateEstablishmentInput {
    /// 2 to 100 characters on one line.
    name: String,
    address: AddressInput,
    location: LocationInput,
    /// E.164.
    phone: Option<String>,
    email: Option<String>,
    /// An https URL.
    website: Option<String>,
    /// At most 28; they must not overlap.
    #[graphql(default)]
    opening_hours: Vec<OpeningHourInput>,
    /// At most 20 https URLs, each of at most 500 characters.
    #[graphql(default)]
    images: Vec<String>,
}

/// Fields that are not given stay unchanged; null clears `phone`, `email` and `website`.
#[derive(Clone, Debug, InputObject)]
pub struct UpdateEstablishmentInput {
    /// 2 to 100 characters on one line.
    name: MaybeUndefined<String>,
    address: MaybeUndefined<AddressInput>,
    /// The new location also applies to the establishment's offers.
    location: MaybeUndefined<LocationInput>,
    /// E.164.
    phone: MaybeUndefined<String>,
    email: MaybeUndefined<String>,
    /// An https URL.
    website: MaybeUndefined<String>,
    /// At most 28; they must not overlap.
    opening_hours: MaybeUndefined<Vec<OpeningHourInput>>,
    /// At most 20 https URLs, each of at most 500 characters.
    images: MaybeUndefined<Vec<String>>,
}

impl CreatePartnerInput {
    pub fn partner(self, now_ms: i64) -> Result<Partner, BrokenRule> {
        Ok(Partner {
            id: PartnerId::from_bytes(access::random::bytes()),
            name: rules::name(&self.name)?,
            description: self.description.map(rules::description).transpose()?,
            logo: self.logo.map(logo).transpose()?,
            category: self.category.into(),
            rating: None,
            review_count: 0,
            created_at_ms: now_ms,
        })
    }
}

impl UpdatePartnerInput {
    pub fn edit(self) -> Result<PartnerEdit, BrokenRule> {
        Ok(PartnerEdit {
            name: value("name", self.name, |text| rules::name(&text))?,
            description: nullable(self.description, rules::description)?,
            logo: nullable(self.logo, logo)?,
            category: value("category", self.category, |category| Ok(category.into()))?,
        })
    }
}

impl CreateEstablishmentInput {
    pub fn establishment(self, partner_id: PartnerId) -> Result<Establishment> {
        let location = self.location.point()?;
        self.at(partner_id, location).map_err(broken)
    }

    fn at(self, partner_id: PartnerId, location: GeoPoint) -> Result<Establishment, BrokenRule> {
        Ok(Establishment {
            id: EstablishmentId::from_bytes(access::random::bytes()),
            partner_id,
            name: rules::name(&self.name)?,
            address: address(self.address)?,
            location,
            phone: self.phone.map(rules::phone).transpose()?,
            email: self.email.as_deref().map(rules::email).transpose()?,
            website: self.website.map(website).transpose()?,
            opening_hours: opening_hours(self.opening_hours)?,
            images: offer_rules::images(self.images)?,
            archived_at_ms: None,
        })
    }
}

impl UpdateEstablishmentInput {
    pub fn edit(self) -> Result<EstablishmentEdit> {
        let location = match self.location {
            MaybeUndefined::Undefined => Edit::Keep,
            MaybeUndefined::Null => return Err(broken(BrokenRule::null("location"))),
            MaybeUndefined::Value(given) => Edit::Set(given.point()?),
        };
        self.at(location).map_err(broken)
    }

    fn at(self, location: Edit<GeoPoint>) -> Result<EstablishmentEdit, BrokenRule> {
        Ok(EstablishmentEdit {
            name: value("name", self.name, |text| rules::name(&text))?,
            address: value("address", self.address, address)?,
            location,
            phone: nullable(self.phone, rules::phone)?,
            email: nullable(self.email, |text| rules::email(&text))?,
            website: nullable(self.website, website)?,
            opening_hours: value("openingHours", self.opening_hours, opening_hours)?,
            images: value("images", self.images, offer_rules::images)?,
        })
    }
}

fn logo(url: String) -> Result<String, BrokenRule> {
    rules::https_url("logo", url)
}

fn website(url: String) -> Result<String, BrokenRule> {
    rules::https_url("website", url)
}

fn address(given: AddressInput) -> Result<domain::Address, BrokenRule> {
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
