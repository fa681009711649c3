//! The index against brute force: any question at any moment, after any changes.

use std::collections::BTreeMap;

use domain::{
    Category, EstablishmentId, GeoPoint, OfferId, OfferSchedule, PartnerId, StoreError,
    cities::CityArea,
    offers::{
        discount::DiscountKind,
        listing::Listing,
        store::{
            Columns, GeoBox, InCity, Near, OfferCursor, OfferOrder, OfferPosition, OfferQuery,
            Rank, Visibility,
        },
    },
    search_text,
};
use proptest::{collection::vec, prelude::*, sample::select};

use super::*;

use brute_force::{brute_force, counted};

mod brute_force;
mod by_name;
mod cities;
mod mapping;
mod suggesting;
mod typing;

const CITIES: [&str; 6] = ["Paris", "PARIS", "Saint-Denis", "saint denis", "Thé", ""];
const AREAS: [(&str, &str); 4] = [("FR", "75011"), ("FR", "93200"), ("RE", "97400"), ("", "")];
/// Of the moments of tests: offers begin and end on either side of hours and days.
const UNIT_MS: i64 = 20 * 60_000;
const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Words that begin like one another, with accents, and one that no offer has.
const WORDS: [&str; 10] = [
    "mojito",
    "Mojitos",
    "moka",
    "bière",
    "Bieres",
    "à",
    "thé",
    "théâtre",
    "le",
    "concert",
];

#[derive(Debug, Clone)]
enum Step {
    Put(Box<Listing>),
    Remove(u32),
    Pass(i64),
    Ask(Box<OfferQuery>),
}

fn offer_id(number: u32) -> OfferId {
    OfferId::derive("offer", &number.to_string())
}

fn place_id(number: u32) -> EstablishmentId {
    EstablishmentId::derive("establishment", &number.to_string())
}

fn schedule() -> impl Strategy<Value = OfferSchedule> {
    let times = vec!["00:00", "01:00", "02:20", "12:40", "23:40"];
    let ends = vec!["00:00", "01:20", "12:40", "24:00"];
    let days = prop::sample::subsequence(vec![1, 2, 3, 4, 5, 6, 7], 1..=7);
    (days, select(times), select(ends)).prop_map(|(weekdays, from, to)| OfferSchedule {
        weekdays,
        from: from.to_owned(),
        to: to.to_owned(),
    })
}

/// Around Paris, and wide ones, up to the 180th meridian.
fn area() -> impl Strategy<Value = GeoBox> {
    let paris = (0..40_u8, 0..20_u8, 0..40_u8, 0..20_u8).prop_map(|(x, high, y, wide)| {
        let (south, west) = (48.8 + f64::from(x) * 0.003, 2.3 + f64::from(y) * 0.004);
        GeoBox {
            south,
            west,
            north: south + f64::from(high) * 0.003,
            east: west + f64::from(wide) * 0.004,
        }
    });
    let corners = select(vec![
        (-90.0, -180.0, 90.0, -1.0),
        (40.0, 0.0, 50.0, 10.0),
        (-1.0, 179.0, 1.0, 180.0),
        (-1.0, -180.0, 1.0, -179.0),
        (89.0, 0.0, 90.0, 179.0),
    ]);
    let wide = corners.prop_map(|(south, west, north, east)| GeoBox {
        south,
        west,
        north,
        east,
    });
    prop_oneof![3 => paris, 1 => wide]
}

fn partner_id(number: u32) -> PartnerId {
    PartnerId::derive("partner", &number.to_string())
}

/// Few places, so that distances are equal; at the poles and on both sides of the 180th meridian.
fn place() -> impl Strategy<Value = GeoPoint> {
    let anywhere = (-90.0..=90.0_f64, -180.0..=180.0_f64).prop_map(|(lat, lng)| (lat, lng));
    let paris = (0..40_u8, 0..40_u8)
        .prop_map(|(x, y)| (48.8 + f64::from(x) * 0.003, 2.3 + f64::from(y) * 0.004));
    let odd = select(vec![
        (90.0, 0.0),
        (89.999, 179.0),
        (-90.0, 10.0),
        (0.0, 180.0),
        (0.001, -180.0),
        (0.0, 179.99),
        (48.85, 2.35),
    ]);
    prop_oneof![1 => anywhere, 6 => paris, 2 => odd].prop_map(|(lat, lng)| GeoPoint { lat, lng })
}

