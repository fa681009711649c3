use domain::{
    Admission, BookingLimits, Category, Discount, EstablishmentId, GeoPoint, OfferSchedule, Quota,
    StoreError,
    cities::CityArea,
    offers::listing::{Listing, Related},
    payments::{money::Currency, price::OfferPrice},
};
use mongodb::bson::{Bson, DateTime, Document, doc, oid::ObjectId};

use super::*;
use crate::tables::offers as rows;

const NOW_MS: i64 = 1_790_000_000_000;

fn full() -> Offer {
    Offer {
        id: OfferId::derive("offer", "1"),
        title: "Crêperie de l'Œuf".into(),
        description: "À deux".into(),
        partner_id: PartnerId::derive("partner", "1"),
        establishment_id: EstablishmentId::derive("establishment", "1"),
        category: Category::Restaurant,
        discount: Discount {
            percentage: 30,
            description: Some("sur place".into()),
            terms: None,
        },
        conditions: vec!["le soir".into(), "à deux".into()],
        valid_from_ms: 0,
        valid_until_ms: i64::MAX,
        schedule: Some(OfferSchedule {
            weekdays: vec![1, 7],
            from: "18:00".into(),
            to: "02:00".into(),
        }),
        quota: Some(Quota {
            total: 10,
            remaining: 3,
        }),
        images: vec!["a.jpg".into(), "b.jpg".into()],
        is_active: true,
        location: paris(),
        created_at_ms: NOW_MS - 1,
        limits: BookingLimits {
            per_day: Some(5),
            per_user: Some(1),
            party: Some(8),
        },
        archived_at_ms: Some(NOW_MS),
        version: 7,
        price: Some(OfferPrice {
            amount: 1_250,
            currency: Currency::Eur,
            original: Some(2_000),
            is_deposit: true,
            refundable_until_min: Some(120),
            vat_rate_bp: 1_000,
        }),
        admission: Admission {
            requires_identity: true,
            minimum_age: Some(18),
            ..Admission::default()
        },
        page: domain::WebPage::default(),
        wording: domain::offers::wording::Wording::default(),
    }
}

fn bare() -> Offer {
    Offer {
        description: String::new(),
        discount: Discount {
            percentage: 0,
            description: None,
            terms: None,
        },
        conditions: vec![],
        schedule: None,
        quota: None,
        images: vec![],
        is_active: false,
        limits: BookingLimits::default(),
        archived_at_ms: None,
        price: None,
        admission: Admission::default(),
        ..full()
    }
}

fn paris() -> GeoPoint {
    GeoPoint::new(48.8566, 2.3522).unwrap()
}

fn id_of(hex: &str) -> ObjectId {
    ObjectId::parse_str(hex).unwrap()
}

/// As it comes from a server.
fn stored(offer: &Offer) -> Document {
    let bytes = rows::document(offer).unwrap().to_vec().unwrap();
    Document::from_reader(bytes.as_slice()).unwrap()
}

#[test]
fn an_offer_reads_back_as_it_was_stored() {
    for offer in [full(), bare()] {
        assert_eq!(rows::offer(&stored(&offer)).unwrap(), offer);
    }
    // What other programs leave out instead of storing null.
    let mut without = stored(&bare());
    without.remove("schedule");
    without.remove("quota");
    without.insert("discount", doc! {"percentage": 0_i64});
    assert_eq!(rows::offer(&without).unwrap(), bare());
}

#[test]
fn a_document_is_what_the_schema_says() {
    let stored = stored(&full());
    let id = id_of(full().id.as_str());
    assert_eq!(stored.get_object_id("_id").unwrap(), id);
    let until = DateTime::from_millis(i64::MAX);
    assert_eq!(*stored.get_datetime("validUntil").unwrap(), until);
    let place = doc! {"type": "Point", "coordinates": [2.3522, 48.8566]};
    assert_eq!(*stored.get_document("location").unwrap(), place);
    let folded = doc! {"title": "creperie de l'oeuf", "description": "a deux"};
    assert_eq!(*stored.get_document("folded").unwrap(), folded);
}

#[test]
fn what_cannot_be_read_is_corrupt() {
    let far = doc! {"type": "Point", "coordinates": [2.0, 91.0]};
    let cases: Vec<(&str, Bson)> = vec![
        ("_id", "x".into()),
        ("category", "PUB".into()),
        ("title", Bson::Null),
        ("validFrom", 5_i64.into()),
        ("location", far.into()),
        ("discount", doc! {"percentage": 2.5}.into()),
        ("discount", doc! {"percentage": 1_i64 << 40}.into()),
        ("quota", doc! {"total": 1}.into()),
        ("images", vec![1].into()),
        ("schedule", "always".into()),
    ];
    for (field, value) in cases {
        let mut broken = stored(&full());
        broken.insert(field, value);
        let read = rows::offer(&broken);
        assert!(
            matches!(read, Err(MongoError::Store(StoreError::Corrupt { .. }))),
            "{field}"
        );
        broken.remove(field);
        let optional = ["quota", "schedule"].contains(&field);
        assert_eq!(rows::offer(&broken).is_ok(), optional, "{field}");
    }
}

#[test]
fn a_listing_needs_only_the_fields_that_are_read_for_it() {
    for offer in [full(), bare()] {
        let related = Related {
            is_listed: false,
            partner_name: "Chez Léa".to_owned(),
            partner_category: Category::Bar,
            rating: Some(4.5),
            establishment_name: "Le bar".to_owned(),
            city: "Paris".to_owned(),
            city_area: CityArea::of("FR", "75004"),
        };
        let fields = rows::listing_fields();
        let read: Document = stored(&offer)
            .into_iter()
            .filter(|(field, _)| fields.contains_key(field))
            .collect();
        let expected = Listing::new(offer, related.clone());
        assert_eq!(rows::listing(&read, related).unwrap(), expected);
    }
}

#[test]
fn an_update_writes_what_differs() {
    let after = Offer {
        title: "Bar".into(),
        is_active: false,
        ..full()
    };
    let folded = doc! {"title": "bar", "description": "a deux"};
    assert_eq!(
        rows::difference(&full(), &after).unwrap(),
        doc! {"title": "Bar", "isActive": false, "folded": folded}
    );
    assert_eq!(rows::difference(&full(), &full()).unwrap(), doc! {});
}

#[test]
fn offers_of_partners_are_limited_inside() {
    let stages = of_partners(doc! {}, doc! {"isActive": true}, 3);
    let lookup = stages[2].get_document("$lookup").unwrap();
    let inner = lookup.get_array("pipeline").unwrap();
    assert_eq!(
        inner[1],
        doc! {"$sort": {"createdAt": -1, "_id": -1}}.into()
    );
    assert_eq!(inner[2], doc! {"$limit": 3_i64}.into());
    assert_eq!(object_ids(&[full().id, full().id]).unwrap().len(), 1);
}

#[test]
fn limits_are_what_servers_take() {
    assert_eq!(batch(usize::MAX), 2_147_483_647);
    assert_eq!(batch(20), 21);
}
