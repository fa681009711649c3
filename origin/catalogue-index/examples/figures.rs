//! What the index costs: `cargo run --release -p catalogue-index --example figures -- 1000000`.
//!
//! Loads sample offers, and asks around random offers in five ways; prints times and memory.

use std::time::{Duration, Instant};

use catalogue_index::Index;
use domain::{
    Category, GeoPoint,
    catalogue::sample,
    offers::{
        listing::Listing,
        store::{Columns, Near, OfferQuery},
    },
};

const NOW_MS: i64 = 1_790_000_000_000;
const QUESTIONS: usize = 2_000;

type Way = (&'static str, fn(GeoPoint) -> OfferQuery);

const WAYS: [Way; 5] = [
    ("10 km, counted", |centre| near(centre, 10.0)),
    ("10 km, not counted", |centre| OfferQuery {
        columns: Columns::Edges,
        ..near(centre, 10.0)
    }),
    ("10 km, with a word", |centre| OfferQuery {
        search: Some("menu".to_owned()),
        ..near(centre, 10.0)
    }),
    ("50 km, one category", |centre| OfferQuery {
        categories: vec![Category::Cinema],
        ..near(centre, 50.0)
    }),
    ("newest, 30 % or more", |_| OfferQuery {
        min_discount: Some(30),
        ..OfferQuery::newest(20, NOW_MS)
    }),
];

fn near(centre: GeoPoint, max_distance_km: f64) -> OfferQuery {
    OfferQuery {
        near: Some(Near {
            centre,
            max_distance_km,
        }),
        columns: Columns::EdgesAndTotal,
        ..OfferQuery::newest(20, NOW_MS)
    }
}

fn main() {
    let wanted = std::env::args().nth(1).and_then(|given| given.parse().ok());
    let wanted: usize = wanted.unwrap_or(100_000);
    let mut index = Index::default();
    let (mut places, mut took) = (Vec::new(), Duration::ZERO);
    for family in sample::families(wanted, NOW_MS) {
        let partner = family.partner.name.clone();
        for offer in family.offers {
            let place = family
                .establishments
                .iter()
                .find(|place| place.id == offer.establishment_id);
            let place = place.map_or_else(String::new, |place| place.name.clone());
            places.push(offer.location);
            let listing = Listing::new(offer, partner.clone(), place);
            let began = Instant::now();
            index.put(&listing, NOW_MS);
            took += began.elapsed();
        }
    }
    let size = index.size();
    println!(
        "{} offers, {} words: {:.1} s to put, {} bytes an offer",
        size.offers,
        size.words,
        took.as_secs_f64(),
        size.bytes / size.offers.max(1)
    );
    for (name, question) in WAYS {
        let mut times: Vec<Duration> = (0..QUESTIONS)
            .map(|number| {
                // A prime step visits places all over the list.
                let centre = places[number * 7_919 % places.len()];
                let query = question(centre);
                let began = Instant::now();
                std::hint::black_box(index.answer(&query).is_ok());
                began.elapsed()
            })
            .collect();
        times.sort();
        let at = |percent: usize| times[times.len() * percent / 100].as_secs_f64() * 1e6;
        println!(
            "{name:>22}: p50 {:6.0} µs, p95 {:6.0} µs, p99 {:6.0} µs",
            at(50),
            at(95),
            at(99)
        );
    }
}
