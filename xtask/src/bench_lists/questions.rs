//! The lists that are asked for. No two are the same, so no cache has one of them.

use serde_json::{Value, json};

use crate::http;

/// A kind of list.
#[derive(Debug)]
pub(super) struct Kind {
    pub(super) name: &'static str,
    /// The document that asks.
    pub(super) operation: &'static str,
    /// The p95 is to stay below this, in milliseconds, with 100,000 offers and with 1,000,000.
    pub(super) below_ms: [f64; 2],
    variables: fn(u32) -> Value,
    /// The path of the same list at the peer, if the peer has this kind.
    peer: Option<fn(u32) -> String>,
}

pub(super) const KINDS: [Kind; 12] = [
    Kind {
        name: "near, 10 km",
        operation: LIST,
        below_ms: [3.0, 4.0],
        variables: |number| of(&near(number, 10.0)),
        peer: Some(|number| peer_path(number, 10.0, None)),
    },
    Kind {
        name: "near, 10 km, a word",
        operation: LIST,
        below_ms: [5.0, 8.0],
        variables: |number| {
            of(&with(
                near(number, 10.0),
                "search",
                json!(pick(&WORDS, number)),
            ))
        },
        peer: None,
    },
    Kind {
        name: "near, 50 km, a category",
        operation: LIST,
        below_ms: [5.0, 8.0],
        variables: |number| {
            let category = pick(&CATEGORIES, number);
            of(&with(near(number, 50.0), "categories", json!([category])))
        },
        peer: Some(|number| peer_path(number, 50.0, Some(pick(&CATEGORIES, number)))),
    },
    Kind {
        name: "newest, a discount",
        operation: LIST,
        below_ms: [5.0, 8.0],
        variables: |number| {
            let input = json!({"minDiscount": pick(&DISCOUNTS, number), "first": FIRST});
            // Says nothing here, but makes it another question.
            of(&with(
                input,
                "maxDistance",
                json!(distance_km(number, 10.0)),
            ))
        },
        peer: None,
    },
    Kind {
        name: "near, 10 km, a typing error",
        operation: LIST,
        below_ms: [5.0, 8.0],
        variables: |number| {
            let typed = pick(&TYPING_ERRORS, number);
            of(&with(near(number, 10.0), "search", json!(typed)))
        },
        peer: None,
    },
    Kind {
        name: "near, 10 km, open now",
        operation: LIST,
        below_ms: [5.0, 8.0],
        variables: |number| of(&with(near(number, 10.0), "openNow", json!(true))),
        peer: None,
    },
    Kind {
        name: "near, 10 km, by discount",
        operation: LIST,
        below_ms: [5.0, 8.0],
        variables: |number| of(&with(near(number, 10.0), "orderBy", json!("DISCOUNT"))),
        peer: None,
    },
    Kind {
        name: "by rating, a box",
        operation: LIST,
        below_ms: [5.0, 8.0],
        variables: |number| {
            let input = json!({"box": around(number, 0.02), "orderBy": "RATING", "first": FIRST});
            of(&input)
        },
        peer: None,
    },
    Kind {
        name: "ending within a week",
        operation: LIST,
        below_ms: [5.0, 8.0],
        variables: |number| {
            let input = json!({"endingWithinHours": 168, "orderBy": "ENDING", "first": FIRST});
            of(&with(
                input,
                "maxDistance",
                json!(distance_km(number, 10.0)),
            ))
        },
        peer: None,
    },
    Kind {
        name: "facets, 10 km",
        operation: "ListFacets",
        below_ms: [5.0, 8.0],
        variables: |number| of(&near(number, 10.0)),
        peer: None,
    },
    Kind {
        name: "clusters, 0.1 degrees",
        operation: "ListClusters",
        below_ms: [5.0, 8.0],
        variables: |number| json!({"box": around(number, 0.05), "zoom": 12}),
        peer: None,
    },
    Kind {
        name: "partners, 10 km",
        operation: "ListPartners",
        below_ms: [5.0, 8.0],
        variables: |number| of(&near(number, 10.0)),
        peer: None,
    },
];

