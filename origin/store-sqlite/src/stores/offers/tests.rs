//! What only SQLite does: prefixes of words, rows that share their number.

use domain::{
    GeoPoint,
    catalogue::{sample, seed},
    offers::store::Near,
};

use super::*;
use crate::tables::offers as rows;

const NOW_MS: i64 = 1_790_000_000_000;

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

fn offers(count: usize) -> impl Iterator<Item = Offer> {
    sample::families(count, NOW_MS)
        .flat_map(|family| family.offers)
        .filter(|offer| {
            offer.is_active && (offer.valid_from_ms..offer.valid_until_ms).contains(&NOW_MS)
        })
}

async fn found(store: &EmbeddedOffers, sample: Sample) -> BTreeSet<OfferId> {
    let found = store.sample(&sample, 9_999, NOW_MS).await;
    found.unwrap().into_iter().collect()
}

#[tokio::test]
async fn a_word_of_a_sample_is_a_prefix() {
    let (_dir, _db, store) = seeded(1_200).await;
    let expected: BTreeSet<OfferId> = offers(1_200)
        .filter(|offer| offer.title.contains("rêpe") && offer.title.contains("Noël"))
        .map(|offer| offer.id)
        .collect();
    assert!(!expected.is_empty());
    let words = Sample::Word("crêp NOË".to_owned());
    assert_eq!(found(&store, words).await, expected);
}

#[tokio::test]
async fn a_replaced_offer_is_found_where_it_is_now() {
    let (_dir, db, store) = seeded(20).await;
    let near = |centre| {
        let max_distance_km = 5.0;
        Sample::Near(Near {
            centre,
            max_distance_km,
        })
    };
    let offer = offers(20).next().unwrap();
    let (id, was) = (offer.id.clone(), offer.location);
    let there = GeoPoint::new(-61.0, 179.99).unwrap();
    assert!(found(&store, near(was)).await.contains(&id));
    let moved = Offer {
        title: "Deux ornithorynques".into(),
        location: there,
        ..offer
    };
    db.write(move |tx| {
        let (row, before) = rows::by_id(tx, &moved.id)?.expect("it is stored");
        rows::replace(tx, row, &before, &moved)
    })
    .await
    .unwrap();
    let only = BTreeSet::from([id.clone()]);
    assert!(!found(&store, near(was)).await.contains(&id));
    assert_eq!(found(&store, near(there)).await, only);
    let word = Sample::Word("ornithorynques".to_owned());
    assert_eq!(found(&store, word).await, only);
}
