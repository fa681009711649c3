//! Cities and the partners in them, against brute force.

use std::collections::BTreeSet;

use domain::{
    partners::store::PartnerCursor,
    site::cities::CityCursor,
    slugs::{self, Slug},
};

use super::{by_name::is_shown, *};

/// Partners have one of these, and are renamed.
const NAMES: [&str; 5] = ["Zoé", "ana", "Ána", "Le Bar", ""];

/// What the index should say of a city.
#[derive(Debug, Default)]
struct Expected {
    /// How many offers have each spelling.
    texts: BTreeMap<String, u64>,
    partners: BTreeSet<PartnerId>,
    lats: Vec<f64>,
    lngs: Vec<f64>,
}

fn slug_of(listing: &Listing) -> Option<Slug> {
    domain::cities::slug(&listing.city, listing.city_area)
}

fn expected(offers: &BTreeMap<OfferId, Listing>) -> BTreeMap<Slug, Expected> {
    let mut cities: BTreeMap<Slug, Expected> = BTreeMap::new();
    for offer in offers.values().filter(|offer| is_shown(offer)) {
        let Some(slug) = slug_of(offer) else { continue };
        let city = cities.entry(slug).or_default();
        *city.texts.entry(offer.city.clone()).or_default() += 1;
        city.partners.insert(offer.partner_id.clone());
        city.lats.push(offer.location.lat);
        city.lngs.push(offer.location.lng);
    }
    cities
}

fn is_mean(found: f64, all: &[f64]) -> bool {
    let number = f64::from(u32::try_from(all.len()).unwrap());
    (found - all.iter().sum::<f64>() / number).abs() < 2e-6
}

/// How well a city's name has the words of a search.
fn name_rank(name: &str, search: Option<&str>) -> Option<Rank> {
    let Some(search) = search else {
        return Some(Rank::Title);
    };
    let words = stop_words::required(search);
    let name = search_text::indexed(&[name]);
    let all = |begins: &dyn Fn(&str, &str) -> bool| {
        let has = |word: &String| name.split(' ').any(|known| begins(known, word));
        !words.is_empty() && words.iter().all(has)
    };
    if all(&|known, word| known.starts_with(word)) {
        Some(Rank::Title)
    } else {
        all(&typing::begins_almost).then_some(Rank::AlmostTitle)
    }
}

fn check_cities(
    index: &Index,
    cities: &BTreeMap<Slug, Expected>,
    search: Option<&str>,
    first: usize,
) {
    let ranked = cities.iter().filter_map(|(slug, city)| {
        let name = city.texts.keys().next().unwrap();
        Some((name_rank(name, search)?, slug))
    });
    let mut expected: Vec<_> = ranked.collect();
    expected.sort();
    let mut asked = CitiesAsked {
        search: search.map(ToOwned::to_owned),
        first,
        after: None,
    };
    let mut seen = Vec::new();
    loop {
        let page = index.cities(&asked);
        assert_eq!(page.total, expected.len() as u64, "{search:?}");
        for (found, cursor) in &page.items {
            let city = &cities[&found.slug];
            let most = city.texts.values().max().unwrap();
            assert_eq!(city.texts[&found.name], *most, "{found:?}");
            assert_eq!(found.offers, city.lats.len() as u64);
            assert_eq!(found.partners, city.partners.len() as u64);
            assert!(is_mean(found.centre.lat, &city.lats), "{found:?} {city:?}");
            assert!(is_mean(found.centre.lng, &city.lngs), "{found:?} {city:?}");
            assert_eq!(index.city(&found.slug).as_ref(), Some(found));
            seen.push((cursor.rank, found.slug.clone()));
        }
        assert_eq!(page.has_next_page, seen.len() < expected.len());
        let Some((_, last)) = page.items.last().filter(|_| page.has_next_page) else {
            break;
        };
        asked.after = CityCursor::decode(&last.encode());
    }
    let expected: Vec<_> = expected
        .into_iter()
        .map(|(rank, slug)| (rank, slug.clone()))
        .collect();
    assert_eq!(seen, expected, "{search:?}");
}

