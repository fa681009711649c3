//! Validation rules for texts that several blocks share, and how a broken rule is reported.

use url::Url;
use validator::ValidateEmail as _;

/// The longest URL that is stored, in bytes.
const MAX_URL_BYTES: usize = 500;
/// The maximum length of a password in bytes, bcrypt's limit. bcrypt would silently truncate a
/// longer one, and two passwords would match the same hash.
pub const MAX_PASSWORD_BYTES: usize = 72;

/// The field that broke a rule, and what the rule requires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{field}` {rule}")]
pub struct BrokenRule {
    pub field: &'static str,
    pub rule: &'static str,
}

pub const fn broken(field: &'static str, rule: &'static str) -> BrokenRule {
    BrokenRule { field, rule }
}

impl BrokenRule {
    pub const fn null(field: &'static str) -> Self {
        broken(field, "cannot be null")
    }

    pub const fn not_a_moment(field: &'static str) -> Self {
        broken(
            field,
            "is a moment by RFC 3339, such as 2026-06-01T18:00:00Z",
        )
    }
}

/// Trims the text; none unless the rest is one line with a length in `chars` characters.
pub fn line(text: &str, chars: std::ops::RangeInclusive<usize>) -> Option<String> {
    let text = text.trim();
    let fits = chars.contains(&text.chars().count()) && !text.contains(char::is_control);
    fits.then(|| text.to_owned())
}

/// Whether the text is an unambiguous public https URL without a password; every client shows it as
/// it is.
pub fn is_public_https(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("https://") else {
        return false;
    };
    // Parsers skip extra slashes and read backslashes as slashes; other readers do not.
    let plain = text.len() <= MAX_URL_BYTES
        && !rest.starts_with('/')
        && text.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    plain && Url::parse(text).is_ok_and(|url| url.username().is_empty() && url.password().is_none())
}

/// Whether the text is an e-mail address that SMTP accepts.
pub fn is_email(text: &str) -> bool {
    text.len() <= 254 && text.validate_email()
}

/// Whether the text is a phone number by E.164: a plus, a country code that does not begin with 0,
/// 8 to 15 digits in total.
pub fn is_phone(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or_default();
    (8..=15).contains(&digits.len())
        && digits.bytes().all(|b| b.is_ascii_digit())
        && !digits.starts_with('0')
}
