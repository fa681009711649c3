//! Reads the texts that people type: each in one spelling, by the rules that several blocks share.

use std::borrow::Cow;

use idna::{
    AsciiDenyList,
    uts46::{DnsLength, Hyphens, Uts46},
};
use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat, enums::Region};
use unicode_normalization::UnicodeNormalization as _;
use url::Url;
use validator::ValidateEmail as _;

use crate::broken::{BrokenRule, Rule};

/// The longest URL that is stored, in bytes.
const MAX_URL_BYTES: usize = 500;
/// The longest spelling of a phone number, in bytes.
const MAX_PHONE_BYTES: usize = 64;
const MAX_DESCRIPTION_CHARS: usize = 4_000;
/// The digits of a code that is typed.
const CODE_DIGITS: usize = 6;
/// The maximum length of a password in bytes, bcrypt's limit. bcrypt would silently truncate a
/// longer one, and two passwords would match the same hash.
pub const MAX_PASSWORD_BYTES: usize = 72;

pub const NOT_NULL: Rule = Rule::new("NOT_NULL", "ne peut pas être nul", "cannot be null");
pub const MOMENT: Rule = Rule::new(
    "DATE_TIME",
    "est un moment selon RFC 3339, comme 2026-06-01T18:00:00Z",
    "is a moment by RFC 3339, such as 2026-06-01T18:00:00Z",
);
const EMAIL: Rule = Rule::new(
    "EMAIL",
    "n’est pas une adresse e-mail",
    "is not an e-mail address",
);
const PASSWORD_LENGTH: Rule = Rule::new(
    "PASSWORD_LENGTH",
    "compte de 8 à 72 caractères",
    "has 8 to 72 characters",
);
const PASSWORD_BYTES: Rule = Rule::new(
    "PASSWORD_BYTES",
    "compte au plus 72 octets : accents et emoji en prennent plusieurs",
    "has at most 72 bytes: accents and emoji count for several",
);
const PASSWORD_CHARACTERS: Rule = Rule::new(
    "PASSWORD_CHARACTERS",
    "est sans caractères de contrôle",
    "has no control characters",
);
const PERSON_NAME: Rule = Rule::new(
    "NAME_LENGTH",
    "compte de 1 à 50 caractères sur une ligne, dont une lettre",
    "has 1 to 50 characters on one line, one of them a letter",
);
const PHONE: Rule = Rule::new(
    "PHONE_E164",
    "est un numéro de téléphone, comme +33612345678 ou 06 12 34 56 78",
    "is a phone number, such as +33612345678 or 06 12 34 56 78",
);
const HTTPS_URL: Rule = Rule::new(
    "HTTPS_URL",
    "est une adresse https de 500 caractères au plus",
    "is an https address of at most 500 characters",
);
const DESCRIPTION: Rule = Rule::new(
    "DESCRIPTION",
    "compte au plus 4000 caractères, sans caractères de contrôle",
    "has at most 4000 characters, without control characters",
);

/// An address that SMTP accepts, at a domain of the Internet.
pub fn email(field: &'static str, text: &str) -> Result<String, BrokenRule> {
    let text = composed(text);
    if text.len() <= 254 && text.validate_email() && has_domain(&text) {
        Ok(text)
    } else {
        Err(EMAIL.at(field))
    }
}

/// Whether the domain can be mapped by UTS 46: `validate_email` takes any `xn--`, and whatever ends in
/// an IP address in brackets.
fn has_domain(email: &str) -> bool {
    email.rsplit_once('@').is_some_and(|(_, domain)| {
        let (deny, hyphens) = (AsciiDenyList::STD3, Hyphens::CheckFirstLast);
        let ascii = Uts46::new().to_ascii(domain.as_bytes(), deny, hyphens, DnsLength::Verify);
        ascii.is_ok()
    })
}

