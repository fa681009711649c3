//! A small catalogue: one partner in Paris with as many offers as a test wants.

use domain::{
    Address, Admission, BookingLimits, Category, Discount, Establishment, EstablishmentId,
    GeoPoint, Offer, OfferId, OfferSchedule, OpeningHour, Partner, PartnerId, Quota, Weekday,
    partners::standing::Standing,
};
use store_sqlite::stores::{offers, partners};

use crate::app::TestApp;

/// Noon, 1 June 2026, UTC.
pub(crate) const NOW_MS: i64 = 1_780_315_200_000;
pub(crate) const DAY_MS: i64 = 86_400_000;

pub(crate) fn partner(seed: &str) -> Partner {
    Partner {
        id: PartnerId::derive("partner", seed),
        name: format!("Chez {seed}"),
        description: Some("Cuisine de marché".into()),
        logo: None,
        category: Category::Restaurant,
        rating: Some(4.5),
        review_count: 12,
        created_at_ms: NOW_MS - 30 * DAY_MS,
        page: domain::WebPage::default(),
        standing: Standing::default(),
    }
}

pub(crate) fn establishment(seed: &str) -> Establishment {
    Establishment {
        id: EstablishmentId::derive("establishment", seed),
        partner_id: partner(seed).id,
        name: format!("Chez {seed} Rivoli"),
        address: Address {
            street: "1 rue de Rivoli".into(),
            city: "Paris".into(),
            postcode: "75004".into(),
            country: "FR".into(),
        },
        location: GeoPoint::new(48.8566, 2.3522).unwrap(),
        phone: Some("+33140000000".into()),
        email: None,
        website: None,
        opening_hours: vec![OpeningHour {
            weekday: Weekday::new(7).unwrap(),
            opens: "18:00".into(),
            closes: "02:00".into(),
        }],
        images: vec![],
        archived_at_ms: None,
        page: domain::WebPage::default(),
    }
}

/// Offer `number` of a partner: 100 m further north and a minute older with each.
pub(crate) fn offer(seed: &str, number: i32) -> Offer {
    Offer {
        id: OfferId::derive("offer", &format!("{seed} {number}")),
        title: format!("Galette {number}"),
        description: "Une achetée, une offerte".into(),
        partner_id: partner(seed).id,
        establishment_id: establishment(seed).id,
        category: Category::Restaurant,
        discount: Discount {
            percentage: 20,
            description: None,
            terms: None,
        },
        conditions: vec!["Sur place".into()],
        valid_from_ms: NOW_MS - DAY_MS,
        valid_until_ms: NOW_MS + 30 * DAY_MS,
        schedule: Some(OfferSchedule {
            weekdays: vec![1, 7],
            from: "18:00".into(),
            to: "23:00".into(),
        }),
        quota: Some(Quota {
            total: 10,
            remaining: 3,
        }),
        images: vec!["https://img.example/1.webp".into()],
        is_active: true,
        location: GeoPoint::new(48.8566 + f64::from(number) * 0.0009, 2.3522).unwrap(),
        created_at_ms: NOW_MS - i64::from(number) * 60_000,
        limits: BookingLimits::default(),
        archived_at_ms: None,
        version: 1,
        price: None,
        admission: Admission::default(),
        page: domain::WebPage::default(),
        wording: domain::offers::wording::Wording::default(),
    }
}

/// Stores a partner, its establishment and these offers.
pub(crate) async fn store(app: &TestApp, seed: &str, all: Vec<Offer>) {
    store_standing(app, seed, Standing::default(), all).await;
}

/// As [`store`], of a partner that stands so.
pub(crate) async fn store_standing(app: &TestApp, seed: &str, standing: Standing, all: Vec<Offer>) {
    let (partner, place) = (partner(seed), establishment(seed));
    let partner = Partner {
        standing,
        ..partner
    };
    let written = app.db.write(move |tx| {
        partners::insert_partner(tx, &partner)?;
        partners::insert_establishment(tx, &place)?;
        all.iter().try_for_each(|offer| offers::insert(tx, offer))
    });
    written.await.unwrap();
    // No purge tells of them.
    app.state.services.lists.reload().await;
}