fn text() -> impl Strategy<Value = String> {
    vec(select(WORDS.to_vec()), 0..4).prop_map(|words| words.join(" "))
}

fn listing() -> impl Strategy<Value = Listing> {
    let facts = (
        0..60_u32,
        0..4_u32,
        place(),
        select(Category::ALL.to_vec()),
        0..=100_i32,
        prop::bool::weighted(0.9),
        prop::bool::weighted(0.1),
        prop::bool::weighted(0.9),
    );
    let times = (0..60_i64, 1..120_i64, 0..8_i64);
    let texts = (text(), text(), text(), text());
    let more = (
        0..8_u32,
        (select(CITIES.to_vec()), select(AREAS.to_vec())),
        select(DiscountKind::ALL.to_vec()),
        prop::option::of(schedule()),
        prop::option::of(0..=5_u8),
        select(vec![Category::Bar, Category::Club]),
    );
    (facts, times, texts, more).prop_map(|(facts, times, texts, more)| {
        let (number, partner, location, category, percentage, is_active, is_archived, is_listed) =
            facts;
        let (from, lasts, created) = times;
        let (title, description, partner_name, establishment_name) = texts;
        let (place, city, kind, schedule, stars, partner_category) = more;
        let (from, lasts) = (from * UNIT_MS, lasts * UNIT_MS);
        let created_at_ms = created * DAY_MS / 2;
        Listing {
            establishment_id: place_id(place),
            partner_category,
            rating: stars.map(|stars| f64::from(stars) * 0.77),
            city: city.0.to_owned(),
            city_area: CityArea::of(city.1.0, city.1.1),
            kind,
            schedule,
            id: offer_id(number),
            partner_id: partner_id(partner),
            location,
            category,
            percentage,
            is_active: is_active && !is_archived,
            is_archived,
            is_listed,
            valid_from_ms: from,
            valid_until_ms: from + lasts,
            created_at_ms,
            title,
            description,
            partner_name,
            establishment_name,
        }
    })
}

fn question() -> impl Strategy<Value = OfferQuery> {
    let search = vec(
        select(vec![
            "mo", "moj", "mojito", "b", "bi", "the", "le", "zz", "'", "mojto", "mjoito", "mojitoo",
            "xojito", "bierex", "theatr", "theqtre", "mojk", "conect",
        ]),
        0..3,
    )
    .prop_map(|words| words.join(" "));
    let reach = select(vec![
        0.0,
        0.2,
        2.0,
        10.0,
        50.0,
        25_000.0,
        f64::INFINITY,
        f64::NAN,
        -1.0,
    ]);
    let near = (place(), reach).prop_map(|(centre, max_distance_km)| Near {
        centre,
        max_distance_km,
    });
    let filters = (
        prop::option::weighted(0.7, near),
        vec(select(Category::ALL.to_vec()), 0..3),
        prop::option::weighted(0.4, 0..=101_i32),
        prop::option::weighted(0.4, search),
        prop::option::weighted(0.2, 0..5_u32),
        select(vec![
            Visibility::Public,
            Visibility::Public,
            Visibility::Portal,
            Visibility::All,
        ]),
    );
    let orders = [
        OfferOrder::Distance,
        OfferOrder::Discount,
        OfferOrder::Ending,
        OfferOrder::Rating,
        OfferOrder::Newest,
    ];
    let more = (
        prop::option::weighted(0.6, select(orders.to_vec())),
        prop::option::weighted(0.3, area()),
        vec(select(DiscountKind::ALL.to_vec()), 0..3),
        prop::option::weighted(0.2, -30..120_i64),
        prop::option::weighted(0.2, select(vec!["paris", "saint denis", "lyon"])),
        prop::option::weighted(0.2, 0..60_i64),
        prop::option::weighted(0.2, 0..4_i64),
        any::<bool>(),
    );
    let all = (filters, more, 0..7_usize, any::<bool>());
    all.prop_map(|(filters, more, first, counts)| {
        let (order, within, kinds, open_at, city, ends_before_hour, since, facets) = more;
        let (near, categories, min_discount, search, partner, include_inactive) = filters;
        OfferQuery {
            near,
            categories,
            min_discount,
            search,
            partner: partner.map(partner_id),
            include_inactive,
            order,
            within,
            kinds,
            open_at_ms: open_at.map(|at| at * UNIT_MS),
            city: city.map(|key| InCity::Named(key.to_owned())),
            ends_before_hour,
            created_since_day: since,
            facets,
            columns: if counts {
                Columns::EdgesAndTotal
            } else {
                Columns::Edges
            },
            ..OfferQuery::newest(first, 0)
        }
    })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => listing().prop_map(|listing| Step::Put(Box::new(listing))),
        1 => (0..60_u32).prop_map(Step::Remove),
        1 => (0..20_i64).prop_map(|units| Step::Pass(units * UNIT_MS + units % 2)),
        6 => question().prop_map(|question| Step::Ask(Box::new(question))),
    ]
}

