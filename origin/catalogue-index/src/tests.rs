//! The index against brute force: any question at any moment, after any changes.

use std::collections::BTreeMap;

use domain::{
    Category, GeoPoint, OfferId, PartnerId, StoreError,
    offers::{
        listing::Listing,
        store::{Columns, Near, OfferCursor, OfferQuery, Rank, Visibility},
    },
    search_text,
};
use proptest::{collection::vec, prelude::*, sample::select};

use super::*;

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
    );
    let times = (0..60_i64, 1..60_i64, 0..8_i64);
    let texts = (text(), text(), text(), text());
    (facts, times, texts).prop_map(|(facts, times, texts)| {
        let (number, partner, location, category, percentage, is_active, is_archived) = facts;
        let (from, lasts, created_at_ms) = times;
        let (title, description, partner_name, establishment_name) = texts;
        Listing {
            id: offer_id(number),
            partner_id: partner_id(partner),
            location,
            category,
            percentage,
            is_active: is_active && !is_archived,
            is_archived,
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
            "mo", "moj", "mojito", "b", "bi", "the", "le", "zz", "'",
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
    (filters, 0..7_usize, any::<bool>()).prop_map(|(filters, first, counts)| {
        let (near, categories, min_discount, search, partner, include_inactive) = filters;
        OfferQuery {
            near,
            categories,
            min_discount,
            search,
            partner: partner.map(partner_id),
            include_inactive,
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
        1 => (0..20_i64).prop_map(Step::Pass),
        6 => question().prop_map(|question| Step::Ask(Box::new(question))),
    ]
}

/// Whether an offer matches a search, and how well.
fn rank(listing: &Listing, search: Option<&str>) -> Option<Rank> {
    let Some(search) = search else {
        return Some(Rank::Title);
    };
    let words = stop_words::required(search);
    let has = |texts: &[&str], word: &String| {
        let indexed = search_text::indexed(texts);
        indexed
            .split(' ')
            .any(|known| known.starts_with(word.as_str()))
    };
    let everything = [
        listing.title.as_str(),
        &listing.description,
        &listing.partner_name,
        &listing.establishment_name,
    ];
    if words.is_empty() || !words.iter().all(|word| has(&everything, word)) {
        None
    } else if words.iter().all(|word| has(&[&listing.title], word)) {
        Some(Rank::Title)
    } else {
        Some(Rank::Text)
    }
}

/// All that a question finds, in order.
fn brute_force(offers: &BTreeMap<OfferId, Listing>, query: &OfferQuery) -> Vec<Hit> {
    let mut found: Vec<(Rank, f64, i64, &Listing)> = Vec::new();
    for offer in offers.values() {
        let is_visible = match query.include_inactive {
            Visibility::Public => {
                offer.is_active
                    && offer.valid_from_ms <= query.now_ms
                    && query.now_ms < offer.valid_until_ms
            }
            Visibility::Portal => !offer.is_archived,
            Visibility::All => true,
        };
        let is_wanted = is_visible
            && (query.categories.is_empty() || query.categories.contains(&offer.category))
            && query
                .min_discount
                .is_none_or(|least| offer.percentage >= least)
            && query
                .partner
                .as_ref()
                .is_none_or(|partner| offer.partner_id == *partner);
        let distance_km = query
            .near
            .as_ref()
            .map_or(0.0, |near| near.centre.distance_km(&offer.location));
        let is_near = query
            .near
            .as_ref()
            .is_none_or(|near| distance_km <= near.max_distance_km);
        if let Some(rank) = rank(offer, query.search.as_deref())
            && is_wanted
            && is_near
        {
            found.push((rank, distance_km, offer.created_at_ms, offer));
        }
    }
    let is_near = query.near.is_some();
    found.sort_by(|a, b| {
        let by_place = if is_near {
            a.1.total_cmp(&b.1).then_with(|| a.3.id.cmp(&b.3.id))
        } else {
            b.2.cmp(&a.2).then_with(|| b.3.id.cmp(&a.3.id))
        };
        a.0.cmp(&b.0).then(by_place)
    });
    let hit = |(rank, distance_km, _, offer): (Rank, f64, i64, &Listing)| Hit {
        id: offer.id.clone(),
        distance_km: is_near.then_some(distance_km),
        rank,
    };
    found.into_iter().map(hit).collect()
}

fn cursor(hit: &Hit, offers: &BTreeMap<OfferId, Listing>) -> OfferCursor {
    let id = hit.id.clone();
    let cursor = match hit.distance_km {
        Some(distance_km) => OfferCursor::Near {
            rank: hit.rank,
            distance_km,
            id,
        },
        None => OfferCursor::Newest {
            rank: hit.rank,
            created_at_ms: offers[&hit.id].created_at_ms,
            id,
        },
    };
    OfferCursor::decode(&cursor.encode()).unwrap()
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
        if let Some(total) = page.total {
            let all = expected.len() as u64;
            if total.is_exact {
                assert_eq!(total.count, all, "{query:?}");
            } else {
                assert_eq!(total.count, index.limits.largest_exact_total);
                assert!(total.count < all, "{query:?}");
            }
        }
        seen = end;
        let Some(last) = page.items.last().filter(|_| page.has_next_page) else {
            return asked;
        };
        query.after = Some(cursor(last, offers));
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
    fewest_to_clean: 5,
    words_cleaned_at_once: 3,
    largest_exact_total: 10_000,
};
const BY_THE_GRID: Limits = Limits {
    looked_at: 0,
    measured: 0,
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
        valid_from_ms: from_ms,
        valid_until_ms: 1_000_000,
        created_at_ms: 0,
        title: String::new(),
        description: String::new(),
        partner_name: String::new(),
        establishment_name: String::new(),
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
    let edits: [fn(&mut Listing, String); 7] = [
        |listing, text| listing.title = text,
        |listing, text| listing.description = text,
        |listing, text| listing.partner_name = text,
        |listing, text| listing.establishment_name = text,
        |listing, _| listing.location.lat = 1.0,
        |listing, _| listing.valid_until_ms += 1,
        |listing, _| listing.partner_id = partner_id(1),
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
    let id = || offer_id(1);
    let by_distance = OfferCursor::Near {
        rank: Rank::Title,
        distance_km: 1.0,
        id: id(),
    };
    let by_time = OfferCursor::Newest {
        rank: Rank::Title,
        created_at_ms: 1,
        id: id(),
    };
    let near = Near {
        centre: GeoPoint { lat: 0.0, lng: 0.0 },
        max_distance_km: 1.0,
    };
    for (near, after) in [(None, by_distance), (Some(near), by_time)] {
        let query = OfferQuery {
            near,
            after: Some(after),
            ..OfferQuery::newest(9, 1)
        };
        let refused = index.answer(&query);
        assert!(
            matches!(refused, Err(StoreError::ForeignCursor)),
            "{query:?}"
        );
    }
}
