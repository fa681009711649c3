//! A line as an edit of an establishment or an offer. Its values are valid by themselves.

use std::collections::BTreeMap;

use super::{
    Refused,
    cells::{Cells, DayEnd, days, flag, hours, list, missing, moment, money, number, whole},
    codes::IMPORT_LINE_MALFORMED,
};
use crate::{
    Address, Category, GeoPoint, OfferSchedule,
    broken::{BrokenField, BrokenRule, LOCATION, Reading, Rule},
    offers::{
        discount::{DiscountKind, DiscountTerms, DiscountValue, GivenDiscount},
        edit::{Edit, OfferEdit, QuotaEdit},
        rules as offer_rules,
        translating::translation,
        wording::OfferTexts,
    },
    partners::{edit::EstablishmentEdit, hours::opening_hours, rules},
    payments::money::Currency,
    search_text::fold,
    sentence::{Language, Sentence},
    texts::{description, email, https_url, phone},
};

const EXTERNAL_ID: Rule = Rule::new(
    "EXTERNAL_ID",
    "compte de 1 à 100 caractères",
    "has 1 to 100 characters",
);
const CATEGORY: Rule = Rule::new(
    "CATEGORY",
    "est une catégorie, comme BAR ou RESTAURANT",
    "is a category, such as BAR or RESTAURANT",
);
const KIND: Rule = Rule::new(
    "DISCOUNT_KIND",
    "vaut PERCENTAGE, AMOUNT, TWO_FOR_ONE, FREE_ITEM ou FIXED_PRICE",
    "is PERCENTAGE, AMOUNT, TWO_FOR_ONE, FREE_ITEM or FIXED_PRICE",
);
const CURRENCY: Rule = Rule::new("CURRENCY", "vaut EUR, CHF ou GBP", "is EUR, CHF or GBP");

/// A line that can be read.
#[derive(Debug, Clone, PartialEq)]
pub enum Line {
    Establishment {
        external_id: String,
        edit: Box<EstablishmentEdit>,
    },
    Offer {
        external_id: String,
        /// The `externalId` of its establishment, or the id that Yousoon gave it.
        establishment: Option<String>,
        edit: Box<OfferEdit>,
    },
}

impl Line {
    /// Reads the cells of a line.
    ///
    /// # Errors
    /// [`Refused`], with all cells that break a rule.
    pub fn read(cells: &BTreeMap<&'static str, String>) -> Result<Self, Refused> {
        let cells = Cells(cells);
        let is_offer = match cells.text("kind").map(fold).as_deref() {
            Some("offer" | "offre") => true,
            Some("establishment" | "etablissement") => false,
            // A file of one kind needs no column for it.
            None => cells.has("title"),
            Some(_) => {
                return Err(Refused::new(
                    IMPORT_LINE_MALFORMED,
                    Sentence::new(
                        "`kind` vaut establishment ou offer",
                        "`kind` is establishment or offer",
                    ),
                ));
            }
        };
        let mut reading = Reading::default();
        let external_id = reading.take(external_id(&cells));
        let line = if is_offer {
            Self::Offer {
                external_id,
                establishment: cells.text("establishment").map(str::to_owned),
                edit: Box::new(offer(&mut reading, &cells)),
            }
        } else {
            Self::Establishment {
                external_id,
                edit: Box::new(establishment(&mut reading, &cells)),
            }
        };
        reading.end(line).map_err(|broken| Refused::broken(&broken))
    }

    pub fn external_id(&self) -> &str {
        match self {
            Self::Establishment { external_id, .. } | Self::Offer { external_id, .. } => {
                external_id
            }
        }
    }

    /// The word of its kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Establishment { .. } => "establishment",
            Self::Offer { .. } => "offer",
        }
    }
}

fn external_id(cells: &Cells<'_>) -> Result<String, BrokenRule> {
    let text = cells.text("externalId").ok_or(missing("externalId"))?;
    let is_good = text.chars().count() <= 100 && !text.chars().any(char::is_control);
    is_good
        .then(|| text.to_owned())
        .ok_or(EXTERNAL_ID.at("externalId"))
}

fn establishment(reading: &mut Reading, cells: &Cells<'_>) -> EstablishmentEdit {
    let hours = cells.nullable("openingHours", hours);
    let hours = match reading.take(hours) {
        Edit::Keep => Edit::Keep,
        Edit::Set(given) => Edit::Set(reading.take(opening_hours(given.unwrap_or_default()))),
    };
    EstablishmentEdit {
        name: reading.take(cells.value("name", |_, text| rules::name(text))),
        address: address(reading, cells),
        location: reading.take(location(cells)),
        phone: reading.take(cells.nullable("phone", phone)),
        email: reading.take(cells.nullable("email", email)),
        website: reading.take(cells.nullable("website", https_url)),
        opening_hours: hours,
        ..EstablishmentEdit::default()
    }
}