/// Asks for every page.
fn check(index: &Index, offers: &BTreeMap<OfferId, Listing>, query: &OfferQuery) -> usize {
    let expected = brute_force(offers, query);
    let mut query = query.clone();
    let mut seen = 0;
    let mut asked = 0;
    loop {
        let page = index.answer(&query).unwrap();
        asked += 1;
        let end = (seen + query.first).min(expected.len());
        assert_eq!(page.items, expected[seen..end], "{query:?}");
        assert_eq!(page.has_next_page, expected.len() > end, "{query:?}");
        let all = expected.len() as u64;
        if let Some(total) = page.total {
            if total.is_exact {
                assert_eq!(total.count, all, "{query:?}");
            } else {
                let largest = index.limits.largest_exact_total;
                assert!(
                    (largest..=all).contains(&total.count),
                    "{total:?} {query:?}"
                );
            }
        }
        let facets = page.facets.map(|mut facets| {
            for (city, _) in &mut facets.cities {
                *city = search_text::city_key(city);
            }
            facets
        });
        assert_eq!(facets.is_some(), query.facets);
        if let Some(facets) = facets.filter(|facets| facets.is_exact) {
            assert_eq!(facets, counted(offers, &expected), "{query:?}");
        }
        seen = end;
        let Some(last) = page.items.last().filter(|_| page.has_next_page) else {
            return asked;
        };
        query.after = OfferCursor::decode(&last.cursor.encode());
        assert_eq!(query.after.as_ref(), Some(&last.cursor));
    }
}

fn play(steps: Vec<Step>, limits: Limits) -> usize {
    let mut index = Index {
        limits,
        ..Index::default()
    };
    let mut offers = BTreeMap::new();
    let mut now_ms = 0;
    let mut asked = 0;
    for step in steps {
        match step {
            Step::Put(listing) => {
                index.put(&listing, now_ms);
                offers.insert(listing.id.clone(), *listing);
            }
            Step::Remove(number) => {
                index.remove(&offer_id(number));
                offers.remove(&offer_id(number));
            }
            Step::Pass(ms) => now_ms += ms,
            Step::Ask(query) => {
                index.advance(now_ms);
                assert!(index.next_change_ms().is_none_or(|next| next > now_ms));
                asked += check(&index, &offers, &OfferQuery { now_ms, ..*query });
            }
        }
    }
    assert_eq!(index.size().offers, offers.len());
    asked
}

const ONE_BY_ONE: Limits = Limits {
    looked_at: u64::MAX,
    measured: u64::MAX,
    sparse: 16,
    places_measured: u64::MAX,
    fewest_to_clean: 5,
    words_cleaned_at_once: 3,
    largest_exact_total: 10_000,
};
const BY_THE_GRID: Limits = Limits {
    looked_at: 0,
    measured: 0,
    sparse: u64::MAX,
    places_measured: 0,
    largest_exact_total: 9,
    ..ONE_BY_ONE
};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// About 20,000 questions, with all their pages more.
    #[test]
    fn any_question_finds_what_brute_force_finds(steps in vec(step(), 0..140)) {
        for limits in [ONE_BY_ONE, BY_THE_GRID] {
            play(steps.clone(), limits);
        }
    }
}

fn simple(number: u32, from_ms: i64) -> Listing {
    Listing {
        id: offer_id(number),
        partner_id: partner_id(0),
        location: GeoPoint { lat: 0.0, lng: 0.0 },
        category: Category::Bar,
        percentage: 10,
        is_active: true,
        is_archived: false,
        is_listed: true,
        valid_from_ms: from_ms,
        valid_until_ms: 1_000_000,
        created_at_ms: 0,
        title: String::new(),
        description: String::new(),
        partner_name: String::new(),
        establishment_name: String::new(),
        establishment_id: place_id(0),
        partner_category: Category::Bar,
        rating: None,
        city: "Paris".to_owned(),
        city_area: CityArea::of("FR", "75011"),
        kind: DiscountKind::Percentage,
        schedule: None,
    }
}