/// A new password in its normal form, whose characters and bytes are counted.
pub fn password(field: &'static str, text: &str) -> Result<String, BrokenRule> {
    let normal = normal_password(text);
    let rule = if !(8..=72).contains(&normal.chars().count()) {
        PASSWORD_LENGTH
    } else if normal.len() > MAX_PASSWORD_BYTES {
        PASSWORD_BYTES
    } else if normal.contains(char::is_control) {
        // For bcrypt a NUL is where a password begins anew.
        PASSWORD_CHARACTERS
    } else {
        return Ok(normal);
    };
    Err(rule.at(field))
}

/// A password in the form in which it is hashed and compared: `OpaqueString` of RFC 8265, so that
/// keyboards that compose an accent differently type the same password. What that profile forbids is
/// not refused here: its tables do not know the newest emoji, and they forbid the sign that makes
/// one coloured.
pub fn normal_password(text: &str) -> String {
    text.chars()
        .map(|c| if is_space(c) { ' ' } else { c })
        .nfc()
        .collect()
}

/// Unicode's category Zs: without tabs and breaks of lines.
fn is_space(c: char) -> bool {
    c.is_whitespace() && !is_break(c)
}

fn is_break(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// A person's first or last name. One letter is a name: 李, or the Korean family name O.
pub fn person_name(field: &'static str, text: &str) -> Result<String, BrokenRule> {
    line(text, 1..=50)
        .filter(|name| name.contains(|c: char| c.is_alphabetic() && !is_blank_letter(c)))
        .ok_or(PERSON_NAME.at(field))
}

/// A phone number in E.164, the one spelling in which it is stored and compared. A number without a
/// country's prefix is French.
pub fn phone(field: &'static str, text: &str) -> Result<String, BrokenRule> {
    e164(text).ok_or(PHONE.at(field))
}

fn e164(text: &str) -> Option<String> {
    // The library looks for a number in any text, and reads letters as those of the keys.
    let text = plain(text);
    if text.len() > MAX_PHONE_BYTES || text.contains(char::is_alphabetic) {
        return None;
    }
    let number = PHONE_NUMBER_UTIL.parse(&text, Some(Region::FR)).ok()?;
    let is_plain = number.extension.is_none() && number.is_valid();
    is_plain.then(|| number.format_as(PhoneNumberFormat::E164).into_owned())
}

pub fn https_url(field: &'static str, text: &str) -> Result<String, BrokenRule> {
    let text = text.trim();
    if is_public_https(text) {
        Ok(text.to_owned())
    } else {
        Err(HTTPS_URL.at(field))
    }
}

/// A text of several lines.
pub fn description(text: &str) -> Result<String, BrokenRule> {
    let is_control = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    let text: String = text.nfc().collect();
    if text.chars().count() > MAX_DESCRIPTION_CHARS || text.contains(is_control) {
        return Err(DESCRIPTION.at("description"));
    }
    Ok(text)
}

/// Trims and composes the text; none unless the rest is one line with a length in `chars`
/// characters.
pub fn line(text: &str, chars: std::ops::RangeInclusive<usize>) -> Option<String> {
    let text = composed(text);
    let fits = chars.contains(&text.chars().count()) && !text.contains(is_break);
    fits.then_some(text)
}

/// Trimmed, and each letter composed with its accents (NFC): equal texts are equal bytes.
pub fn composed(text: &str) -> String {
    text.trim().nfc().collect()
}

/// The text as it would be read for links: small letters, without marks that are drawn as nothing, and with the
/// full stops of ASCII for those that count as such in domain names. One that ends a sentence in Chinese or
/// Japanese stays.
pub fn as_link(text: &str) -> String {
    let mut read = String::new();
    let mut left = text.nfkc().filter(|c| !is_invisible(*c)).peekable();
    while let Some(c) = left.next() {
        let is_dot = c == '。' && left.peek().is_some_and(char::is_ascii_alphanumeric);
        read.push(if is_dot { '.' } else { c });
    }
    read.to_lowercase()
}

/// The digits of a code as it was sent, whatever groups and digits it was typed in: `123 456`,
/// `(１２３-４５６)`. `None` if it cannot be one: it has letters, or not [`CODE_DIGITS`] digits.
pub fn typed_code(text: &str) -> Option<String> {
    let text = plain(text);
    let code: String = text.chars().filter(char::is_ascii_digit).collect();
    let is_code = code.len() == CODE_DIGITS && !text.contains(char::is_alphabetic);
    is_code.then_some(code)
}

/// A token as it was sent, without what copying puts around and into it.
pub fn pasted_token(text: &str) -> Cow<'_, str> {
    let is_foreign = |c: char| c.is_whitespace() || is_invisible(c);
    if text.contains(is_foreign) {
        text.replace(is_foreign, "").into()
    } else {
        text.into()
    }
}

