//! Between documents and offers.

pub mod of_establishment;
pub mod of_partner;

use domain::{
    Admission, BookingLimits, Category, Discount, EstablishmentId, Offer, OfferId, OfferSchedule,
    PartnerId, Quota,
    cities::CityArea,
    offers::{
        discount::{DiscountKind, DiscountTerms},
        listing::{Listing, Related},
        translating::searched,
        wording::{OfferTexts, Wording},
    },
    payments::{money::Currency, price::OfferPrice},
    search_text::fold,
    sentence::Language,
};
use mongodb::bson::{Bson, DateTime, Document, doc};

use crate::{
    documents::{
        bad, flag, id, id_number, location, minor, moment_ms, object_id, optional, optional_text,
        part, parts, text, texts, whole, whole_number, word,
    },
    error::MongoError,
    tables::slugs::{page, with_page},
};

/// The document of an offer.
pub fn document(offer: &Offer) -> Result<Document, MongoError> {
    let schedule = offer.schedule.as_ref().map(
        |schedule| doc! {"weekdays": &schedule.weekdays, "from": &schedule.from, "to": &schedule.to},
    );
    let quota = offer
        .quota
        .map(|quota| doc! {"total": quota.total, "remaining": quota.remaining});
    let document = doc! {
        "_id": object_id(&offer.id)?,
        "partnerId": object_id(&offer.partner_id)?,
        "establishmentId": object_id(&offer.establishment_id)?,
        "title": &offer.title,
        "description": &offer.description,
        "category": offer.category.as_str(),
        "discount": {
            "percentage": offer.discount.percentage,
            "description": offer.discount.description.as_ref(),
            "terms": offer.discount.terms.as_ref().map(terms_document),
        },
        "conditions": &offer.conditions,
        "validFrom": DateTime::from_millis(offer.valid_from_ms),
        "validUntil": DateTime::from_millis(offer.valid_until_ms),
        "schedule": schedule,
        "quota": quota,
        "images": &offer.images,
        "isActive": offer.is_active,
        "location": {"type": "Point", "coordinates": [offer.location.lng, offer.location.lat]},
        "createdAt": DateTime::from_millis(offer.created_at_ms),
        "limits": {"perDay": offer.limits.per_day, "perUser": offer.limits.per_user},
        "archivedAt": offer.archived_at_ms.map(DateTime::from_millis),
        "version": offer.version,
        "price": offer.price.as_ref().map(price_document),
        "admission": {
            "requiresIdentity": offer.admission.requires_identity,
            "minimumAge": offer.admission.minimum_age,
        },
        // Beside `admission`: older programs, which replace that, keep it.
        "requiresApproval": offer.admission.requires_approval,
        // Beside `limits` for the same reason.
        "maxPartySize": offer.limits.party,
        "folded": {"title": fold(&offer.title), "description": fold(&offer.description)},
        "language": offer.wording.language.as_str(),
        "translations": offer.wording.translations.iter().map(texts_document).collect::<Vec<_>>(),
    };
    Ok(with_page(document, &offer.page))
}

fn texts_document(texts: &OfferTexts) -> Document {
    doc! {
        "language": texts.language.as_str(),
        "title": &texts.title,
        "description": &texts.description,
        "conditions": &texts.conditions,
    }
}

fn wording(stored: &Document) -> Result<Wording, MongoError> {
    let language = optional(stored, "language", |_| language(stored))?;
    Ok(Wording {
        language: language.unwrap_or(Language::French),
        translations: translations(stored)?,
    })
}

fn translations(stored: &Document) -> Result<Vec<OfferTexts>, MongoError> {
    let read = |stored: &Document| {
        Ok(OfferTexts {
            language: language(stored)?,
            title: text(stored, "title")?,
            description: text(stored, "description")?,
            conditions: texts(stored, "conditions")?,
        })
    };
    let all = optional(stored, "translations", |_| {
        parts(stored, "translations", read)
    });
    Ok(all?.unwrap_or_default())
}

fn language(stored: &Document) -> Result<Language, MongoError> {
    word(stored, "language", Language::parse)
}

/// The fields in which the document of `after` is not that of `before`.
pub fn difference(before: &Offer, after: &Offer) -> Result<Document, MongoError> {
    let before = document(before)?;
    let after = document(after)?.into_iter();
    Ok(after
        .filter(|(field, value)| before.get(field) != Some(value))
        .collect())
}

