//! What the index costs: `cargo run --release -p catalogue-index --example figures -- 1000000`.
//!
//! Loads sample offers, and asks around random offers in many ways; prints times and memory.

use std::time::{Duration, Instant};

use catalogue_index::{Index, PartnersNear};
use domain::{
    Category, GeoPoint,
    catalogue::sample,
    cities::CityArea,
    offers::{
        listing::{Listing, Related},
        store::{Columns, GeoBox, Near, OfferOrder, OfferQuery},
    },
};

const NOW_MS: i64 = 1_790_000_000_000;
const QUESTIONS: usize = 2_000;

type Way = (&'static str, fn(GeoPoint) -> OfferQuery);

const WAYS: [Way; 14] = [
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
    ("10 km, typing error", |centre| OfferQuery {
        search: Some("coktail".to_owned()),
        ..near(centre, 10.0)
    }),
    ("newest, typing error", |_| OfferQuery {
        search: Some("mneu".to_owned()),
        columns: Columns::EdgesAndTotal,
        ..OfferQuery::newest(20, NOW_MS)
    }),
    ("box, counted", |centre| OfferQuery {
        within: Some(around(centre, 0.05)),
        columns: Columns::EdgesAndTotal,
        ..OfferQuery::newest(20, NOW_MS)
    }),
    ("10 km, open", |centre| OfferQuery {
        open_at_ms: Some(NOW_MS),
        ..near(centre, 10.0)
    }),
    ("10 km, by discount", |centre| OfferQuery {
        order: Some(OfferOrder::Discount),
        ..near(centre, 10.0)
    }),
    ("10 km, by rating", |centre| OfferQuery {
        order: Some(OfferOrder::Rating),
        ..near(centre, 10.0)
    }),
    ("soonest, 168 h", |_| OfferQuery {
        order: Some(OfferOrder::Ending),
        ends_before_hour: Some(NOW_MS / 3_600_000 + 168),
        columns: Columns::EdgesAndTotal,
        ..OfferQuery::newest(20, NOW_MS)
    }),
    ("by rating", |_| OfferQuery {
        order: Some(OfferOrder::Rating),
        columns: Columns::EdgesAndTotal,
        ..OfferQuery::newest(20, NOW_MS)
    }),
    ("10 km, facets", |centre| OfferQuery {
        facets: true,
        ..near(centre, 10.0)
    }),
];

fn around(centre: GeoPoint, degrees: f64) -> GeoBox {
    GeoBox {
        south: centre.lat - degrees,
        west: centre.lng - degrees,
        north: centre.lat + degrees,
        east: centre.lng + degrees,
    }
}

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
        let partner = family.partner;
        for offer in family.offers {
            let place = family
                .establishments
                .iter()
                .find(|place| place.id == offer.establishment_id);
            let related = Related {
                is_listed: partner.is_public(),
                partner_name: partner.name.clone(),
                partner_category: partner.category,
                rating: partner.rating,
                establishment_name: place.map_or_else(String::new, |place| place.name.clone()),
                city: place.map_or_else(String::new, |place| place.address.city.clone()),
                city_area: place.map_or_else(CityArea::default, |place| {
                    CityArea::of(&place.address.country, &place.address.postcode)
                }),
            };
            places.push(offer.location);
            let listing = Listing::new(offer, related);
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
        measure(name, &places, |centre| {
            index.answer(&question(centre)).is_ok()
        });
    }
    measure("clusters of 0.5 degrees", &places, |centre| {
        let query = OfferQuery {
            within: Some(around(centre, 0.25)),
            ..OfferQuery::newest(0, NOW_MS)
        };
        !index.clusters(&query, 12).is_empty()
    });
    measure("suggestions", &places, |centre| {
        !index.suggestions("chez", Some(centre), 8).is_empty()
    });
    measure("partners, 10 km", &places, |centre| {
        let query = PartnersNear {
            near: Near {
                centre,
                max_distance_km: 10.0,
            },
            category: None,
            search: None,
            first: 20,
            after: None,
        };
        !index.partners_near(&query).items.is_empty()
    });
}

/// Asks around places all over the list; prints how long that took.
fn measure(name: &str, places: &[GeoPoint], ask: impl Fn(GeoPoint) -> bool) {
    let mut times: Vec<Duration> = (0..QUESTIONS)
        .map(|number| {
            // A prime step visits places all over the list.
            let centre = places[number * 7_919 % places.len()];
            let began = Instant::now();
            std::hint::black_box(ask(centre));
            began.elapsed()
        })
        .collect();
    times.sort();
    let at = |percent: usize| times[times.len() * percent / 100].as_secs_f64() * 1e6;
    println!(
        "{name:>23}: p50 {:6.0} µs, p95 {:6.0} µs, p99 {:6.0} µs",
        at(50),
        at(95),
        at(99)
    );
}
