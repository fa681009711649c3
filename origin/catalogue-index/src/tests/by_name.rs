//! Partners and establishments by name and by distance, against brute force.

use super::*;
use domain::partners::store::NearCursor;

/// What tests vary: many listings of few partners.
fn filled(listings: Vec<Listing>) -> (Index, BTreeMap<OfferId, Listing>) {
    let (mut index, mut offers) = (Index::default(), BTreeMap::new());
    // As stores have it: one place and one name for each.
    for mut listing in listings {
        let same = |other: &&Listing| other.establishment_id == listing.establishment_id;
        if let Some(other) = offers.values().find(same) {
            listing.location = other.location;
            listing.partner_id = other.partner_id.clone();
        }
        let of_partner = |other: &&Listing| other.partner_id == listing.partner_id;
        if let Some(other) = offers.values().find(of_partner) {
            listing.partner_category = other.partner_category;
        }
        index.put(&listing, 0);
        offers.insert(listing.id.clone(), listing);
    }
    index.advance(20 * UNIT_MS);
    (index, offers)
}

pub(super) fn is_shown(listing: &Listing) -> bool {
    let now_ms = 20 * UNIT_MS;
    listing.is_active
        && listing.is_listed
        && listing.valid_from_ms <= now_ms
        && now_ms < listing.valid_until_ms
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn partners_near_a_place_are_as_far_as_their_nearest_offer(
        listings in vec(listing(), 0..60), centre in place(),
        reach in select(vec![0.2, 5.0, 50.0, 25_000.0]),
        category in prop::option::of(select(vec![Category::Bar, Category::Club])),
        first in 1..4_usize,
    ) {
        let (index, offers) = filled(listings);
        let mut nearest: BTreeMap<PartnerId, f64> = BTreeMap::new();
        for offer in offers.values().filter(|offer| is_shown(offer)) {
            let distance_km = centre.distance_km(&offer.location);
            let is_one = category.is_none_or(|category| offer.partner_category == category);
            if is_one && distance_km <= reach {
                let known = nearest.entry(offer.partner_id.clone()).or_insert(distance_km);
                *known = known.min(distance_km);
            }
        }
        let mut expected: Vec<(PartnerId, f64)> = nearest.into_iter().collect();
        expected.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
        let mut query = PartnersNear {
            near: Near { centre, max_distance_km: reach },
            category,
            search: None,
            first,
            after: None,
        };
        let mut found = Vec::new();
        loop {
            let page = index.partners_near(&query);
            prop_assert_eq!(page.total.count, expected.len() as u64);
            prop_assert!(page.total.is_exact);
            found.extend(page.items.clone());
            prop_assert_eq!(page.has_next_page, found.len() < expected.len());
            if !page.has_next_page {
                break;
            }
            let (id, distance_km) = page.items.last().unwrap().clone();
            let after = NearCursor { distance_km, id };
            query.after = NearCursor::decode(&after.encode());
        }
        prop_assert_eq!(found, expected);
    }
}

fn named(number: u32, partner: u32, names: (&str, &str), city: &str) -> Listing {
    Listing {
        partner_id: partner_id(partner),
        establishment_id: place_id(number),
        partner_name: names.0.to_owned(),
        establishment_name: names.1.to_owned(),
        city: city.to_owned(),
        ..simple(number, 0)
    }
}

#[test]
fn what_has_offers_is_found_by_its_name_and_forgotten_with_its_last_one() {
    let mut index = Index::default();
    index.put(&named(1, 1, ("Chez Élise", "Chez Élise"), "Paris"), 0);
    index.put(&named(2, 1, ("Chez Élise", "Élise Bastille"), "Paris"), 0);
    index.put(&named(3, 2, ("Elisa", "Elisa"), "Élisabethville"), 0);
    let mut far = named(4, 3, ("Le Bar", "Élise au bar"), "Lyon");
    far.location = GeoPoint {
        lat: 45.0,
        lng: 4.0,
    };
    index.put(&far, 0);

    let found = index.find_partners("elise", None, 5);
    assert_eq!(
        (found.total, found.items),
        (2, vec![partner_id(1), partner_id(2)])
    );
    let bars = index.find_partners("elise", Some(Category::Club), 5);
    assert_eq!((bars.total, bars.items), (0, vec![]));
    let near = Near {
        centre: GeoPoint {
            lat: 45.0,
            lng: 4.0,
        },
        max_distance_km: f64::INFINITY,
    };
    let places = index.find_places("élise", Some(&near), 1);
    assert_eq!((places.total, places.items), (4, vec![place_id(4)]));

    let texts = |index: &Index, text: &str| -> Vec<String> {
        let all = index.suggestions(text, None, 10).into_iter();
        all.map(|one| match one.what {
            Suggested::Category(category) => category.as_str().to_owned(),
            Suggested::City(name) => format!("city {name}"),
            Suggested::Partner(_, name) => name,
            Suggested::Establishment(_, name) => format!("at {name}"),
        })
        .collect()
    };
    assert_eq!(
        texts(&index, "elis"),
        [
            "city Élisabethville",
            "Chez Élise",
            "at Élise Bastille",
            "Elisa",
            "at Élise au bar"
        ]
    );
    assert_eq!(
        texts(&index, "ba"),
        ["BAR", "Le Bar", "at Élise Bastille", "at Élise au bar"]
    );
    assert_eq!(texts(&index, "lyno"), ["city Lyon"]);
    assert_eq!(texts(&index, ""), [""; 0]);

    // A new name is found, the old one is not.
    index.put(&named(3, 2, ("Chez Zoé", "Zoé"), "Paris"), 0);
    assert_eq!(texts(&index, "zoe"), ["Chez Zoé", "at Zoé"]);
    assert_eq!(index.find_partners("elisa", None, 5).items, [partner_id(1)]);
    for number in 1..=4 {
        index.remove(&offer_id(number));
    }
    assert_eq!(texts(&index, "elise"), [""; 0]);
    assert_eq!(index.find_places("elise", None, 5).total, 0);
}