pub fn offer(stored: &Document) -> Result<Offer, MongoError> {
    Ok(Offer {
        id: offer_id(stored)?,
        title: text(stored, "title")?,
        description: text(stored, "description")?,
        partner_id: id(stored, "partnerId", PartnerId::parse)?,
        establishment_id: id(stored, "establishmentId", EstablishmentId::parse)?,
        category: category(stored)?,
        discount: discount(part(stored, "discount")?)?,
        conditions: texts(stored, "conditions")?,
        valid_from_ms: moment_ms(stored, "validFrom")?,
        valid_until_ms: moment_ms(stored, "validUntil")?,
        schedule: optional_part(stored, "schedule", schedule)?,
        quota: optional_part(stored, "quota", quota)?,
        images: texts(stored, "images")?,
        is_active: is_active(stored)?,
        location: location(stored)?,
        created_at_ms: moment_ms(stored, "createdAt")?,
        // Absent in what an older version stored.
        limits: BookingLimits {
            party: optional(stored, "maxPartySize", |_| whole(stored, "maxPartySize"))?,
            ..optional_part(stored, "limits", limits)?.unwrap_or_default()
        },
        archived_at_ms: archived_at_ms(stored)?,
        version: optional(stored, "version", |_| id_number(stored, "version"))?.unwrap_or(1),
        admission: Admission {
            requires_approval: optional(stored, "requiresApproval", |_| {
                flag(stored, "requiresApproval")
            })?
            .unwrap_or_default(),
            ..optional_part(stored, "admission", admission)?.unwrap_or_default()
        },
        price: optional_part(stored, "price", price)?,
        page: page(stored)?,
        wording: wording(stored)?,
    })
}

fn price_document(price: &OfferPrice) -> Document {
    doc! {
        "amount": price.amount,
        "currency": price.currency.as_str(),
        "original": price.original,
        "isDeposit": price.is_deposit,
        "refundableUntil": price.refundable_until_min,
        "vatRate": price.vat_rate_bp,
    }
}

fn price(stored: &Document) -> Result<OfferPrice, MongoError> {
    Ok(OfferPrice {
        amount: minor(stored, "amount")?,
        currency: word(stored, "currency", Currency::parse)?,
        original: optional(stored, "original", |_| minor(stored, "original"))?,
        is_deposit: flag(stored, "isDeposit")?,
        refundable_until_min: optional(stored, "refundableUntil", |_| {
            whole(stored, "refundableUntil")
        })?,
        vat_rate_bp: whole(stored, "vatRate")?,
    })
}

/// The projection of what [`listing`] reads.
pub fn listing_fields() -> Document {
    let fields = [
        "_id",
        "title",
        "description",
        "partnerId",
        "establishmentId",
        "category",
        "discount",
        "schedule",
        "validFrom",
        "validUntil",
        "isActive",
        "location",
        "createdAt",
        "archivedAt",
        "translations",
    ];
    fields
        .into_iter()
        .map(|field| (field.to_owned(), Bson::from(1)))
        .collect()
}

/// What the catalogue index knows of an offer's partner and establishment, as far as these are stored.
pub fn related(partner: Option<&Document>, place: Option<&Document>) -> Related {
    let text = |stored: Option<&Document>, field: &str| {
        let text = stored.and_then(|stored| stored.get_str(field).ok());
        text.unwrap_or_default().to_owned()
    };
    let category = partner.and_then(|stored| Category::parse(stored.get_str("category").ok()?));
    let address = place.and_then(|stored| stored.get_document("address").ok());
    Related {
        is_listed: partner.is_none_or(|stored| stored.get_bool("listed").unwrap_or(true)),
        partner_name: text(partner, "name"),
        partner_category: category.unwrap_or(Category::Other),
        rating: partner.and_then(|stored| stored.get_f64("rating").ok()),
        establishment_name: text(place, "name"),
        city: text(address, "city"),
        city_area: CityArea::of(&text(address, "country"), &text(address, "postcode")),
    }
}

/// An offer as the catalogue index knows it.
pub fn listing(stored: &Document, related: Related) -> Result<Listing, MongoError> {
    let discount = discount(part(stored, "discount")?)?;
    Ok(Listing {
        id: offer_id(stored)?,
        partner_id: id(stored, "partnerId", PartnerId::parse)?,
        location: location(stored)?,
        category: category(stored)?,
        percentage: discount.percentage,
        kind: discount.kind(),
        schedule: optional_part(stored, "schedule", schedule)?,
        establishment_id: id(stored, "establishmentId", EstablishmentId::parse)?,
        is_active: is_active(stored)?,
        is_archived: archived_at_ms(stored)?.is_some(),
        is_listed: related.is_listed,
        valid_from_ms: moment_ms(stored, "validFrom")?,
        valid_until_ms: moment_ms(stored, "validUntil")?,
        created_at_ms: moment_ms(stored, "createdAt")?,
        title: text(stored, "title")?,
        description: searched(text(stored, "description")?, &translations(stored)?),
        partner_name: related.partner_name,
        establishment_name: related.establishment_name,
        partner_category: related.partner_category,
        rating: related.rating,
        city: related.city,
        city_area: related.city_area,
    })
}

