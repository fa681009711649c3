//! Between documents, partners and establishments.

pub mod held;

use domain::{
    Address, Category, Establishment, EstablishmentId, OpeningHour, Partner, PartnerId, Weekday,
    partners::{
        siret::Siret,
        standing::{PartnerStatus, Standing},
    },
    search_text::fold,
};
use mongodb::bson::{Bson, DateTime, Document, doc};

use crate::{
    documents::{
        id, location, moment_ms, number, object_id, optional, optional_text, part, parts, text,
        texts, whole, word,
    },
    error::MongoError,
    tables::slugs::{page, with_page},
};

/// The document of a partner.
pub fn partner_document(partner: &Partner) -> Result<Document, MongoError> {
    let name_folded = fold(&partner.name);
    let document = doc! {
        "_id": object_id(&partner.id)?,
        "name": &partner.name,
        "nameFolded": &name_folded,
        "category": partner.category.as_str(),
        "logo": partner.logo.as_ref(),
        "description": partner.description.as_ref(),
        "rating": partner.rating,
        "reviewCount": partner.review_count,
        "createdAt": DateTime::from_millis(partner.created_at_ms),
        "folded": {
            "name": &name_folded,
            "description": partner.description.as_deref().map(fold),
        },
    };
    let mut document = with_page(document, &partner.page);
    document.extend(standing_fields(&partner.standing));
    Ok(document)
}

/// Where a partner stands. `listed` and `heldSiret` follow from the rest, for indexes: the one is what
/// the public sees, the other is unique.
pub fn standing_fields(standing: &Standing) -> Document {
    let siret = |siret: Option<&Siret>| siret.map(|siret| siret.as_str().to_owned());
    let mut fields = doc! {
        "status": standing.status.as_str(),
        "listed": standing.is_public(),
        "siret": siret(standing.siret.as_ref()),
        "reviewReason": standing.reason.as_ref(),
        "submittedAt": standing.submitted_at_ms.map(DateTime::from_millis),
        "archivedAt": standing.archived_at_ms.map(DateTime::from_millis),
    };
    // A sparse index has no nulls of its own.
    if let Some(held) = siret(standing.held_siret()) {
        fields.insert("heldSiret", held);
    }
    fields
}

/// Where a partner stands; of one that an older program stored, that it is approved.
pub fn standing(stored: &Document) -> Result<Standing, MongoError> {
    let moment = |field| optional(stored, field, |_| moment_ms(stored, field));
    let status = optional(stored, "status", |_| {
        word(stored, "status", PartnerStatus::parse)
    })?;
    let siret = optional(stored, "siret", |_| word(stored, "siret", Siret::parse))?;
    Ok(Standing {
        status: status.unwrap_or(PartnerStatus::Approved),
        siret,
        reason: optional_text(stored, "reviewReason")?,
        submitted_at_ms: moment("submittedAt")?,
        archived_at_ms: moment("archivedAt")?,
    })
}

pub fn partner(stored: &Document) -> Result<Partner, MongoError> {
    Ok(Partner {
        id: id(stored, "_id", PartnerId::parse)?,
        name: text(stored, "name")?,
        description: optional_text(stored, "description")?,
        logo: optional_text(stored, "logo")?,
        category: word(stored, "category", Category::parse)?,
        rating: rating_of(stored)?,
        review_count: whole(stored, "reviewCount")?,
        created_at_ms: moment_ms(stored, "createdAt")?,
        page: page(stored)?,
        standing: standing(stored)?,
    })
}

/// What is shown of the rating, of a document that may have nothing else.
pub fn rating_of(stored: &Document) -> Result<Option<f64>, MongoError> {
    optional(stored, "rating", rating)
}

fn rating(stored: &Bson) -> Result<f64, MongoError> {
    number(stored).ok_or_else(|| MongoError::corrupt("rating", &"not a number"))
}

/// The document of an establishment.
pub fn establishment_document(place: &Establishment) -> Result<Document, MongoError> {
    let hours: Vec<Document> = place.opening_hours.iter().map(hours_document).collect();
    let Address {
        street,
        city,
        postcode,
        country,
    } = &place.address;
    let document = doc! {
        "_id": object_id(&place.id)?,
        "partnerId": object_id(&place.partner_id)?,
        "name": &place.name,
        "address": {"street": street, "city": city, "postcode": postcode, "country": country},
        "location": {"type": "Point", "coordinates": [place.location.lng, place.location.lat]},
        "phone": place.phone.as_ref(),
        "email": place.email.as_ref(),
        "website": place.website.as_ref(),
        "openingHours": hours,
        "images": &place.images,
        "archivedAt": place.archived_at_ms.map(DateTime::from_millis),
    };
    Ok(with_page(document, &place.page))
}

fn hours_document(hours: &OpeningHour) -> Document {
    doc! {"weekday": hours.weekday.number(), "opens": &hours.opens, "closes": &hours.closes}
}

pub fn establishment(stored: &Document) -> Result<Establishment, MongoError> {
    Ok(Establishment {
        id: id(stored, "_id", EstablishmentId::parse)?,
        partner_id: id(stored, "partnerId", PartnerId::parse)?,
        name: text(stored, "name")?,
        address: address(part(stored, "address")?)?,
        location: location(stored)?,
        phone: optional_text(stored, "phone")?,
        email: optional_text(stored, "email")?,
        website: optional_text(stored, "website")?,
        opening_hours: parts(stored, "openingHours", opening_hour)?,
        images: texts(stored, "images")?,
        archived_at_ms: optional(stored, "archivedAt", |_| moment_ms(stored, "archivedAt"))?,
        page: page(stored)?,
    })
}

