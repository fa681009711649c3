//! Typing errors: what words match, found another way.

use super::*;
use crate::words::Words;

/// How many letters have to be inserted, removed, replaced or exchanged with their neighbour.
fn errors(one: &[char], other: &[char]) -> usize {
    let mut table = vec![vec![0; other.len() + 1]; one.len() + 1];
    for i in 0..=one.len() {
        for j in 0..=other.len() {
            table[i][j] = match (i, j) {
                (0, _) => j,
                (_, 0) => i,
                _ => {
                    let replaced = usize::from(one[i - 1] != other[j - 1]);
                    let mut least = (table[i - 1][j] + 1)
                        .min(table[i][j - 1] + 1)
                        .min(table[i - 1][j - 1] + replaced);
                    if i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1] {
                        least = least.min(table[i - 2][j - 2] + 1);
                    }
                    least
                }
            };
        }
    }
    table[one.len()][other.len()]
}

/// Whether some beginning of a word is what was typed, with at most one error in four letters or more.
pub(super) fn begins_almost(known: &str, typed: &str) -> bool {
    let typed: Vec<char> = typed.chars().collect();
    let known: Vec<char> = known.chars().collect();
    let most = usize::from(typed.len() >= 4);
    (0..=known.len()).any(|end| errors(&typed, &known[..end]) <= most)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Words of few letters.
    #[test]
    fn every_word_with_one_error_is_found_and_no_other(
        known in vec("[bxé東]{1,6}", 1..12), typed in "[bxé東]{1,6}",
    ) {
        let mut words = Words::default();
        for (slot, word) in (0..).zip(&known) {
            words.insert(slot, word, &[]);
        }
        let all = (0..12).collect();
        let found = words.find_almost(&typed, &all);
        let typed = search_text::search_words(&typed);
        let expected: Vec<u32> = (0..)
            .zip(&known)
            .filter(|(_, known)| {
                let known = search_text::search_words(known);
                typed.iter().all(|word| known.iter().any(|known| begins_almost(known, word)))
            })
            .map(|(slot, _)| slot)
            .collect();
        let found: Vec<u32> = found.map_or_else(Vec::new, |found| found.anywhere.into_iter().collect());
        prop_assert_eq!(found, expected);
    }
}

#[test]
fn exact_matches_come_first_then_titles() {
    let mut index = Index::default();
    for (number, title, description) in [
        (1, "Mojitos", ""),
        (2, "Verre", "avec mojito"),
        (3, "Mojiito", ""),
        (4, "Verre", "majito"),
        (5, "Moka", ""),
    ] {
        let mut offer = simple(number, 0);
        offer.title = title.to_owned();
        offer.description = description.to_owned();
        index.put(&offer, 0);
    }
    let query = OfferQuery {
        search: Some("mojito".to_owned()),
        columns: Columns::EdgesAndTotal,
        ..OfferQuery::newest(9, 1)
    };
    let found = index.answer(&query).unwrap();
    let ids: Vec<OfferId> = found.items.into_iter().map(|hit| hit.id).collect();
    assert_eq!(ids, [1, 2, 3, 4].map(offer_id));
    let total = found.total.unwrap();
    assert_eq!((total.count, total.is_exact), (4, true));
}
