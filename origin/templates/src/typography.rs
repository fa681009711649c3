//! The signs that printed French and English use, in place of those of a keyboard.

use domain::sentence::Language;

/// No line breaks at it, and it is narrower than a space between words.
const NARROW: char = '\u{202f}';

/// With ’ for the apostrophe, and in French with narrow no-break spaces in place of the spaces before
/// `;` `:` `!` `?` `»` `%` `€` and after `«`. Where there is no space none is put: addresses and times stay.
pub(crate) fn printed(text: &str, language: Language) -> String {
    let mut printed = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut before = None;
    while let Some(c) = chars.next() {
        let is_space = matches!(c, ' ' | '\u{a0}');
        let joins = before == Some('«')
            || matches!(chars.peek(), Some(';' | ':' | '!' | '?' | '»' | '%' | '€'));
        printed.push(match c {
            '\'' if before.is_some_and(char::is_alphanumeric) => '’',
            _ if is_space && joins && language == Language::French => NARROW,
            c => c,
        });
        before = Some(c);
    }
    printed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn french_has_narrow_spaces_and_both_languages_have_apostrophes() {
        for (text, french, english) in [
            ("C'est prêt !", "C’est prêt\u{202f}!", "C’est prêt !"),
            ("« Oui »", "«\u{202f}Oui\u{202f}»", "« Oui »"),
            (
                "Ici\u{a0}: 20 %",
                "Ici\u{202f}: 20\u{202f}%",
                "Ici\u{a0}: 20 %",
            ),
            ("l'", "l’", "l’"),
            (
                "'a' https://a.example?b 20:30",
                "'a’ https://a.example?b 20:30",
                "'a’ https://a.example?b 20:30",
            ),
            ("", "", ""),
        ] {
            assert_eq!(printed(text, Language::French), french);
            assert_eq!(printed(text, Language::English), english);
        }
    }
}
