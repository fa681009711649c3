//! Words that a search ignores: «le bar à vin» also finds an offer called «Bar, vins».

use domain::search_text;

/// French and English, folded, sorted. «The» is not one of them: it is also «thé», tea. Nor is «or»,
/// gold.
const STOP_WORDS: [&str; 29] = [
    "a", "an", "and", "at", "au", "aux", "avec", "d", "dans", "de", "des", "du", "en", "et", "for",
    "in", "l", "la", "le", "les", "of", "ou", "par", "pour", "sur", "to", "un", "une", "with",
];

/// The words that offers must have: all but stop words, or all if there are no others.
pub(crate) fn required(search: &str) -> Vec<String> {
    let words = search_text::search_words(search);
    let is_stop_word = |word: &String| STOP_WORDS.binary_search(&word.as_str()).is_ok();
    if words.iter().all(is_stop_word) {
        return words;
    }
    words
        .into_iter()
        .filter(|word| !is_stop_word(word))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stop_words_are_required_only_if_there_are_no_others() {
        assert!(STOP_WORDS.is_sorted());
        for (search, words) in [
            ("le bar à vin", vec!["bar", "vin"]),
            ("L'apéro de la plage", vec!["apero", "plage"]),
            ("a bar with wine", vec!["bar", "wine"]),
            ("thé vert", vec!["the", "vert"]),
            ("de la", vec!["de", "la"]),
            ("le", vec!["le"]),
            (" ' ", vec![]),
        ] {
            assert_eq!(required(search), words, "{search}");
        }
    }
}