/// An address is given as a whole, or not at all.
fn address(reading: &mut Reading, cells: &Cells<'_>) -> Edit<Address> {
    let parts = ["street", "postalCode", "city"];
    if !parts.iter().any(|part| cells.has(part)) {
        return Edit::Keep;
    }
    let part = |column| cells.text(column).unwrap_or_default().to_owned();
    let country = cells.text("country").unwrap_or("FR").to_ascii_uppercase();
    let given = Address {
        street: part("street"),
        city: part("city"),
        postcode: part("postalCode"),
        country,
    };
    match rules::address(&given) {
        Ok(address) => Edit::Set(address),
        Err(broken) => {
            reading.note(broken);
            Edit::Keep
        }
    }
}

fn location(cells: &Cells<'_>) -> Result<Edit<GeoPoint>, BrokenRule> {
    let (Some(lat), Some(lng)) = (cells.text("latitude"), cells.text("longitude")) else {
        return match (cells.text("latitude"), cells.text("longitude")) {
            (None, None) => Ok(Edit::Keep),
            (None, Some(_)) => Err(missing("latitude")),
            (Some(_), _) => Err(missing("longitude")),
        };
    };
    let (lat, lng) = (number("latitude", lat)?, number("longitude", lng)?);
    GeoPoint::new(lat, lng)
        .map(Edit::Set)
        .ok_or(LOCATION.at("latitude"))
}

fn offer(reading: &mut Reading, cells: &Cells<'_>) -> OfferEdit {
    let from = cells.value("validFrom", |column, text| {
        moment(column, text, DayEnd::Begin)
    });
    let until = cells.value("validUntil", |column, text| {
        moment(column, text, DayEnd::Over)
    });
    let limit = |column, text: &str| offer_rules::limit(column, whole(column, text)?);
    let party_size = |column, text: &str| offer_rules::max_party_size(whole(column, text)?);
    let quota = |column, text: &str| -> Result<QuotaEdit, BrokenRule> {
        let total = offer_rules::quota_total(Some(whole(column, text)?))?;
        Ok(QuotaEdit { total: Some(total) })
    };
    let discount = discount(reading, cells);
    OfferEdit {
        title: reading.take(cells.value("title", |_, text| offer_rules::title(text))),
        description: match reading.take(cells.nullable("description", |_, text| description(text)))
        {
            Edit::Keep => Edit::Keep,
            Edit::Set(text) => Edit::Set(text.unwrap_or_default()),
        },
        category: match reading.take(category(cells)) {
            Edit::Set(Some(category)) => Edit::Set(category),
            Edit::Set(None) | Edit::Keep => Edit::Keep,
        },
        percentage: discount.percentage,
        terms: discount.terms,
        discount_description: reading.take(cells.nullable("discountDescription", |_, text| {
            offer_rules::discount_description(text)
        })),
        conditions: conditions(reading, cells, "conditions"),
        valid_from_ms: reading.take(from),
        valid_until_ms: reading.take(until),
        schedule: schedule(reading, cells),
        quota: reading.take(cells.nullable("quota", quota)),
        is_active: match reading.take(cells.nullable("active", flag)) {
            Edit::Set(Some(is_active)) => Edit::Set(is_active),
            Edit::Set(None) | Edit::Keep => Edit::Keep,
        },
        per_day: reading.take(cells.nullable("perDay", limit)),
        per_user: reading.take(cells.nullable("perUser", limit)),
        max_party_size: reading.take(cells.nullable("maxPartySize", party_size)),
        translations: translations(reading, cells),
        ..OfferEdit::default()
    }
}

/// The change to each part of a discount.
#[derive(Debug, Default)]
struct DiscountEdits {
    percentage: Edit<i32>,
    terms: Edit<Option<DiscountTerms>>,
}

