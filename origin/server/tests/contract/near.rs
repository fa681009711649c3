//! Lists by distance.

use std::path::PathBuf;

use domain::{
    Offer, OfferId,
    offers::store::{Columns, OfferQuery},
};
use yousoon::catalogue::import::import_csv;

use crate::{
    backends::Fresh,
    runner::tests,
    samples::{
        NOW_MS, all_pages, assert_nearest_first, by_distance, family, is_visible, list, near,
        offer, paris, point, query,
    },
};

tests! {
    nearest_first_is_what_brute_force_says: [Geo],
    pages_by_distance_have_no_duplicates_and_no_holes: [Geo],
    places_of_equal_distance_page_by_id: [Geo],
    lists_cross_the_antimeridian_and_the_poles: [Geo],
    odd_reaches_are_answered: [Geo],
}

const POINTS: u32 = 2_000;
const REACHES_KM: [f64; 5] = [0.3, 1.0, 2.5, 10.0, 50.0];

/// Many places of one city, with real places among them that share a point.
async fn places(fresh: &Fresh) -> Vec<Offer> {
    let sibling =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/paris-venues.csv");
    let venues = std::env::var_os("YOUSOON_VENUES_CSV").map_or(sibling, PathBuf::from);
    if !venues.exists() {
        println!(
            "skipped: the imported places, {} is absent; samples instead",
            venues.display()
        );
        return fresh.sampled(3_000).await;
    }
    let report = import_csv(&*fresh.db.catalogue, &venues, NOW_MS, "test").await;
    let changed = report.unwrap().changed;
    assert!(changed.len() > 3_000, "{} added", changed.len());
    changed
        .into_iter()
        .filter_map(|change| change.after)
        .collect()
}

async fn nearest_first_is_what_brute_force_says(fresh: Fresh) {
    let offers = places(&fresh).await;
    let visible: Vec<&Offer> = offers.iter().filter(|offer| is_visible(offer)).collect();
    for (round, reach_km) in (0..POINTS).zip(REACHES_KM.into_iter().cycle()) {
        // Steps of irrational parts of the sides come close to every place of the rectangle.
        let part = |step: f64| (f64::from(round) * step).fract();
        let centre = point(
            48.80 + part(0.754_877_666) * 0.12,
            2.22 + part(0.569_840_29) * 0.26,
        );
        let disk = near(centre, reach_km);
        let mut expected = by_distance(visible.iter().copied(), &disk);
        let page = list(&fresh.db, &query(Some(disk))).await;
        assert_eq!(page.has_next_page, expected.len() > 20, "round {round}");
        expected.truncate(20);
        assert_nearest_first(&page.items, &expected, centre, &format!("round {round}"));
    }
}

async fn pages_by_distance_have_no_duplicates_and_no_holes(fresh: Fresh) {
    let offers = fresh.sampled(1_200).await;
    let visible: Vec<&Offer> = offers.iter().filter(|offer| is_visible(offer)).collect();
    for (reach_km, first) in [(3.0, 7), (30_000.0, 100)] {
        let disk = near(paris(), reach_km);
        let mut query = OfferQuery {
            first,
            ..query(Some(disk.clone()))
        };
        let items = all_pages(&fresh.db, query.clone()).await;
        let expected = by_distance(visible.iter().copied(), &disk);
        assert_nearest_first(&items, &expected, paris(), &format!("{reach_km} km"));
        query.columns = Columns::EdgesAndTotal;
        let page = list(&fresh.db, &query).await;
        assert_eq!(page.total, Some(expected.len() as u64));
        assert_eq!(page.items, items[..first]);
    }
}

async fn places_of_equal_distance_page_by_id(fresh: Fresh) {
    let offers = (0..50).map(|n| offer(&n.to_string())).collect();
    fresh.fill(vec![family(offers)]).await;
    let query = OfferQuery {
        first: 3,
        ..query(Some(near(paris(), 0.1)))
    };
    let items = all_pages(&fresh.db, query).await;
    let ids: Vec<OfferId> = items.into_iter().map(|(offer, _)| offer.id).collect();
    assert_eq!(ids.len(), 50);
    assert!(ids.is_sorted());
}

async fn lists_cross_the_antimeridian_and_the_poles(fresh: Fresh) {
    let places = [
        (-17.0, 179.9),
        (-17.0, -179.9),
        (-17.0, 180.0),
        (89.95, 0.0),
        (89.95, 180.0),
        (-89.99, 90.0),
    ];
    let offers = places.map(|(lat, lng)| Offer {
        location: point(lat, lng),
        ..offer(&format!("{lat} {lng}"))
    });
    fresh.fill(vec![family(offers.into())]).await;
    for (lat, lng, expected) in [
        (-17.0, 179.95, 3),
        (-17.0, -179.95, 3),
        (89.99, -90.0, 2),
        (-90.0, 0.0, 1),
    ] {
        let disk = near(point(lat, lng), 30.0);
        let items = list(&fresh.db, &query(Some(disk))).await.items;
        assert_eq!(items.len(), expected, "{lat} {lng}");
    }
}

async fn odd_reaches_are_answered(fresh: Fresh) {
    fresh.sampled(50).await;
    for km in [-1.0, f64::NAN, f64::NEG_INFINITY] {
        let page = list(&fresh.db, &query(Some(near(paris(), km)))).await;
        assert_eq!(page.items, [], "{km}");
    }
    let everywhere = OfferQuery {
        first: usize::MAX,
        ..query(Some(near(paris(), f64::INFINITY)))
    };
    assert!(list(&fresh.db, &everywhere).await.items.len() > 30);
}
