//! What only SQLite does: prefixes of words, exact distances, rows that share their number.

use domain::{
    GeoPoint,
    catalogue::{sample, seed},
    offers::store::Near,
};

use super::*;
use crate::tables::offers as rows;

const NOW_MS: i64 = 1_790_000_000_000;

fn query(near: Option<Near>, search: Option<&str>) -> OfferQuery {
    OfferQuery {
        near,
        search: search.map(ToOwned::to_owned),
        include_inactive: Visibility::All,
        columns: Columns::EdgesAndTotal,
        ..OfferQuery::newest(1_000, NOW_MS)
    }
}

async fn seeded(offers: usize) -> (tempfile::TempDir, EmbeddedDb, EmbeddedOffers) {
    let dir = tempfile::tempdir().unwrap();
    let db = EmbeddedDb::open(dir.path()).unwrap();
    let catalogue = crate::stores::catalogue::EmbeddedCatalogue::new(db.clone());
    seed::seed(&catalogue, offers, NOW_MS, &|_, _| ())
        .await
        .unwrap();
    let store = EmbeddedOffers::new(db.clone());
    (dir, db, store)
}

#[tokio::test]
async fn a_word_of_a_search_is_a_prefix() {
    let (_dir, _db, store) = seeded(1_200).await;
    let here = Near {
        centre: GeoPoint::new(48.8566, 2.3522).unwrap(),
        max_distance_km: 20_100.0,
    };
    let mut expected: Vec<OfferId> = sample::families(1_200, NOW_MS)
        .flat_map(|family| family.offers)
        .filter(|offer| offer.title.contains("rêpe") && offer.title.contains("Noël"))
        .map(|offer| offer.id)
        .collect();
    expected.sort();
    assert!(!expected.is_empty());
    for near in [None, Some(here)] {
        let page = store.list(&query(near, Some("crêp NOË"))).await.unwrap();
        let mut found: Vec<OfferId> = page.items.into_iter().map(|(offer, _)| offer.id).collect();
        found.sort();
        assert_eq!(found, expected);
    }
}

#[tokio::test]
async fn distances_are_exact() {
    let (_dir, _db, store) = seeded(1_200).await;
    let centre = GeoPoint::new(48.86, 2.34).unwrap();
    let disk = Near {
        centre,
        max_distance_km: 10.0,
    };
    let offers: Vec<Offer> = sample::families(1_200, NOW_MS)
        .flat_map(|family| family.offers)
        .collect();
    let mut expected: Vec<(f64, &OfferId)> = offers
        .iter()
        .map(|offer| (centre.distance_km(&offer.location), &offer.id))
        .filter(|(km, _)| *km <= 10.0)
        .collect();
    expected.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.cmp(b.1)));
    let page = store.list(&query(Some(disk), None)).await.unwrap();
    let found: Vec<(f64, &OfferId)> = page
        .items
        .iter()
        .map(|(offer, km)| (km.unwrap(), &offer.id))
        .collect();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn a_replaced_offer_is_found_where_it_is_now() {
    let (_dir, db, store) = seeded(1).await;
    let at = |lat, lng| {
        let near = Near {
            centre: GeoPoint::new(lat, lng).unwrap(),
            max_distance_km: 5.0,
        };
        query(Some(near), None)
    };
    let count = async |query: OfferQuery| store.list(&query).await.unwrap().items.len();
    let offer = sample::families(1, NOW_MS).next().unwrap().offers.remove(0);
    let was = at(offer.location.lat, offer.location.lng);
    assert_eq!(count(was.clone()).await, 1);
    let moved = Offer {
        title: "Deux galettes".into(),
        location: GeoPoint::new(-61.0, 179.99).unwrap(),
        ..offer.clone()
    };
    db.write(move |tx| {
        let (row, before) = rows::by_id(tx, &offer.id)?.expect("it is stored");
        rows::replace(tx, row, &before, &moved)
    })
    .await
    .unwrap();
    assert_eq!(count(was).await, 0);
    assert_eq!(count(at(-61.0, 179.99)).await, 1);
    assert_eq!(count(query(None, Some("galettes"))).await, 1);
}