/// A discount is given as a whole, or not at all. Without a kind, the cells that are filled say it.
fn discount(reading: &mut Reading, cells: &Cells<'_>) -> DiscountEdits {
    let columns = [
        "discountKind",
        "percentage",
        "amount",
        "price",
        "original",
        "item",
    ];
    if !columns.iter().any(|column| cells.has(column)) {
        return DiscountEdits::default();
    }
    let mut cents = |column| {
        let given = cells.text(column).map(|text| money(column, text));
        reading.take(given.transpose())
    };
    let (amount, price, original) = (cents("amount"), cents("price"), cents("original"));
    let percentage = cells
        .text("percentage")
        .map(|text| whole("percentage", text));
    let currency = cells
        .text("currency")
        .map(|text| currency("currency", text));
    let kind = cells
        .text("discountKind")
        .map(|text| kind("discountKind", text));
    let is_money = amount.is_some() || price.is_some();
    let currency = reading.take(currency.transpose());
    let given = GivenDiscount {
        kind: reading
            .take(kind.transpose())
            .or(match (amount, price, cells.text("item")) {
                (Some(_), _, _) => Some(DiscountKind::Amount),
                (None, Some(_), _) => Some(DiscountKind::FixedPrice),
                (None, None, Some(_)) => Some(DiscountKind::FreeItem),
                (None, None, None) => None,
            }),
        percentage: reading.take(percentage.transpose()),
        amount,
        price,
        original,
        currency: currency.or(is_money.then_some(Currency::Eur)),
        item: cells.text("item").map(str::to_owned),
    };
    match given.read() {
        Ok(DiscountValue { percentage, terms }) => DiscountEdits {
            percentage: Edit::Set(percentage),
            terms: Edit::Set(terms),
        },
        Err(broken) => {
            reading.note(broken);
            DiscountEdits::default()
        }
    }
}

fn kind(column: &'static str, text: &str) -> Result<DiscountKind, BrokenRule> {
    DiscountKind::parse(&fold(text).to_ascii_uppercase()).ok_or(KIND.at(column))
}

fn currency(column: &'static str, text: &str) -> Result<Currency, BrokenRule> {
    Currency::parse(&text.to_ascii_uppercase()).ok_or(CURRENCY.at(column))
}

fn category(cells: &Cells<'_>) -> Result<Edit<Option<Category>>, BrokenRule> {
    let read = |column, text: &str| {
        let word = fold(text).to_ascii_uppercase();
        Category::parse(&word).ok_or(CATEGORY.at(column))
    };
    // `Category` has no default, which broken cells stand for.
    Ok(match cells.value("category", read)? {
        Edit::Keep => Edit::Keep,
        Edit::Set(category) => Edit::Set(Some(category)),
    })
}

fn conditions(reading: &mut Reading, cells: &Cells<'_>, column: &'static str) -> Edit<Vec<String>> {
    if !cells.has(column) {
        return Edit::Keep;
    }
    let given = list(cells.text(column).unwrap_or_default());
    Edit::Set(offer_rules::conditions(reading, given))
}

/// The days and times are given together, or not at all.
fn schedule(reading: &mut Reading, cells: &Cells<'_>) -> Edit<Option<OfferSchedule>> {
    let columns = ["days", "from", "to"];
    if !columns.iter().any(|column| cells.has(column)) {
        return Edit::Keep;
    }
    let (week, from, to) = (cells.text("days"), cells.text("from"), cells.text("to"));
    let (Some(from), Some(to)) = (from, to) else {
        if from.is_none() && to.is_none() && week.is_none() {
            return Edit::Set(None);
        }
        let column = if from.is_none() { "from" } else { "to" };
        reading.take(Err::<(), _>(missing(column)));
        return Edit::Keep;
    };
    let week = reading.take(days("days", week.unwrap_or("lun-dim")));
    match offer_rules::schedule(week, from.to_owned(), to.to_owned()) {
        Ok(schedule) => Edit::Set(Some(schedule)),
        Err(broken) => {
            reading.note(broken);
            Edit::Keep
        }
    }
}

fn translations(reading: &mut Reading, cells: &Cells<'_>) -> Edit<Vec<OfferTexts>> {
    if !cells.has("titleEn") {
        return Edit::Keep;
    }
    let (title, about) = (cells.text("titleEn"), cells.text("descriptionEn"));
    let Some(title) = title else {
        if about.is_some() {
            reading.take(Err::<(), _>(missing("titleEn")));
        }
        return Edit::Set(Vec::new());
    };
    let conditions = list(cells.text("conditionsEn").unwrap_or_default());
    let texts = (title, about.unwrap_or_default());
    match translation(Language::English, texts, conditions) {
        Ok(texts) => Edit::Set(vec![texts]),
        Err(broken) => {
            let broken = broken.into_iter().map(|field| BrokenField {
                path: format!("{}En", field.path),
                ..field
            });
            reading.note(broken.collect());
            Edit::Keep
        }
    }
}
