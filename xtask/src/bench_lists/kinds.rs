//! The kinds of lists that are measured: every filter, order and count, and every list of something else.

use serde_json::{Value, json};

use super::questions::{
    CATEGORIES, DISCOUNTS, FIRST, TYPING_ERRORS, WORDS, around, distance_km, near, of, peer_path,
    pick, quarter, spelt, typed, with,
};

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

/// What most kinds have to stay below.
const BELOW_MS: [f64; 2] = [5.0, 8.0];

/// A list of offers.
const fn offers(name: &'static str, variables: fn(u32) -> Value) -> Kind {
    by(name, "ListOffers", variables)
}

const fn by(name: &'static str, operation: &'static str, variables: fn(u32) -> Value) -> Kind {
    Kind {
        name,
        operation,
        below_ms: BELOW_MS,
        variables,
        peer: None,
    }
}

impl Kind {
    const fn beside(self, peer: fn(u32) -> String) -> Self {
        Self {
            peer: Some(peer),
            ..self
        }
    }

    const fn below(self, below_ms: [f64; 2]) -> Self {
        Self { below_ms, ..self }
    }

    /// The variables of the list of this number.
    pub(super) fn variables(&self, number: u32) -> String {
        (self.variables)(number).to_string()
    }

    pub(super) fn peer_path(&self, number: u32) -> Option<String> {
        self.peer.map(|path| path(number))
    }
}

/// What says nothing in a list without a place, but makes it another question.
fn everywhere(number: u32, input: Value) -> Value {
    of(&with(
        input,
        "maxDistance",
        json!(distance_km(number, 10.0)),
    ))
}

fn nearby(number: u32, name: &str, value: Value) -> Value {
    of(&with(near(number, 10.0), name, value))
}

fn within(number: u32, order: &str) -> Value {
    of(&json!({"box": around(number, 0.02), "orderBy": order, "first": FIRST}))
}

#[rustfmt::skip]
pub(super) const KINDS: [Kind; 28] = [
    offers("near, 10 km", |number| of(&near(number, 10.0)))
        .beside(|number| peer_path(number, 10.0, None))
        .below([3.0, 4.0]),
    offers("near, 10 km, a word", |number| {
        nearby(number, "search", json!(pick(&WORDS, number)))
    }),
    offers("near, 50 km, a category", |number| {
        let category = pick(&CATEGORIES, number);
        of(&with(near(number, 50.0), "categories", json!([category])))
    })
    .beside(|number| peer_path(number, 50.0, Some(pick(&CATEGORIES, number)))),
    offers("near, 10 km, a typing error", |number| {
        nearby(number, "search", json!(pick(&TYPING_ERRORS, number)))
    }),
    offers("near, 10 km, open now", |number| nearby(number, "openNow", json!(true))),
    offers("near, 10 km, open at a time", |number| {
        nearby(number, "openAt", json!(quarter(number)))
    }),
    // The sample's discounts are all percentages.
    offers("near, 10 km, a kind of discount", |number| {
        nearby(number, "discountKinds", json!(["TWO_FOR_ONE", "PERCENTAGE"]))
    }),
    offers("near, 10 km, new", |number| nearby(number, "newWithinDays", json!(90))),
    offers("near, 10 km, in a city", |number| nearby(number, "city", json!("PARIS"))),
    offers("near, 10 km, by discount", |number| {
        nearby(number, "orderBy", json!("DISCOUNT"))
    }),
    offers("near, 10 km, all filters", |number| {
        let input = with(near(number, 10.0), "city", json!("paris"));
        let input = with(input, "categories", json!(["BAR", "RESTAURANT", "LEISURE"]));
        let input = with(input, "minDiscount", json!(15));
        let input = with(input, "openAt", json!(quarter(number)));
        let input = with(input, "discountKinds", json!(["PERCENTAGE", "AMOUNT", "TWO_FOR_ONE"]));
        of(&with(input, "orderBy", json!("RATING")))
    }),
    offers("nearest, a box", |number| {
        of(&with(near(number, 50.0), "box", around(number, 0.02)))
    }),
    offers("by discount, a box", |number| within(number, "DISCOUNT")),
    offers("by rating, a box", |number| within(number, "RATING")),
    offers("ending, a box", |number| within(number, "ENDING")),
    offers("newest, a box", |number| within(number, "NEWEST")),
    offers("newest, a discount", |number| {
        everywhere(number, json!({"minDiscount": pick(&DISCOUNTS, number), "first": FIRST}))
    }),
    offers("newest, a typing error", |number| {
        let search = spelt(pick(&TYPING_ERRORS, number), number);
        of(&json!({"search": search, "first": FIRST}))
    }),
    offers("newest, in a city", |number| {
        everywhere(number, json!({"city": pick(&CITIES, number), "first": FIRST}))
    }),
    offers("ending within a week", |number| {
        everywhere(number, json!({"endingWithinHours": 168, "orderBy": "ENDING", "first": FIRST}))
    }),
    by("facets, 10 km", "ListFacets", |number| of(&near(number, 10.0))),
    by("facets, everywhere", "ListFacets", |number| everywhere(number, json!({}))),
    by("clusters, 0.1 degrees", "ListClusters", |number| {
        json!({"box": around(number, 0.05), "zoom": 12})
    }),
    by("clusters, with filters", "ListClusters", |number| {
        let filter = json!({"openAt": quarter(number), "minDiscount": 20});
        json!({"box": around(number, 0.05), "zoom": 12, "filter": filter})
    }),
    by("partners, 10 km", "ListPartners", |number| of(&near(number, 10.0))),
    by("search everything", "ListEverything", |number| {
        let input = with(near(number, 10.0), "text", json!(pick(&WORDS, number)));
        of(&with(input, "first", json!(5)))
    }),
    by("suggestions", "ListSuggestions", |number| {
        let (text, first) = typed(number);
        json!({"text": text, "first": first, "near": near(number, 10.0)["location"]})
    }),
    by("a city with its partners", "ListCity", |number| {
        json!({"slug": pick(&SLUGS, number), "search": spelt(pick(&CITIES, number), number)})
    }),
];

/// Of the sample offers.
const CITIES: [&str; 3] = ["Paris", "Lyon", "Marseille"];
const SLUGS: [&str; 3] = ["paris-75", "lyon-69", "marseille-13"];

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