/// The zeros of the scripts that have digits of their own (general category Nd), without those that
/// NFKC makes ASCII. Their other digits follow them.
const ZEROS: [char; 68] = [
    '\u{0660}',
    '\u{06f0}',
    '\u{07c0}',
    '\u{0966}',
    '\u{09e6}',
    '\u{0a66}',
    '\u{0ae6}',
    '\u{0b66}',
    '\u{0be6}',
    '\u{0c66}',
    '\u{0ce6}',
    '\u{0d66}',
    '\u{0de6}',
    '\u{0e50}',
    '\u{0ed0}',
    '\u{0f20}',
    '\u{1040}',
    '\u{1090}',
    '\u{17e0}',
    '\u{1810}',
    '\u{1946}',
    '\u{19d0}',
    '\u{1a80}',
    '\u{1a90}',
    '\u{1b50}',
    '\u{1bb0}',
    '\u{1c40}',
    '\u{1c50}',
    '\u{a620}',
    '\u{a8d0}',
    '\u{a900}',
    '\u{a9d0}',
    '\u{a9f0}',
    '\u{aa50}',
    '\u{abf0}',
    '\u{104a0}',
    '\u{10d30}',
    '\u{10d40}',
    '\u{11066}',
    '\u{110f0}',
    '\u{11136}',
    '\u{111d0}',
    '\u{112f0}',
    '\u{11450}',
    '\u{114d0}',
    '\u{11650}',
    '\u{116c0}',
    '\u{116d0}',
    '\u{116da}',
    '\u{11730}',
    '\u{118e0}',
    '\u{11950}',
    '\u{11bf0}',
    '\u{11c50}',
    '\u{11d50}',
    '\u{11da0}',
    '\u{11de0}',
    '\u{11f50}',
    '\u{16130}',
    '\u{16a60}',
    '\u{16ac0}',
    '\u{16b50}',
    '\u{16d70}',
    '\u{1e140}',
    '\u{1e2f0}',
    '\u{1e4f0}',
    '\u{1e5f1}',
    '\u{1e950}',
];

/// With the digits and signs of ASCII for those of other scripts.
fn plain(text: &str) -> String {
    let digit = |c: char| {
        let value = ZEROS.iter().find_map(|zero| {
            u32::from(c)
                .checked_sub(u32::from(*zero))
                .filter(|v| *v < 10)
        });
        value.and_then(|value| char::from_digit(value, 10))
    };
    text.nfkc().map(|c| digit(c).unwrap_or(c)).collect()
}

/// Letters that are drawn as nothing.
const fn is_blank_letter(c: char) -> bool {
    matches!(
        c,
        '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{13441}' | '\u{13442}'
    )
}

/// Marks of direction and of width zero, which chats and web pages put around what is copied.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Whether the text is an unambiguous public https URL without a password; every client shows it as
/// it is.
fn is_public_https(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("https://") else {
        return false;
    };
    // Parsers skip extra slashes and read backslashes as slashes; other readers do not.
    let plain = text.len() <= MAX_URL_BYTES
        && !rest.starts_with('/')
        && text.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    plain && Url::parse(text).is_ok_and(|url| url.username().is_empty() && url.password().is_none())
}

#[cfg(test)]
mod tests;
