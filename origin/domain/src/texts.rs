//! Rules of texts that several blocks share, and how a broken rule is told.

use url::Url;
use validator::ValidateEmail as _;

/// The longest URL that is stored, in bytes.
const MAX_URL_BYTES: usize = 500;
/// What bcrypt reads of a password; a longer one would be cut in silence.
pub const MAX_PASSWORD_BYTES: usize = 72;

/// A field, and what it has to be.
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

/// Without the space around it, if that leaves so many characters on one line.
pub fn line(text: &str, chars: std::ops::RangeInclusive<usize>) -> Option<String> {
    let text = text.trim();
    let fits = chars.contains(&text.chars().count()) && !text.contains(char::is_control);
    fits.then(|| text.to_owned())
}

/// Every client shows this text as it is: nothing in it may be read in two ways, and no password.
pub fn is_public_https(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("https://") else {
        return false;
    };
    // Parsers skip further slashes and read backslashes as slashes; other readers do not.
    let plain = text.len() <= MAX_URL_BYTES
        && !rest.starts_with('/')
        && text.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    plain && Url::parse(text).is_ok_and(|url| url.username().is_empty() && url.password().is_none())
}

/// Whether it is an e-mail address that SMTP takes.
pub fn is_email(text: &str) -> bool {
    text.len() <= 254 && text.validate_email()
}

/// Whether it is a phone number by E.164: a plus, a country code that does not begin with 0, 8 to 15
/// digits in all.
pub fn is_phone(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or_default();
    (8..=15).contains(&digits.len())
        && digits.bytes().all(|b| b.is_ascii_digit())
        && !digits.starts_with('0')
}
