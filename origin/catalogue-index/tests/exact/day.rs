//! A day of guests who walk through Paris: how often the edge has what it needs.

use std::collections::HashMap;

use cache_core::CacheKey;

use super::city::{Dice, catalogue};
use super::doors::{Edge, Question};

const DAY_S: u64 = 24 * 3_600;
/// `max-age` of lists of offers.
const FRESH_S: u64 = 300;
const GUESTS: u64 = 150;
/// A guest looks after so many seconds on average.
const LOOKS_EVERY_S: u64 = 900;
/// Degrees of latitude between two looks.
const STEP: f64 = 0.002;

/// Who looks when, and where: random walks.
fn looks(dice: &mut Dice) -> Vec<(u64, (f64, f64))> {
    let mut all = Vec::new();
    for _ in 0..GUESTS {
        let mut at = dice.place();
        let mut when_s = dice.below(2 * LOOKS_EVERY_S);
        while when_s < DAY_S {
            all.push((when_s, at));
            when_s += 1 + dice.below(2 * LOOKS_EVERY_S);
            at = (at.0 + STEP * dice.about(), at.1 + 1.5 * STEP * dice.about());
        }
    }
    all.sort_by_key(|(when_s, _)| *when_s);
    all
}

/// Notes that a key is needed now; whether it was there.
fn is_hit(filled_s: &mut HashMap<CacheKey, u64>, key: CacheKey, now_s: u64) -> bool {
    let is_fresh = filled_s
        .get(&key)
        .is_some_and(|at_s| now_s < at_s + FRESH_S);
    if !is_fresh {
        filled_s.insert(key, now_s);
    }
    is_fresh
}

#[test]
fn exact_lists_are_made_without_the_origin_as_often_as_snapped_ones_were() {
    let mut dice = Dice(11);
    let index = catalogue(5_000, &mut dice);
    let mut edge = Edge::new();
    let (mut snapped, mut filled_s) = (HashMap::new(), HashMap::new());
    let (mut hits, mut hits_snapped, mut forwarded) = (0, 0, 0);
    let looks = looks(&mut dice);
    for (now_s, at) in &looks {
        let question = Question {
            at: *at,
            // Screens differ in how many they show.
            first: dice.of(&[20, 20, 20, 10, 12, 30]),
            within_km: None,
            category: None,
            min_discount: None,
        };
        let key = edge.key_of_snapped(&question);
        hits_snapped += u32::from(is_hit(&mut snapped, key, *now_s));
        let outcome = edge.answer(&index, &question);
        let keys = edge.keys(&question, outcome.looked_at);
        // Each is filled, whatever the others were.
        let fresh: Vec<bool> = keys
            .into_iter()
            .map(|key| is_hit(&mut filled_s, key, *now_s))
            .collect();
        let has_all = fresh.into_iter().all(|is_fresh| is_fresh);
        forwarded += u32::from(outcome.body.is_none());
        hits += u32::from(has_all && outcome.body.is_some());
    }
    println!(
        "{} looks: {hits} exact lists without the origin ({forwarded} forwarded), {hits_snapped} snapped ones",
        looks.len(),
    );
    assert!(hits >= hits_snapped, "{hits} and {hits_snapped}");
}
