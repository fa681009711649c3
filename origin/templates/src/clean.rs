//! Makes values safe for every place of a message: one line, nothing invisible, no longer than its
//! place allows.
//!
//! A line break in a value would begin another header of an e-mail, or another line of an SMS.

/// The text on one line: spaces, line breaks and control characters become one space, and marks
/// that are drawn as nothing or turn the direction of what follows are left out.
pub(crate) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars().filter(|c| !is_invisible(*c)) {
        let is_break = c.is_control() || c.is_whitespace();
        if !is_break {
            line.push(c);
        } else if !line.is_empty() && !line.ends_with(' ') {
            line.push(' ');
        }
    }
    line.truncate(line.trim_end().len());
    line
}

/// Without the joiners that emoji and some scripts need (U+200C, U+200D).
const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
    )
}

/// At most this many characters, the last of them "…" if something was cut off. No accent or joiner
/// is left without its letter.
pub(crate) fn shortened(text: &str, most_chars: usize) -> String {
    if text.chars().count() <= most_chars {
        return text.to_owned();
    }
    let kept: Vec<char> = text.chars().take(most_chars).collect();
    // The first character that is cut off takes its accents along, and leaves room for the ellipsis.
    let end = kept.iter().rposition(|c| !extends(*c)).unwrap_or(0);
    let start: String = kept[..end].iter().collect();
    format!("{}…", start.trim_end_matches([' ', '\u{200d}', ',', '.']))
}

/// Whether the character belongs to the one before it.
fn extends(c: char) -> bool {
    unicode_normalization::char::is_combining_mark(c)
        || matches!(c, '\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}')
}

/// A person's name; empty if mail programs would make a link of it: anybody can ask for a message to
/// an address that is not theirs, and choose the name in it.
pub(crate) fn name(text: &str) -> String {
    let name = one_line(text);
    let is_address = name.contains("://") || name.split(' ').any(has_domain);
    if is_address { String::new() } else { name }
}

/// Whether a part of the word looks like a domain: two letters after a dot that something precedes. The
/// versions of devices have digits there.
fn has_domain(word: &str) -> bool {
    word.char_indices()
        .filter(|(_, c)| matches!(c, '.' | '。' | '．'))
        .any(|(at, dot)| {
            let before = word[..at].chars().next_back();
            let mut after = word[at + dot.len_utf8()..].chars();
            let letters = (after.next(), after.next());
            before.is_some_and(char::is_alphanumeric)
                && matches!(letters, (Some(a), Some(b)) if a.is_alphabetic() && b.is_alphabetic())
        })
}

/// Keeps a text with right-to-left letters from turning around what stands beside it.
pub(crate) fn isolated(text: String) -> String {
    let is_right_to_left = |c: char| matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}' | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}');
    if text.contains(is_right_to_left) {
        format!("\u{2068}{text}\u{2069}")
    } else {
        text
    }
}

/// For the text or a double-quoted attribute of HTML.
pub(crate) fn html_escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_one_line_without_what_is_invisible() {
        for (text, line) in [
            ("<b>x</b>\r\nBcc: a@b", "<b>x</b> Bcc: a@b"),
            ("  a\t\u{a0}b \u{2028}\u{85} c\0", "a b c"),
            ("a\u{202e}b\u{2066}c\u{200b}\u{feff}\u{ad}d", "abcd"),
            (
                "👩\u{200d}🚀 می\u{200c}خواهم",
                "👩\u{200d}🚀 می\u{200c}خواهم",
            ),
            ("\r\n", ""),
        ] {
            assert_eq!(one_line(text), line, "{text:?}");
        }
    }

    #[test]
    fn a_long_value_ends_with_an_ellipsis() {
        for (text, most_chars, expected) in [
            ("Chez Léa", 8, "Chez Léa"),
            ("Chez Léa et Léo", 8, "Chez Lé…"),
            ("Chez Léa", 5, "Chez…"),
            // An e and its accent, a family of joined emoji.
            ("Cafe\u{301} bar", 5, "Caf…"),
            ("ab👩\u{200d}🚀cd", 4, "ab…"),
            ("abc", 1, "…"),
            ("abc", 0, "…"),
            ("\u{301}\u{301}\u{301}", 2, "…"),
        ] {
            assert_eq!(shortened(text, most_chars), expected, "{text:?}");
        }
    }

    #[test]
    fn a_name_that_would_become_a_link_is_left_out() {
        for plain in [
            "Zoé",
            "J.-P.",
            "Jean P.",
            "李",
            "Dr. No",
            "a@b",
            "iOS 17.10",
        ] {
            assert_eq!(name(plain), plain);
        }
        for address in [
            "evil.example",
            "Gagnez sur https://evil",
            "www.evil.fr !",
            "evil。com",
            "x@evil.example",
        ] {
            assert_eq!(name(address), "", "{address}");
        }
    }

    #[test]
    fn escaped_text_ends_no_attribute_and_begins_no_tag() {
        let escaped = html_escaped("a&b<c>\"d'e");
        assert_eq!(escaped, "a&amp;b&lt;c&gt;&quot;d&#39;e");
    }

    #[test]
    fn only_right_to_left_texts_are_isolated() {
        assert_eq!(isolated("Zoé".into()), "Zoé");
        assert_eq!(isolated("דנה".into()), "\u{2068}דנה\u{2069}");
        assert_eq!(isolated("سارة".into()), "\u{2068}سارة\u{2069}");
    }
}