/// The document of most lists.
const LIST: &str = "ListOffers";

/// Offers on a page.
pub(super) const FIRST: u32 = 20;

/// Frequent and rare ones, with and without an accent, whole and begun, and two at once.
const WORDS: [&str; 8] = [
    "menu",
    "cocktail",
    "crêp",
    "séance",
    "élise",
    "bowl",
    "bar vins",
    "déjeuner",
];
/// Letters missing, doubled, replaced and exchanged.
const TYPING_ERRORS: [&str; 6] = [
    "coktail",
    "mneu",
    "séannce",
    "bowll",
    "brasserje",
    "dejeuenr",
];
const CATEGORIES: [&str; 8] = [
    "BAR",
    "RESTAURANT",
    "CLUB",
    "CINEMA",
    "SPORT",
    "LEISURE",
    "EVENT",
    "OTHER",
];
/// In percent: some that many offers have, and some that lie between those that offers have.
const DISCOUNTS: [u32; 6] = [15, 20, 30, 35, 40, 45];

impl Kind {
    /// The variables of the list of this number.
    pub(super) fn variables(&self, number: u32) -> String {
        (self.variables)(number).to_string()
    }

    pub(super) fn peer_path(&self, number: u32) -> Option<String> {
        self.peer.map(|path| path(number))
    }
}

fn of(input: &Value) -> Value {
    json!({"input": input})
}

/// A box so many degrees to each side of a place, and a little more for each number.
fn around(number: u32, degrees: f64) -> Value {
    let (lat, lng) = place(number);
    let degrees = degrees + f64::from(number) / 1e9;
    json!({"south": lat - degrees, "west": lng - degrees, "north": lat + degrees, "east": lng + degrees})
}

fn near(number: u32, most_km: f64) -> Value {
    let (lat, lng) = place(number);
    json!({
        "location": {"lat": lat, "lng": lng},
        "maxDistance": distance_km(number, most_km),
        "first": FIRST,
    })
}

fn with(mut input: Value, name: &str, value: Value) -> Value {
    input[name] = value;
    input
}

fn peer_path(number: u32, most_km: f64, category: Option<&str>) -> String {
    let (lat, lng) = place(number);
    let km = distance_km(number, most_km);
    let category = category.map_or(String::new(), |category| {
        format!("&category={}", http::percent_encode(category))
    });
    format!("/near?lat={lat}&lng={lng}&km={km}{category}")
}

/// A place in Paris. The places of consecutive numbers lie apart, and all together lie evenly: multiples
/// of two irrational numbers, modulo 1.
fn place(number: u32) -> (f64, f64) {
    let share = |step: f64| (f64::from(number) * step).fract();
    let rounded = |degrees: f64| (degrees * 1e5).round() / 1e5;
    let lat = 48.815 + 0.09 * share(0.754_877_666_246_693);
    let lng = 2.25 + 0.17 * share(0.569_840_290_998_053);
    (rounded(lat), rounded(lng))
}

/// The origin moves places to the middle of their cells, so it is the distance that makes each list
/// another one: millimetres less for each.
fn distance_km(number: u32, most_km: f64) -> f64 {
    most_km - f64::from(number) / 1e6
}

fn pick<T: Copy>(all: &[T], number: u32) -> T {
    all[number as usize % all.len()]
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::KINDS;

    #[test]
    fn no_two_lists_are_the_same() {
        for kind in &KINDS {
            let all: HashSet<String> = (0..10_000).map(|number| kind.variables(number)).collect();
            assert_eq!(all.len(), 10_000, "{}", kind.name);
        }
    }

    #[test]
    fn the_peer_is_asked_for_the_same_list() {
        let category = &KINDS[2];
        let expected = r#"{"input":{"location":{"lat":48.83882,"lng":2.37062},"maxDistance":49.999997,"first":20,"categories":["CINEMA"]}}"#;
        assert_eq!(category.variables(3), expected);
        let path = "/near?lat=48.83882&lng=2.37062&km=49.999997&category=CINEMA";
        assert_eq!(category.peer_path(3).as_deref(), Some(path));
    }
}
