//! What `$text` is asked for.

use crate::embedded::text;

/// Each word quoted: all are required then, and none is syntax. None without a word.
pub(crate) fn expression(search: &str) -> Option<String> {
    let words = text::search_words(search);
    let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    (!quoted.is_empty()).then(|| quoted.join(" "))
}

#[cfg(test)]
mod tests {
    use super::expression;

    #[test]
    fn a_search_is_quoted_words() {
        for (search, expected) in [
            ("Crêperie  BRETONNE", Some(r#""creperie" "bretonne""#)),
            (r#"-l'œuf "or"#, Some(r#""l" "oeuf" "or""#)),
            (r#"-l'œuf "$x"#, Some(r#""l" "oeuf" "x""#)),
            ("", None),
            (" \0\"*-() ", None),
        ] {
            assert_eq!(expression(search).as_deref(), expected, "{search:?}");
        }
    }
}
