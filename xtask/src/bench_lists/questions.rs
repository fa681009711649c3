//! What the lists ask for. No two questions are the same, so no cache has the answer to one of them.

use serde_json::{Value, json};

use crate::http;

/// Offers on a page.
pub(super) const FIRST: u32 = 20;

/// Frequent and rare ones, with and without an accent, whole and begun, and two at once.
pub(super) const WORDS: [&str; 8] = [
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
pub(super) const TYPING_ERRORS: [&str; 6] = [
    "coktail",
    "mneu",
    "séannce",
    "bowll",
    "brasserje",
    "dejeuenr",
];
pub(super) const CATEGORIES: [&str; 8] = [
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
pub(super) const DISCOUNTS: [u32; 6] = [15, 20, 30, 35, 40, 45];

pub(super) fn of(input: &Value) -> Value {
    json!({"input": input})
}

/// A box so many degrees to each side of a place, and a little more for each number.
pub(super) fn around(number: u32, degrees: f64) -> Value {
    let (lat, lng) = place(number);
    let degrees = degrees + f64::from(number) / 1e9;
    json!({"south": lat - degrees, "west": lng - degrees, "north": lat + degrees, "east": lng + degrees})
}

pub(super) fn near(number: u32, most_km: f64) -> Value {
    let (lat, lng) = place(number);
    json!({
        "location": {"lat": lat, "lng": lng},
        "maxDistance": distance_km(number, most_km),
        "first": FIRST,
    })
}

pub(super) fn with(mut input: Value, name: &str, value: Value) -> Value {
    input[name] = value;
    input
}

pub(super) fn peer_path(number: u32, most_km: f64, category: Option<&str>) -> String {
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
pub(super) fn distance_km(number: u32, most_km: f64) -> f64 {
    most_km - f64::from(number) / 1e6
}

pub(super) fn pick<T: Copy>(all: &[T], number: u32) -> T {
    all[number as usize % all.len()]
}

/// A quarter of an hour; clients have to round.
pub(super) fn quarter(number: u32) -> String {
    let (day, hour, minute) = (number % 28 + 1, number / 28 % 24, number / 672 % 4 * 15);
    format!("2026-06-{day:02}T{hour:02}:{minute:02}:00Z")
}

/// A search for a word that is spelt in another way for each number, with signs that are no letters.
pub(super) fn spelt(word: &str, mut number: u32) -> String {
    const SIGNS: [char; 4] = ['-', '.', ',', '!'];
    let mut text = word.to_owned();
    while number > 0 {
        text.push(pick(&SIGNS, number % 4));
        number /= 4;
    }
    text
}

/// What somebody may have typed so far, in a number of ways that no cache has seen.
pub(super) fn typed(number: u32) -> (&'static str, u32) {
    const TEXTS: [&str; 12] = [
        "me", "cock", "crêp", "séa", "éli", "bow", "bar", "déje", "pari", "resta", "ciné", "lyno",
    ];
    (pick(&TEXTS, number), 5 + number / 12 % 90)
}
