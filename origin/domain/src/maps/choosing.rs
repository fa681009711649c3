//! Which of the places that an address may mean it means.

use super::{Candidate, Precision};
use crate::{Address, GeoPoint};

/// The most candidates that somebody chooses from.
pub const MOST_CANDIDATES: usize = 5;
/// Buildings that are no farther apart are one place: a house and the shop in it, in kilometres.
const ONE_PLACE_KM: f64 = 0.05;

/// What an address means.
#[derive(Clone, Debug, PartialEq)]
pub enum Meaning {
    Here(GeoPoint),
    /// One of these, or none: somebody has to choose.
    OneOf(Vec<Candidate>),
    Nothing,
}

impl Meaning {
    /// Chooses among what a map service found, the likeliest first. A place counts only if it is a
    /// building with the postcode and in the country that were asked for: services also answer with
    /// what is merely similar.
    pub fn of(address: &Address, found: Vec<Candidate>) -> Self {
        let exact = |candidate: &&Candidate| {
            candidate.precision == Precision::Building && is_of(address, candidate)
        };
        let mut exact = found.iter().filter(exact);
        let first = exact.next().map(|candidate| candidate.location);
        let is_one =
            |first: &GeoPoint| exact.all(|other| other.location.distance_km(first) <= ONE_PLACE_KM);
        match first.filter(is_one) {
            Some(here) => Self::Here(here),
            None if found.is_empty() => Self::Nothing,
            None => Self::OneOf(found.into_iter().take(MOST_CANDIDATES).collect()),
        }
    }
}

/// Whether nothing that is known of a place contradicts the address.
fn is_of(address: &Address, candidate: &Candidate) -> bool {
    let agrees = |asked: &str, found: Option<&String>| {
        found.is_none_or(|found| plain(asked) == plain(found))
    };
    agrees(&address.postcode, candidate.postcode.as_ref())
        && agrees(&address.country, candidate.country.as_ref())
}

/// As it is compared: postcodes are written with and without spaces.
fn plain(text: &str) -> String {
    let kept = text.chars().filter(|char| char.is_alphanumeric());
    kept.flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked() -> Address {
        Address {
            street: "2 rue de Rivoli".into(),
            city: "Paris".into(),
            postcode: "75 004".into(),
            country: "FR".into(),
        }
    }

    fn candidate(lat: f64, postcode: &str, precision: Precision) -> Candidate {
        Candidate {
            address: format!("2 rue de Rivoli, {postcode} Paris"),
            location: GeoPoint { lat, lng: 2.35 },
            precision,
            postcode: (!postcode.is_empty()).then(|| postcode.to_owned()),
            country: Some("FR".into()),
        }
    }

    /// Latitude, postcode and precision.
    type Found = (f64, &'static str, Precision);

    #[test]
    fn one_building_of_the_postcode_is_meant() {
        use Precision::{Area, Building};
        let here = GeoPoint {
            lat: 48.85,
            lng: 2.35,
        };
        let cases: &[(&[Found], Option<GeoPoint>)] = &[
            (&[(48.85, "75004", Building)], Some(here)),
            (&[(48.85, "", Building)], Some(here)),
            // 33 m apart, then 111 m.
            (
                &[(48.85, "75004", Building), (48.8503, "75004", Building)],
                Some(here),
            ),
            (
                &[(48.85, "75004", Building), (48.851, "75004", Building)],
                None,
            ),
            // The likeliest is no building, or is elsewhere.
            (
                &[(48.9, "75004", Area), (48.85, "75004", Building)],
                Some(here),
            ),
            (
                &[(45.7, "69001", Building), (48.85, "75004", Building)],
                Some(here),
            ),
            (&[(48.85, "75004", Area)], None),
            (&[(45.7, "69001", Building)], None),
        ];
        for (found, expected) in cases {
            let found = found
                .iter()
                .map(|(lat, code, how)| candidate(*lat, code, *how));
            let found: Vec<_> = found.collect();
            let meaning = Meaning::of(&asked(), found.clone());
            let expected = expected.map_or_else(|| Meaning::OneOf(found.clone()), Meaning::Here);
            assert_eq!(meaning, expected, "{found:?}");
        }
    }

    #[test]
    fn a_place_in_another_country_is_not_meant() {
        let mut abroad = candidate(48.85, "75004", Precision::Building);
        abroad.country = Some("US".into());
        let meaning = Meaning::of(&asked(), vec![abroad.clone()]);
        assert_eq!(meaning, Meaning::OneOf(vec![abroad]));
    }

    #[test]
    fn nobody_chooses_from_many_or_from_none() {
        assert_eq!(Meaning::of(&asked(), vec![]), Meaning::Nothing);
        let many = vec![candidate(48.85, "75004", Precision::Area); 9];
        let Meaning::OneOf(some) = Meaning::of(&asked(), many) else {
            panic!("a choice");
        };
        assert_eq!(some.len(), MOST_CANDIDATES);
    }
}
