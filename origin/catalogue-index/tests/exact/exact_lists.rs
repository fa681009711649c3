//! Both doors give the same list for the same location, byte for byte.

use domain::{Category, OfferId};

use super::city::{Dice, NOW_MS, PARIS, catalogue, offer};
use super::doors::{Edge, Question, origin};

const OFFERS: u64 = 100_000;
/// Unless `YOUSOON_EXACT_LISTS` says how many; `cargo xtask soak` asks 10,000.
const QUESTIONS: u64 = 1_000;
/// Guests in one place ask these between two writes, with the same filters.
const QUESTIONS_BETWEEN_WRITES: u64 = 25;
/// Degrees of latitude.
const AROUND: f64 = 0.012;

fn question(dice: &mut Dice) -> Question {
    let is_filtered = dice.below(3) == 0;
    Question {
        at: dice.place(),
        first: 20,
        within_km: dice.of(&[None, Some(0.2), Some(1.0), Some(3.5), Some(50.0)]),
        category: is_filtered.then(|| dice.of(&Category::ALL)),
        min_discount: dice.of(&[None, None, Some(60), Some(99)]),
    }
}

fn neighbour(question: &Question, dice: &mut Dice) -> Question {
    Question {
        at: (
            question.at.0 + AROUND * dice.about(),
            question.at.1 + 1.5 * AROUND * dice.about(),
        ),
        first: dice.of(&[1, 5, 20, 20, 20, 50, 100]),
        ..question.clone()
    }
}

fn questions() -> u64 {
    let given = std::env::var("YOUSOON_EXACT_LISTS").ok();
    given.map_or(QUESTIONS, |text| text.parse().expect("a number of lists"))
}

#[test]
fn the_edge_gives_what_the_origin_gives() {
    let questions = questions();
    let mut dice = Dice(7);
    let mut index = catalogue(OFFERS, &mut dice);
    let mut edge = Edge::new();
    let mut answered = 0;
    let mut asked = question(&mut dice);
    for number in 0..questions {
        if number % QUESTIONS_BETWEEN_WRITES == 0 {
            // Any write purges all: which entries a write purges is not this test's question.
            edge.stored.clear();
            let moved = dice.below(OFFERS);
            if dice.below(4) == 0 {
                index.remove(&OfferId::derive("offer", &moved.to_string()));
            } else {
                let at = dice.place();
                index.put(&offer(moved, at, &mut dice), NOW_MS);
            }
            asked = question(&mut dice);
        }
        let question = neighbour(&asked, &mut dice);
        let outcome = edge.answer(&index, &question);
        if let Some(body) = outcome.body {
            answered += 1;
            assert_eq!(body, origin(&index, &question), "{question:?}");
        }
        let said = edge.said.drain(..);
        let (lat, lng) = (question.at.0.to_string(), question.at.1.to_string());
        assert!(
            said.into_iter()
                .all(|body| !body.contains(&lat) && !body.contains(&lng))
        );
    }
    println!("{answered} of {questions} lists of {OFFERS} offers were made at the edge");
    assert!(answered > questions * 6 / 10, "{answered}");
}

#[test]
fn an_offer_50_m_away_is_found_within_200_m_at_a_cells_corner() {
    let cell = cache_core::geo::cell(PARIS.0, PARIS.1, 8).unwrap();
    let (middle, radius_km) = (
        cache_core::geo::centre(cell).unwrap(),
        cache_core::geo::radius_km(cell).unwrap(),
    );
    let mut dice = Dice(1);
    for step in 0..360 {
        let angle = f64::from(step).to_radians();
        // As far from the middle as the cell goes in this direction.
        let along = |km: f64| {
            (
                middle.0 + km / 111.2 * angle.sin(),
                middle.1 + km / 73.0 * angle.cos(),
            )
        };
        let mut km = radius_km;
        while cache_core::geo::cell(along(km).0, along(km).1, 8) != Some(cell) {
            km -= 0.001;
        }
        let mut index = catalogue(0, &mut dice);
        index.put(&offer(1, along(km + 0.05), &mut dice), NOW_MS);
        let question = Question {
            at: along(km),
            first: 20,
            within_km: Some(0.2),
            category: None,
            min_discount: None,
        };
        let body = Edge::new().answer(&index, &question).body.unwrap();
        assert!(body.contains(r#""totalCount":1"#), "{body}");
        assert_eq!(body, origin(&index, &question));
    }
}

#[test]
fn an_empty_list_is_certain_in_the_largest_cell() {
    let mut dice = Dice(3);
    let index = catalogue(0, &mut dice);
    for within_km in [0.2, 1.0, 3.5, 5.0, 50.0] {
        for _ in 0..200 {
            let question = Question {
                at: dice.place(),
                first: 20,
                within_km: Some(within_km),
                category: None,
                min_discount: None,
            };
            let outcome = Edge::new().answer(&index, &question);
            assert!(outcome.body.is_some(), "{question:?}");
            assert_eq!(outcome.looked_at, 1, "{question:?}");
        }
    }
}
