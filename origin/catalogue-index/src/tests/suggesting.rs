//! What is found and suggested by name, against brute force.

use super::*;
use crate::{Suggested, Suggestion, stop_words};

/// Establishments by their number: the partner's number, the names of both, where it is, and how many offers
/// it shows.
type Venues = Vec<(u32, (String, String), GeoPoint, usize)>;

fn venues() -> impl Strategy<Value = Venues> {
    let partner = vec(text(), 4);
    let venue = (0..4_usize, text(), any::<bool>(), place(), 0..4_usize);
    (partner, vec(venue, 0..12)).prop_map(|(partners, venues)| {
        let venue = |one: (usize, String, bool, GeoPoint, usize)| {
            let (partner, name, is_like_partner, place, offers) = one;
            let of_partner = partners[partner].clone();
            let name = if is_like_partner {
                of_partner.clone()
            } else {
                name
            };
            (
                u32::try_from(partner).unwrap(),
                (of_partner, name),
                place,
                offers,
            )
        };
        venues.into_iter().map(venue).collect()
    })
}

fn filled(venues: &Venues, limits: Limits) -> Index {
    let mut index = Index {
        limits,
        ..Index::default()
    };
    let mut offer = 0;
    for (number, (partner, (partner_name, name), location, offers)) in (0..).zip(venues) {
        for _ in 0..*offers {
            offer += 1;
            let listing = Listing {
                partner_id: partner_id(*partner),
                establishment_id: place_id(number),
                partner_name: partner_name.clone(),
                establishment_name: name.clone(),
                location: *location,
                city: String::new(),
                ..simple(offer, 0)
            };
            // Each is put twice: the second one takes the place of the first.
            index.put(&listing, 0);
            index.put(&listing, 0);
        }
    }
    index
}

/// How well a name has all words of a text.
fn rank(name: &str, text: &str) -> Option<Rank> {
    let indexed = search_text::indexed(&[name]);
    let words = stop_words::required(text);
    let all = |has: &dyn Fn(&str, &str) -> bool| {
        let has = |word: &String| indexed.split(' ').any(|known| has(known, word));
        !words.is_empty() && words.iter().all(has)
    };
    if all(&|known, word| known.starts_with(word)) {
        Some(Rank::Title)
    } else if all(&typing::begins_almost) {
        Some(Rank::AlmostTitle)
    } else {
        None
    }
}

/// The partners with offers that a text finds: rank, number of offers, and number in the order in which the
/// index has learnt of them.
fn partners(venues: &Venues, text: &str) -> Vec<(Rank, std::cmp::Reverse<usize>, usize, u32)> {
    let mut known: Vec<(u32, &str, usize)> = Vec::new();
    for (partner, (name, _), _, offers) in venues.iter().filter(|(.., offers)| *offers > 0) {
        match known.iter_mut().find(|(number, ..)| number == partner) {
            Some((.., all)) => *all += offers,
            None => known.push((*partner, name, *offers)),
        }
    }
    let known = known.into_iter().enumerate();
    let found = known.filter_map(|(learnt, (partner, name, offers))| {
        Some((
            rank(name, text)?,
            std::cmp::Reverse(offers),
            learnt,
            partner,
        ))
    });
    let mut found: Vec<_> = found.collect();
    found.sort_unstable();
    found
}

/// The establishments with offers that a text finds.
fn places(venues: &Venues, text: &str, near: Option<&Near>) -> Vec<(Rank, u32)> {
    let found = (0..)
        .zip(venues)
        .filter_map(|(number, (_, (_, name), place, offers))| {
            let distance_km = near.map_or(0.0, |near| near.centre.distance_km(place));
            let is_near = near.is_none_or(|near| distance_km <= near.max_distance_km);
            let rank = rank(name, text).filter(|_| is_near && *offers > 0)?;
            Some((
                rank,
                distance_km.to_bits(),
                std::cmp::Reverse(*offers),
                number,
            ))
        });
    let mut found: Vec<_> = found.collect();
    found.sort_unstable();
    let found = found.into_iter();
    found.map(|(rank, _, _, number)| (rank, number)).collect()
}

fn check(venues: &Venues, text: &str, near: Option<&Near>, first: usize) {
    let (partners, places) = (partners(venues, text), places(venues, text, near));
    for limits in [ONE_BY_ONE, BY_THE_GRID] {
        let index = filled(venues, limits);
        let found = index.find_partners(text, None, first);
        let expected = partners.iter().take(first);
        let expected: Vec<_> = expected.map(|(.., number)| partner_id(*number)).collect();
        assert_eq!(
            (found.items, found.total),
            (expected, partners.len() as u64)
        );

        let found = index.find_places(text, near, first);
        let expected = places.iter().take(first);
        let expected: Vec<_> = expected.map(|(_, number)| place_id(*number)).collect();
        assert_eq!((found.items, found.total), (expected, places.len() as u64));
    }
}

/// Partners and establishments in turn, those that have the words as they are written first.
fn suggested(venues: &Venues, text: &str, near: Option<&Near>, first: usize) -> Vec<Suggested> {
    let partners = partners(venues, text)
        .into_iter()
        .map(|(rank, _, _, number)| {
            let of_partner = venues.iter().find(|(partner, ..)| *partner == number);
            let name = of_partner.unwrap().1.0.clone();
            (rank, Suggested::Partner(partner_id(number), name))
        });
    let has_own_name = |(_, number): &(Rank, u32)| {
        let (partner, place) = &venues[*number as usize].1;
        partner != place
    };
    let places = places(venues, text, near).into_iter().filter(has_own_name);
    let places = places.map(|(rank, number)| {
        let name = venues[number as usize].1.1.clone();
        (rank, Suggested::Establishment(place_id(number), name))
    });
    let kinds: [Vec<_>; 2] = [partners.take(first).collect(), places.take(first).collect()];
    let mut all = Vec::new();
    for rank in [Rank::Title, Rank::AlmostTitle] {
        let of_rank = kinds.each_ref().map(|kind| {
            let of_rank = kind.iter().filter(|(known, _)| *known == rank);
            of_rank.map(|(_, what)| what.clone()).collect::<Vec<_>>()
        });
        for turn in 0..first {
            all.extend(of_rank.iter().filter_map(|kind| kind.get(turn).cloned()));
        }
    }
    all.truncate(first);
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn names_are_found_and_suggested_as_brute_force_does(
        venues in venues(), centre in place(),
        reach in select(vec![0.2, 5.0, 50.0, f64::INFINITY]),
        is_near in any::<bool>(),
        text in select(vec!["mo", "moj", "mojto", "bi", "bier", "theatr", "theqtre", "concert mo", "le", ""]),
        first in 0..6_usize,
    ) {
        let near = is_near.then_some(Near { centre, max_distance_km: reach });
        check(&venues, text, near.as_ref(), first);
        let everywhere = is_near.then_some(Near { centre, max_distance_km: f64::INFINITY });
        let expected = suggested(&venues, text, everywhere.as_ref(), first);
        for limits in [ONE_BY_ONE, BY_THE_GRID] {
            let found = filled(&venues, limits).suggestions(text, is_near.then_some(centre), first);
            let found = found.into_iter().map(|Suggestion { what, .. }| what);
            // No category or city is named like this.
            prop_assert_eq!(found.collect::<Vec<_>>(), expected.clone());
        }
    }
}
