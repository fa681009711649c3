//! End-to-end tests with real processes and real clients. `cargo xtask test` runs them.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod abuse;
mod accounts;
mod backup;
mod bookings;
mod chaos;
mod clients;
mod console;
mod exact_lists;
mod example;
mod explaining;
mod failures;
mod first_hour;
mod gateway;
mod graphql_http;
mod guest_week;
mod identity;
mod live;
mod manifests;
mod messages;
mod metrics;
mod observed;
mod operating;
mod pages;
mod partly_private;
mod passing;
mod payments;
mod people;
mod pictures;
mod platform;
mod protocol;
mod purged_tags;
mod purges;
mod refusals;
mod releasing;
mod reports;
mod requests;
mod rollout;
mod schema_tools;
mod sharing;
mod site;
mod story;
mod telling;
mod traces;
mod typescript;
mod venue_evening;
mod warming;

use cache_core::geo;
use e2e::{Ask, Options, Stack, Venue};
use serde_json::{Value, json};

/// The centre of Paris.
const PARIS: (f64, f64) = (48.8566, 2.3522);
/// The centre of Lyon, 390 km away.
const LYON: (f64, f64) = (45.7640, 4.8357);

fn venue((lat, lng): (f64, f64), cuisine: &'static str) -> Venue {
    Venue { lat, lng, cuisine }
}

/// A text that lives as long as the tests, as the environment of a stack does.
fn leaked(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

/// A stack with three venues in Paris and two in Lyon.
async fn stack() -> Stack {
    let venues = vec![
        venue((48.8570, 2.3530), "thai"),
        venue((48.8600, 2.3400), "italian"),
        venue((48.8500, 2.3600), "japanese"),
        venue((45.7650, 4.8360), "french"),
        venue((45.7600, 4.8300), "crepe"),
    ];
    Stack::start(Options {
        venues,
        ..Options::default()
    })
    .await
    .unwrap()
}

fn near(stack: &Stack, (lat, lng): (f64, f64)) -> Ask {
    stack.ask(
        "OffersNearby",
        json!({"location": {"lat": lat, "lng": lng}, "maxDistance": 5}),
    )
}

/// The ids of the offers in a list, nearest first.
fn ids(answer: &Value) -> Vec<String> {
    let edges = answer["data"]["offers"]["edges"].as_array().unwrap();
    edges
        .iter()
        .map(|edge| edge["node"]["id"].as_str().unwrap().to_owned())
        .collect()
}

/// Repeats a request until the edge answers from its cache; returns that answer.
async fn warm(stack: &Stack, ask: &Ask) -> e2e::Answer {
    let within = std::time::Duration::from_secs(5);
    ask.until(&stack.client, &stack.edge_url, within, e2e::Answer::is_hit)
        .await
        .unwrap()
        .0
}

/// Two points, 200 m apart, in the H3 cell (resolution 8) of a point.
fn two_in_one_cell((lat, lng): (f64, f64)) -> [(f64, f64); 2] {
    let (lat, lng) = geo::snap(lat, lng, 8).unwrap();
    // A degree of latitude is 111.2 km: 100 m to the north and 100 m to the south.
    let pair = [(lat + 0.0009, lng), (lat - 0.0009, lng)];
    assert_eq!(
        geo::cell(pair[0].0, pair[0].1, 8),
        geo::cell(pair[1].0, pair[1].1, 8)
    );
    pair
}
