//! Takes out of a text what could be of a person, or open a door: e-mail addresses, phone numbers, ids,
//! tokens, network addresses, coordinates. An error of a database may repeat what was to be stored.

use core::net::IpAddr;

/// A word of letters and digits that is longer may be an id or a token.
const MAX_WORD: usize = 20;
/// As many digits may be a phone number.
const MAX_DIGITS: usize = 6;

/// The text with placeholders.
pub fn text(text: &str) -> String {
    let mut scrubbed = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(is_border).unwrap_or(rest.len());
        if end > 0 {
            scrubbed.push_str(placeholder(&rest[..end]).unwrap_or(&rest[..end]));
        }
        let border = rest[end..].chars().next();
        scrubbed.extend(border);
        rest = &rest[end + border.map_or(0, char::len_utf8)..];
    }
    scrubbed
}

fn is_border(character: char) -> bool {
    character.is_whitespace() || "\"'`()[]{}<>,;=|&?".contains(character)
}

/// What stands for a word that must not be told.
fn placeholder(word: &str) -> Option<&'static str> {
    // As at the end of a sentence or before a value.
    let word = word.trim_matches(|end: char| ".:!/\\".contains(end));
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    if word.contains('@') {
        return Some("<address>");
    }
    if is_network_address(word) {
        return Some("<network address>");
    }
    if is_coordinate(word) {
        return Some("<number>");
    }
    // Paths of files and modules are long and tell where it was: their parts are looked at.
    let is_secret = |part: &str| {
        part.chars().count() > MAX_WORD
            && (part.bytes().any(|byte| byte.is_ascii_digit())
                || part.bytes().any(|byte| byte.is_ascii_uppercase()))
    };
    if word.split(['/', ':', '.']).any(is_secret) {
        return Some("<token>");
    }
    (digits > MAX_DIGITS).then_some("<number>")
}

fn is_network_address(word: &str) -> bool {
    let host = word.rsplit_once(':').map_or(word, |(host, _port)| host);
    word.parse::<IpAddr>().is_ok() || host.parse::<IpAddr>().is_ok()
}

/// A number that is exact to ten metres, in degrees.
fn is_coordinate(word: &str) -> bool {
    let decimals = word
        .split_once('.')
        .map_or(0, |(_, decimals)| decimals.len());
    decimals >= 4 && word.parse::<f64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn what_could_be_of_a_person_is_taken_out() {
        for (given, expected) in [
            ("a request failed", "a request failed"),
            (
                "E11000 duplicate key: users index: email_1 dup key: { email: \"ann@example.com\" }",
                "E11000 duplicate key: users index: email_1 dup key: { email: \"<address>\" }",
            ),
            ("no SMS to +33612345678.", "no SMS to <number>"),
            (
                "user 65f0c0ffee65f0c0ffee0001: missing",
                "user <token> missing",
            ),
            (
                "token=eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2ln refused",
                "token=<token> refused",
            ),
            ("from 192.168.1.12:4312", "from <network address>"),
            ("from [2001:db8::17]:4312", "from [<network address>]:4312"),
            ("near (48.85661, 2.35222)", "near (<number>, <number>)"),
            (
                "timed out after 3000 ms at origin/store-mongo/src/stores/orders.rs:212",
                "timed out after 3000 ms at origin/store-mongo/src/stores/orders.rs:212",
            ),
            (
                "connection to mongodb://shop:S3cret@db.example:27017/shop lost",
                "connection to <address> lost",
            ),
            ("é€ \u{1F600}", "é€ \u{1F600}"),
            ("", ""),
        ] {
            assert_eq!(text(given), expected, "{given}");
        }
    }
}
