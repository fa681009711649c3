//! Text normalization for search: folds accents and case, and builds queries without user syntax.

use std::fmt::Write as _;

/// The maximum number of words in a search; the rest is ignored.
pub const MAX_SEARCH_WORDS: usize = 20;
/// The maximum length of a search, in letters.
pub const MAX_SEARCH_CHARS: usize = 500;
/// The maximum length of a word in a search, in letters; the rest is ignored. On MongoDB each word
/// becomes a pattern.
const MAX_WORD_CHARS: usize = 100;

/// Lower case without accents, ligatures spelled out: «Crêperie» and «CREPERIE» become «creperie».
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_ascii() {
            folded.push(character.to_ascii_lowercase());
        } else {
            character
                .to_lowercase()
                .for_each(|lower| fold_one(lower, &mut folded));
        }
    }
    folded
}

fn fold_one(character: char, folded: &mut String) {
    match character {
        // Combining marks: from decomposed text, and what to_lowercase leaves of «İ».
        '\u{0300}'..='\u{036f}' => {}
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'ā' | 'ă' | 'ą' | 'ǎ' => folded.push('a'),
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => folded.push('c'),
        'ď' | 'đ' | 'ð' => folded.push('d'),
        'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' | 'ẽ' => {
            folded.push('e');
        }
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => folded.push('g'),
        'ĥ' | 'ħ' => folded.push('h'),
        'ì' | 'í' | 'î' | 'ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' => folded.push('i'),
        'ĵ' => folded.push('j'),
        'ķ' => folded.push('k'),
        'ĺ' | 'ļ' | 'ľ' | 'ł' => folded.push('l'),
        'ñ' | 'ń' | 'ņ' | 'ň' => folded.push('n'),
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' | 'ō' | 'ŏ' | 'ő' => folded.push('o'),
        'ŕ' | 'ŗ' | 'ř' => folded.push('r'),
        'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => folded.push('s'),
        'ţ' | 'ť' | 'ŧ' | 'ț' => folded.push('t'),
        'ù' | 'ú' | 'û' | 'ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' => folded.push('u'),
        'ŵ' => folded.push('w'),
        'ý' | 'ÿ' | 'ŷ' => folded.push('y'),
        'ź' | 'ż' | 'ž' => folded.push('z'),
        'œ' => folded.push_str("oe"),
        'æ' => folded.push_str("ae"),
        'ß' => folded.push_str("ss"),
        'ĳ' => folded.push_str("ij"),
        'þ' => folded.push_str("th"),
        other => folded.push(other),
    }
}

/// What the full-text index stores: the folded words, split by the same rule as searches.
pub fn indexed(texts: &[&str]) -> String {
    let mut words = String::new();
    for text in texts {
        let folded = fold(text);
        for word in words_of(&folded) {
            if !words.is_empty() {
                words.push(' ');
            }
            words.push_str(word);
        }
    }
    words
}

/// The FTS5 expression for a search text: every word, each as a prefix; none without a word.
///
/// Words contain only letters and digits, so quotes, operators, column filters and NUL never reach
/// FTS5's parser.
pub fn match_expression(search: &str) -> Option<String> {
    let mut expression = String::new();
    for word in search_words(search) {
        let glue = if expression.is_empty() { "" } else { " AND " };
        let _ = write!(expression, "{glue}\"{word}\"*");
    }
    (!expression.is_empty()).then_some(expression)
}

/// The key of a city: its folded words, so that «Saint-Denis» and «SAINT DENIS» are one.
pub fn city_key(name: &str) -> String {
    indexed(&[name])
}

/// Whether a search is short enough to be looked for.
pub fn is_short_enough(search: &str) -> bool {
    let is_short = search.chars().nth(MAX_SEARCH_CHARS).is_none();
    is_short && words_of(&fold(search)).nth(MAX_SEARCH_WORDS).is_none()
}

/// The folded words of a search text: letters and digits only.
pub fn search_words(search: &str) -> Vec<String> {
    let folded = fold(search);
    let words = words_of(&folded).take(MAX_SEARCH_WORDS);
    words
        .map(|word| word.chars().take(MAX_WORD_CHARS).collect())
        .collect()
}

fn words_of(folded: &str) -> impl Iterator<Item = &str> {
    folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_removes_case_and_accents() {
        for (text, folded) in [
            ("Crêperie", "creperie"),
            ("CRE\u{302}PERIE", "creperie"),
            ("L'Œuf à la Coque", "l'oeuf a la coque"),
            ("Ex æquo, Straße, ẞ", "ex aequo, strasse, ss"),
            ("ÇA Noël ÿ İ", "ca noel y i"),
            ("東京", "東京"),
            ("", ""),
        ] {
            assert_eq!(fold(text), folded);
        }
    }

    /// E14.
    #[test]
    fn a_search_has_twenty_words_of_a_hundred_letters() {
        let long = "É".repeat(40_000);
        assert_eq!(search_words(&long), ["e".repeat(100)]);
        let many = "ab ".repeat(40_000);
        assert_eq!(search_words(&many).len(), 20);
        let most = match_expression(&format!("{long} ").repeat(40)).unwrap();
        assert!(most.len() < 20 * (100 + "\"\"* AND ".len()));
    }

    #[test]
    fn a_search_that_is_too_long_is_recognized() {
        for (search, is_short) in [
            ("", true),
            (&"é".repeat(500), true),
            (&"é".repeat(501), false),
            (&"ab ".repeat(20), true),
            (&"ab ".repeat(21), false),
            (&"%".repeat(40_000), false),
        ] {
            assert_eq!(is_short_enough(search), is_short, "{}", search.len());
        }
    }

    #[test]
    fn a_search_is_quoted_words() {
        for (search, expression) in [
            ("Crêperie", Some("\"creperie\"*")),
            (
                "l'œuf \"OR\" x",
                Some("\"l\"* AND \"oeuf\"* AND \"or\"* AND \"x\"*"),
            ),
            ("a\0b", Some("\"a\"* AND \"b\"*")),
            (
                "folded:x NEAR(",
                Some("\"folded\"* AND \"x\"* AND \"near\"*"),
            ),
            ("", None),
            (" \0\"*-() ", None),
        ] {
            assert_eq!(
                match_expression(search).as_deref(),
                expression,
                "{search:?}"
            );
        }
    }
}