pub fn offer_id(stored: &Document) -> Result<OfferId, MongoError> {
    id(stored, "_id", OfferId::parse)
}

/// How many can still be booked, if there is a quota.
pub fn remaining(stored: &Document) -> Result<Option<i32>, MongoError> {
    optional_part(stored, "quota", |quota| whole(quota, "remaining"))
}

fn is_active(stored: &Document) -> Result<bool, MongoError> {
    stored.get_bool("isActive").map_err(bad("isActive"))
}

fn archived_at_ms(stored: &Document) -> Result<Option<i64>, MongoError> {
    optional(stored, "archivedAt", |_| moment_ms(stored, "archivedAt"))
}

fn category(stored: &Document) -> Result<Category, MongoError> {
    word(stored, "category", Category::parse)
}

fn discount(stored: &Document) -> Result<Discount, MongoError> {
    Ok(Discount {
        percentage: whole(stored, "percentage")?,
        description: optional_text(stored, "description")?,
        // Absent in what an older version stored.
        terms: optional_part(stored, "terms", terms)?,
    })
}

fn terms_document(terms: &DiscountTerms) -> Document {
    let kind = terms.kind().as_str();
    match terms {
        DiscountTerms::Amount {
            amount,
            currency,
            original,
        } => {
            doc! {"kind": kind, "amount": amount, "currency": currency.as_str(), "original": original}
        }
        DiscountTerms::TwoForOne => doc! {"kind": kind},
        DiscountTerms::FreeItem { item } => doc! {"kind": kind, "item": item},
        DiscountTerms::FixedPrice {
            price,
            currency,
            original,
        } => {
            doc! {"kind": kind, "price": price, "currency": currency.as_str(), "original": original}
        }
    }
}

fn terms(stored: &Document) -> Result<DiscountTerms, MongoError> {
    let original = || optional(stored, "original", |_| minor(stored, "original"));
    Ok(match word(stored, "kind", DiscountKind::parse)? {
        DiscountKind::Percentage => {
            return Err(MongoError::corrupt("kind", &"a percentage has no terms"));
        }
        DiscountKind::Amount => DiscountTerms::Amount {
            amount: minor(stored, "amount")?,
            currency: word(stored, "currency", Currency::parse)?,
            original: original()?,
        },
        DiscountKind::TwoForOne => DiscountTerms::TwoForOne,
        DiscountKind::FreeItem => DiscountTerms::FreeItem {
            item: text(stored, "item")?,
        },
        DiscountKind::FixedPrice => DiscountTerms::FixedPrice {
            price: minor(stored, "price")?,
            currency: word(stored, "currency", Currency::parse)?,
            original: original()?,
        },
    })
}

fn schedule(stored: &Document) -> Result<OfferSchedule, MongoError> {
    let weekdays = stored.get_array("weekdays").map_err(bad("weekdays"))?;
    let weekdays = weekdays.iter().map(|day| {
        whole_number(day).ok_or_else(|| MongoError::corrupt("weekdays", &"not a whole number"))
    });
    Ok(OfferSchedule {
        weekdays: weekdays.collect::<Result<_, _>>()?,
        from: text(stored, "from")?,
        to: text(stored, "to")?,
    })
}

fn limits(stored: &Document) -> Result<BookingLimits, MongoError> {
    let limit = |field| optional(stored, field, |_| whole(stored, field));
    Ok(BookingLimits {
        per_day: limit("perDay")?,
        per_user: limit("perUser")?,
        ..BookingLimits::default()
    })
}

fn admission(stored: &Document) -> Result<Admission, MongoError> {
    Ok(Admission {
        requires_identity: stored
            .get_bool("requiresIdentity")
            .map_err(bad("requiresIdentity"))?,
        minimum_age: optional(stored, "minimumAge", |_| whole(stored, "minimumAge"))?,
        ..Admission::default()
    })
}

fn quota(stored: &Document) -> Result<Quota, MongoError> {
    Ok(Quota {
        total: whole(stored, "total")?,
        remaining: whole(stored, "remaining")?,
    })
}

/// A document in a field that may be absent or null.
fn optional_part<T>(
    stored: &Document,
    field: &'static str,
    read: impl FnOnce(&Document) -> Result<T, MongoError>,
) -> Result<Option<T>, MongoError> {
    optional(stored, field, |_| part(stored, field).and_then(read))
}