#[test]
fn an_offer_that_is_edited_often_leaves_nothing_behind() {
    let mut index = Index {
        limits: ONE_BY_ONE,
        ..Index::default()
    };
    index.put(&simple(1, 50), 0);
    for now_ms in 0..1_000 {
        index.put(&simple(2, 0), now_ms);
        let changes = index.changes.len();
        assert!(changes < 40, "{changes} at {now_ms}");
    }
    index.advance(1_000);
    let query = OfferQuery::newest(9, 1_000);
    assert_eq!(index.answer(&query).unwrap().items.len(), 2);
}

#[test]
fn the_index_knows_an_offer_that_did_not_change() {
    let mut index = Index::default();
    let offer = simple(1, 0);
    assert!(!index.has(&offer));
    index.put(&offer, 0);
    assert!(index.has(&offer));
    let text = || "Galette".to_owned();
    let edits: [fn(&mut Listing, String); 14] = [
        |listing, text| listing.title = text,
        |listing, text| listing.description = text,
        |listing, text| listing.partner_name = text,
        |listing, text| listing.establishment_name = text,
        |listing, _| listing.location.lat = 1.0,
        |listing, _| listing.valid_until_ms += 1,
        |listing, _| listing.partner_id = partner_id(1),
        |listing, _| listing.establishment_id = place_id(1),
        |listing, _| listing.partner_category = Category::Club,
        |listing, _| listing.rating = Some(4.5),
        |listing, _| listing.city = "PARIS".to_owned(),
        |listing, _| listing.city_area = CityArea::of("US", ""),
        |listing, _| listing.kind = DiscountKind::TwoForOne,
        |listing, _| {
            let schedule = OfferSchedule {
                weekdays: vec![1],
                from: "10:00".to_owned(),
                to: "12:00".to_owned(),
            };
            listing.schedule = Some(schedule);
        },
    ];
    for change in edits {
        let mut changed = offer.clone();
        change(&mut changed, text());
        assert!(!index.has(&changed), "{changed:?}");
    }
    index.remove(&offer.id);
    assert!(!index.has(&offer));
}

#[test]
fn stop_words_do_not_empty_a_list() {
    let mut index = Index::default();
    let mut offer = simple(1, 0);
    offer.title = "Bar, vins".to_owned();
    index.put(&offer, 0);
    for (search, found) in [("le bar à vin", 1), ("de la", 0), ("le thé", 0)] {
        let query = OfferQuery {
            search: Some(search.to_owned()),
            ..OfferQuery::newest(9, 1)
        };
        assert_eq!(index.answer(&query).unwrap().items.len(), found, "{search}");
    }
}

#[test]
fn a_cursor_of_a_list_in_another_order_is_refused() {
    let index = Index::default();
    let created_at_ms = 1;
    let positions = [
        (
            OfferOrder::Distance,
            OfferPosition::Near { distance_km: 1.0 },
        ),
        (OfferOrder::Newest, OfferPosition::Newest { created_at_ms }),
        (
            OfferOrder::Ending,
            OfferPosition::Ending { valid_until_ms: 1 },
        ),
        (
            OfferOrder::Discount,
            OfferPosition::Discount {
                percentage: 1,
                created_at_ms,
            },
        ),
        (
            OfferOrder::Rating,
            OfferPosition::Rating {
                rating: 1,
                created_at_ms,
            },
        ),
    ];
    for (order, _) in positions {
        for (of_cursor, at) in positions {
            let query = OfferQuery {
                near: Some(Near {
                    centre: GeoPoint { lat: 0.0, lng: 0.0 },
                    max_distance_km: 1.0,
                }),
                order: Some(order),
                after: Some(OfferCursor {
                    rank: Rank::Title,
                    at,
                    id: offer_id(1),
                }),
                ..OfferQuery::newest(9, 1)
            };
            let answer = index.answer(&query);
            let is_refused = matches!(answer, Err(StoreError::ForeignCursor));
            assert_eq!(is_refused, order != of_cursor, "{order:?} {at:?}");
        }
    }
}