fn check_partners(
    index: &Index,
    slug: &Slug,
    city: &Expected,
    names: &BTreeMap<PartnerId, &str>,
    first: usize,
) {
    let name = |id: &PartnerId| search_text::fold(names[id]);
    let mut expected: Vec<_> = city.partners.iter().map(|id| (name(id), id)).collect();
    expected.sort();
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = index.partners_in(slug, first, after.as_ref());
        assert_eq!(page.total, expected.len() as u64);
        assert!(page.items.len() <= first);
        seen.extend(page.items.iter().map(|(id, _)| id.clone()));
        assert_eq!(page.has_next_page, seen.len() < expected.len());
        let Some((_, last)) = page.items.last().filter(|_| page.has_next_page) else {
            break;
        };
        after = PartnerCursor::decode(&last.encode());
        assert!(after.is_some());
    }
    assert!(seen.iter().eq(expected.iter().map(|(_, id)| *id)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn cities_are_those_of_the_offers_that_are_shown(
        listings in vec((0..4_u32, select(&NAMES), listing()), 0..80), removed in vec(0..60_u32, 0..10), first in 1..4_usize,
        search in select(vec!["saint", "paris", "pari", "pairs", "denis saint", "dnis", "the", "le", "zz", ""]),
    ) {
        let (mut index, mut offers, mut names) = (Index::default(), BTreeMap::new(), BTreeMap::new());
        for (partner, name, mut listing) in listings {
            listing.partner_id = partner_id(partner);
            name.clone_into(&mut listing.partner_name);
            names.insert(partner_id(partner), name);
            index.put(&listing, 0);
            offers.insert(listing.id.clone(), listing);
        }
        for number in removed {
            index.remove(&offer_id(number));
            offers.remove(&offer_id(number));
        }
        index.advance(20 * UNIT_MS);
        let cities = expected(&offers);
        check_cities(&index, &cities, None, first);
        check_cities(&index, &cities, Some(search), first);
        for (slug, city) in &cities {
            check_partners(&index, slug, city, &names, first);
            let query = OfferQuery {
                city: Some(InCity::Page(slug.clone())),
                columns: Columns::EdgesAndTotal,
                facets: true,
                ..OfferQuery::newest(first, 20 * UNIT_MS)
            };
            check(&index, &offers, &query);
        }
    }
}

#[test]
fn a_name_alone_leads_to_the_largest_city_of_that_name() {
    let mut index = Index::default();
    let slug = |text: &str| slugs::Slug::parse(text).unwrap();
    let found = |index: &Index, text: &str| index.city(&slug(text)).map(|city| city.slug);
    let areas = [("FR", "93200"), ("FR", "97400"), ("FR", "97400")];
    for (number, (country, postcode)) in (1..).zip(areas) {
        let mut listing = simple(number, 0);
        listing.city = "Saint-Denis".to_owned();
        listing.city_area = CityArea::of(country, postcode);
        index.put(&listing, 0);
    }
    assert_eq!(found(&index, "saint-denis"), Some(slug("saint-denis-974")));
    assert_eq!(
        found(&index, "saint-denis-93"),
        Some(slug("saint-denis-93"))
    );
    // Equally many: always the same one.
    index.remove(&offer_id(3));
    assert_eq!(found(&index, "saint-denis"), Some(slug("saint-denis-93")));
    for nobody in ["saint", "denis", "saint-denis-75", "93"] {
        assert_eq!(found(&index, nobody), None, "{nobody}");
    }
    index.remove(&offer_id(1));
    index.remove(&offer_id(2));
    assert_eq!(found(&index, "saint-denis-93"), None);
    assert_eq!(found(&index, "saint-denis"), None);
}
