//! The alphabet of SMS (GSM 03.38). A message in it has 160 characters; one letter outside of it
//! makes that 70.

use unicode_normalization::UnicodeNormalization as _;

/// How much one SMS holds, in septets of the alphabet and in UTF-16 units outside of it.
const MOST_SEPTETS: usize = 160;
const MOST_UNITS: usize = 70;

const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡\
                     ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// Each of these takes two septets.
const EXTENDED: &str = "^{}\\[~]|€";

/// The length in septets; none if a character is not in the alphabet.
fn septets(text: &str) -> Option<usize> {
    text.chars()
        .map(|c| match c {
            c if BASIC.contains(c) => Some(1),
            c if EXTENDED.contains(c) => Some(2),
            _ => None,
        })
        .sum()
}

/// Whether the text is one SMS.
pub(crate) fn is_one_sms(text: &str) -> bool {
    match septets(text) {
        Some(septets) => septets <= MOST_SEPTETS,
        None => text.encode_utf16().count() <= MOST_UNITS,
    }
}

/// The text with letters of the alphabet wherever that loses no meaning: ê becomes e, ’ becomes ',
/// emoji are left out. Letters of other scripts stay.
pub(crate) fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    // Composed first: é is in the alphabet, e and an accent are not.
    for c in text.nfc() {
        match c {
            c if BASIC.contains(c) || EXTENDED.contains(c) => folded.push(c),
            '’' | '‘' | 'ʼ' | '′' | '`' | '´' => folded.push('\''),
            '“' | '”' | '„' | '«' | '»' | '″' => folded.push('"'),
            '–' | '—' | '‐' | '‑' | '−' | '•' | '·' => folded.push('-'),
            '…' => folded.push_str("..."),
            'œ' => folded.push_str("oe"),
            'Œ' => folded.push_str("OE"),
            // Their strokes are no accents to Unicode.
            'ł' => folded.push('l'),
            'Ł' => folded.push('L'),
            'đ' => folded.push('d'),
            'Đ' => folded.push('D'),
            'ı' => folded.push('i'),
            c if c.is_whitespace() => folded.push(' '),
            c if c.is_alphanumeric() => folded.extend(plain_letter(c)),
            // Emoji, their joiners, and accents that compose with nothing.
            _ => {}
        }
    }
    // What was left out had spaces around it.
    while folded.contains("  ") {
        folded = folded.replace("  ", " ");
    }
    folded.trim().to_owned()
}

/// The letter without its accent if that is in the alphabet, or else the letter.
fn plain_letter(c: char) -> impl Iterator<Item = char> {
    let base = std::iter::once(c).nfkd().next().unwrap_or(c);
    let plain = if BASIC.contains(base) { base } else { c };
    std::iter::once(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_alphabet_has_128_places() {
        // 127 characters, because one place leads to the extended ones.
        assert_eq!(BASIC.chars().count(), 127);
        assert_eq!(septets("é à è ù 12 €"), Some(13));
        for letter in "éàèùÇ".chars() {
            assert_eq!(septets(&letter.to_string()), Some(1), "{letter}");
        }
        for letter in "êôîûçœ’\u{202f}…".chars() {
            assert_eq!(septets(&letter.to_string()), None, "{letter}");
        }
    }

    #[test]
    fn french_fits_into_the_alphabet() {
        for (text, expected) in [
            ("C’est prêt\u{202f}!", "C'est pret !"),
            ("Garçon, œuf, août…", "Garcon, oeuf, aout..."),
            ("e\u{301}te\u{301}", "été"),
            ("🍻 Deux pintes 🍻 pour une", "Deux pintes pour une"),
            ("Łódź", "Lodz"),
            ("李", "李"),
        ] {
            assert_eq!(folded(text), expected);
        }
    }

    #[test]
    fn one_sms_has_160_characters_or_70() {
        assert!(is_one_sms(&"é".repeat(160)));
        assert!(!is_one_sms(&"é".repeat(161)));
        assert!(!is_one_sms(&"€".repeat(81)));
        assert!(is_one_sms(&"李".repeat(70)));
        assert!(!is_one_sms(&"李".repeat(71)));
    }
}
