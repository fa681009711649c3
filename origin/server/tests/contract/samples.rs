//! What tests store and ask.

use access::random;
use domain::catalogue::sample;
use domain::{
    GeoPoint, Offer, OfferId,
    catalogue::Family,
    offers::store::{Near, OfferCursor, OfferPage, OfferQuery, Rank},
};
use domain::{InvitationId, team::InvitationToken};
use yousoon::database::Database;

pub(crate) const NOW_MS: i64 = 1_790_000_000_000;
pub(crate) const DAY_MS: i64 = 86_400_000;

pub(crate) fn point(lat: f64, lng: f64) -> GeoPoint {
    GeoPoint::new(lat, lng).unwrap()
}

pub(crate) fn paris() -> GeoPoint {
    point(48.8566, 2.3522)
}

pub(crate) fn near(centre: GeoPoint, max_distance_km: f64) -> Near {
    Near {
        centre,
        max_distance_km,
    }
}

/// The first twenty that everybody sees.
pub(crate) fn query(near: Option<Near>) -> OfferQuery {
    OfferQuery {
        near,
        ..OfferQuery::newest(20, NOW_MS)
    }
}

pub(crate) fn is_visible(offer: &Offer) -> bool {
    offer.is_active && offer.valid_from_ms <= NOW_MS && NOW_MS < offer.valid_until_ms
}

/// An offer in Paris that everybody sees, of the partner of [`family`].
pub(crate) fn offer(name: &str) -> Offer {
    let template = sample_family().offers.remove(0);
    Offer {
        id: OfferId::derive("contract", name),
        valid_from_ms: 0,
        valid_until_ms: NOW_MS + 1_000 * DAY_MS,
        is_active: true,
        location: paris(),
        ..template
    }
}

/// One partner with these offers.
pub(crate) fn family(offers: Vec<Offer>) -> Family {
    Family {
        offers,
        ..sample_family()
    }
}

fn sample_family() -> Family {
    sample::families(1, NOW_MS).next().unwrap()
}

pub(crate) async fn list(db: &Database, query: &OfferQuery) -> OfferPage {
    db.offers.list(query).await.unwrap()
}

/// Every page, each asked for with the wire form of the last one's end.
pub(crate) async fn all_pages(db: &Database, mut query: OfferQuery) -> Vec<(Offer, Option<f64>)> {
    let mut items: Vec<(Offer, Option<f64>)> = Vec::new();
    loop {
        let page = list(db, &query).await;
        assert!(page.items.len() <= query.first);
        items.extend(page.items);
        if !page.has_next_page {
            return items;
        }
        let (offer, distance_km) = items.last().unwrap();
        let cursor = OfferCursor::of(offer, *distance_km, Rank::Title);
        query.after = OfferCursor::decode(&cursor.encode());
        assert_eq!(query.after, Some(cursor));
    }
}

/// The ids of all that a query finds, sorted.
pub(crate) async fn found(db: &Database, query: OfferQuery) -> Vec<OfferId> {
    sorted(all_pages(db, query).await.iter().map(|(offer, _)| offer))
}

pub(crate) fn sorted<'a>(offers: impl IntoIterator<Item = &'a Offer>) -> Vec<OfferId> {
    let mut ids: Vec<_> = offers.into_iter().map(|offer| offer.id.clone()).collect();
    ids.sort();
    ids
}

/// What is within the reach of `near`, nearest first.
pub(crate) fn by_distance<'a>(
    offers: impl IntoIterator<Item = &'a Offer>,
    near: &Near,
) -> Vec<(f64, &'a OfferId)> {
    let mut expected: Vec<_> = offers
        .into_iter()
        .map(|offer| (near.centre.distance_km(&offer.location), &offer.id))
        .filter(|(km, _)| *km <= near.max_distance_km)
        .collect();
    expected.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.cmp(b.1)));
    expected
}

/// Servers compute distances each in their own way: a millimetre.
const TOLERANCE_KM: f64 = 1e-6;

/// Asserts that a list is what brute force says; who is as far away may stand in any order.
pub(crate) fn assert_nearest_first(
    found: &[(Offer, Option<f64>)],
    expected: &[(f64, &OfferId)],
    centre: GeoPoint,
    what: &str,
) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let mut ids: Vec<_> = found.iter().map(|(offer, _)| &offer.id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), found.len(), "{what}: one is there twice");
    for ((offer, km), (expected_km, _)) in found.iter().zip(expected) {
        let km = km.unwrap();
        let true_km = centre.distance_km(&offer.location);
        assert!(
            (km - true_km).abs() < TOLERANCE_KM,
            "{what}: {km} {true_km}"
        );
        assert!(
            (km - expected_km).abs() < TOLERANCE_KM,
            "{what}: {km} {expected_km}"
        );
    }
}

/// A new invitation's token.
pub(crate) fn invitation_token() -> InvitationToken {
    InvitationToken::new(InvitationId::from_bytes(random::bytes()), random::bytes())
}
