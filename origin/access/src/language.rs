//! Chooses the language of an answer from `Accept-Language`.

use domain::sentence::Language;

/// The supported language that `Accept-Language` prefers most; none if it names none of them.
pub fn preferred(accept: &str) -> Option<Language> {
    let mut best = (0.0, None);
    for range in accept.split(',') {
        let mut parts = range.split(';');
        let tag = parts.next().unwrap_or_default().trim();
        let quality = parts
            .find_map(|part| part.trim().strip_prefix("q="))
            .map_or(Some(1.0), |text| text.trim().parse().ok())
            .unwrap_or(0.0);
        let main = tag.split('-').next().unwrap_or_default();
        let language = match main.to_ascii_lowercase().as_str() {
            "fr" => Language::French,
            "en" => Language::English,
            _ => continue,
        };
        // Of two languages with the same quality the first one wins.
        if quality > best.0 {
            best = (quality, Some(language));
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_that_is_liked_best_is_taken() {
        for (accept, language) in [
            ("", None),
            ("en", Some(Language::English)),
            ("EN-gb,fr;q=0.9", Some(Language::English)),
            ("en;q=0.5, fr-CA;q=0.9", Some(Language::French)),
            ("de, en;q=0.3", Some(Language::English)),
            ("de", None),
            ("*", None),
            ("*;q=0.1, en;q=0", None),
            ("en;q=x", None),
        ] {
            assert_eq!(preferred(accept), language, "{accept}");
        }
    }
}