fn address(stored: &Document) -> Result<Address, MongoError> {
    Ok(Address {
        street: text(stored, "street")?,
        city: text(stored, "city")?,
        postcode: text(stored, "postcode")?,
        country: text(stored, "country")?,
    })
}

fn opening_hour(stored: &Document) -> Result<OpeningHour, MongoError> {
    let weekday = whole(stored, "weekday")?;
    Ok(OpeningHour {
        weekday: Weekday::new(weekday).ok_or_else(|| MongoError::corrupt("weekday", &weekday))?,
        opens: text(stored, "opens")?,
        closes: text(stored, "closes")?,
    })
}

#[cfg(test)]
mod tests {
    use domain::GeoPoint;

    use domain::StoreError;

    use super::*;

    fn a_partner() -> Partner {
        Partner {
            id: PartnerId::derive("partner", "1"),
            name: "Crêperie Œuf".into(),
            description: Some("Façade bleue".into()),
            logo: Some("https://example/logo".into()),
            category: Category::Cinema,
            rating: Some(4.5),
            review_count: 7,
            created_at_ms: -1,
            page: domain::WebPage::default(),
            standing: Standing {
                siret: Siret::parse("73282932000074"),
                reason: Some("Où ?".into()),
                submitted_at_ms: Some(3),
                archived_at_ms: Some(5),
                ..Standing::new(PartnerStatus::Suspended)
            },
        }
    }

    fn a_place() -> Establishment {
        Establishment {
            id: EstablishmentId::derive("place", "1"),
            partner_id: PartnerId::derive("partner", "1"),
            name: "Quai".into(),
            address: Address {
                street: "1, rue".into(),
                city: "Nantes".into(),
                postcode: "44000".into(),
                country: "FR".into(),
            },
            location: GeoPoint::new(47.2, -1.5).unwrap(),
            phone: Some("+33".into()),
            email: Some("a@b".into()),
            website: Some("https://example/".into()),
            opening_hours: vec![OpeningHour {
                weekday: Weekday::new(7).unwrap(),
                opens: "18:00".into(),
                closes: "02:00".into(),
            }],
            images: vec!["one".into(), "two".into()],
            archived_at_ms: Some(5),
            page: domain::WebPage::default(),
        }
    }

    fn is_corrupt<T>(read: &Result<T, MongoError>) -> bool {
        matches!(read, Err(MongoError::Store(StoreError::Corrupt { .. })))
    }

    #[test]
    fn a_partner_reads_back_with_everything_and_with_nothing() {
        let whole = a_partner();
        let stored = partner_document(&whole).unwrap();
        assert_eq!(stored.get_str("nameFolded").unwrap(), "creperie oeuf");
        let folded = doc! {"name": "creperie oeuf", "description": "facade bleue"};
        assert_eq!(stored.get_document("folded").unwrap(), &folded);
        assert_eq!(partner(&stored).unwrap(), whole);
        let bare = Partner {
            description: None,
            logo: None,
            rating: None,
            standing: Standing::default(),
            ..whole
        };
        let mut stored = partner_document(&bare).unwrap();
        assert_eq!(partner(&stored).unwrap(), bare);
        for field in [
            "description",
            "logo",
            "rating",
            "folded",
            "status",
            "listed",
            "siret",
            "reviewReason",
            "submittedAt",
            "archivedAt",
        ] {
            stored.remove(field);
        }
        assert_eq!(partner(&stored).unwrap(), bare);
    }

    #[test]
    fn an_establishment_reads_back_with_everything_and_with_nothing() {
        let whole = a_place();
        let stored = establishment_document(&whole).unwrap();
        let point = stored.get_document("location").unwrap();
        let expected = doc! {"type": "Point", "coordinates": [-1.5, 47.2]};
        assert_eq!(point, &expected);
        assert_eq!(establishment(&stored).unwrap(), whole);
        let bare = Establishment {
            phone: None,
            email: None,
            website: None,
            opening_hours: Vec::new(),
            images: Vec::new(),
            archived_at_ms: None,
            ..whole
        };
        let mut stored = establishment_document(&bare).unwrap();
        assert_eq!(establishment(&stored).unwrap(), bare);
        for field in ["phone", "email", "website", "archivedAt"] {
            stored.remove(field);
        }
        assert_eq!(establishment(&stored).unwrap(), bare);
    }

    #[test]
    fn what_cannot_be_read_is_corrupt() {
        let stored = partner_document(&a_partner()).unwrap();
        for (field, bad) in [
            ("_id", Bson::from("text")),
            ("category", "PUB".into()),
            ("rating", "good".into()),
            ("reviewCount", i64::MAX.into()),
            ("createdAt", 7_i64.into()),
            ("logo", 1.into()),
            ("status", "GONE".into()),
            ("siret", "1".into()),
            ("archivedAt", 1.into()),
        ] {
            let mut stored = stored.clone();
            stored.insert(field, bad);
            assert!(is_corrupt(&partner(&stored)), "{field}");
        }
        let stored = establishment_document(&a_place()).unwrap();
        for (field, bad) in [
            ("location", Bson::from(doc! {"coordinates": [0.0, 91.0]})),
            ("openingHours", vec![doc! {"weekday": 8}].into()),
            ("openingHours", vec![1].into()),
            ("images", vec![1].into()),
            ("address", doc! {"street": "1, rue"}.into()),
        ] {
            let mut stored = stored.clone();
            stored.insert(field, bad);
            assert!(is_corrupt(&establishment(&stored)), "{field}");
        }
    }
}
