//! Validation rules for input fields; a refusal names the field and the rule.

use async_graphql::{Error, ErrorExtensions as _};
use domain::{
    texts::{MAX_PASSWORD_BYTES, is_email, is_phone, is_public_https},
    users::account::Language,
};
use pq_core::ErrorCode;
use validator::{Validate, ValidationError};

use super::errors::refused;

/// A rule; its word appears in `extensions.rule`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    Email,
    PasswordLength,
    PasswordBytes,
    NameLength,
    Phone,
    HttpsUrl,
    Version,
}

impl Rule {
    const ALL: [Self; 7] = [
        Self::Email,
        Self::PasswordLength,
        Self::PasswordBytes,
        Self::NameLength,
        Self::Phone,
        Self::HttpsUrl,
        Self::Version,
    ];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "EMAIL",
            Self::PasswordLength => "PASSWORD_LENGTH",
            Self::PasswordBytes => "PASSWORD_BYTES",
            Self::NameLength => "NAME_LENGTH",
            Self::Phone => "PHONE_E164",
            Self::HttpsUrl => "HTTPS_URL",
            Self::Version => "VERSION",
        }
    }

    const fn sentence(self, language: Language) -> &'static str {
        match (self, language) {
            (Self::Email, Language::English) => "is not an e-mail address",
            (Self::Email, Language::French) => "n’est pas une adresse e-mail",
            (Self::PasswordLength, Language::English) => "has 8 to 72 characters",
            (Self::PasswordLength, Language::French) => "compte de 8 à 72 caractères",
            (Self::PasswordBytes, Language::English) => {
                "has at most 72 bytes: accents and emoji count for several"
            }
            (Self::PasswordBytes, Language::French) => {
                "compte au plus 72 octets : accents et emoji en prennent plusieurs"
            }
            (Self::NameLength, Language::English) => "has 2 to 50 characters on one line",
            (Self::NameLength, Language::French) => "compte de 2 à 50 caractères sur une ligne",
            (Self::Phone, Language::English) => "is a number such as +33612345678",
            (Self::Phone, Language::French) => "est un numéro comme +33612345678",
            (Self::HttpsUrl, Language::English) => "is an https address",
            (Self::HttpsUrl, Language::French) => "est une adresse https",
            (Self::Version, Language::English) => "has 1 to 50 characters on one line",
            (Self::Version, Language::French) => "compte de 1 à 50 caractères sur une ligne",
        }
    }

    fn broken(self) -> ValidationError {
        ValidationError::new(self.as_str())
    }
}

fn keep(good: bool, rule: Rule) -> Result<(), ValidationError> {
    if good { Ok(()) } else { Err(rule.broken()) }
}

fn is_line(text: &str, chars: std::ops::RangeInclusive<usize>) -> bool {
    chars.contains(&text.trim().chars().count()) && !text.contains(char::is_control)
}

pub fn email(text: &str) -> Result<(), ValidationError> {
    keep(is_email(text.trim()), Rule::Email)
}

pub fn password(text: &str) -> Result<(), ValidationError> {
    // For bcrypt a NUL is where a password begins anew.
    let good = (8..=72).contains(&text.chars().count()) && !text.contains('\0');
    keep(good, Rule::PasswordLength)?;
    keep(text.len() <= MAX_PASSWORD_BYTES, Rule::PasswordBytes)
}

pub fn name(text: &str) -> Result<(), ValidationError> {
    keep(is_line(text, 2..=50), Rule::NameLength)
}

pub fn phone(text: &str) -> Result<(), ValidationError> {
    keep(is_phone(text), Rule::Phone)
}

pub fn https_url(text: &str) -> Result<(), ValidationError> {
    keep(is_public_https(text), Rule::HttpsUrl)
}

pub fn version(text: &str) -> Result<(), ValidationError> {
    keep(is_line(text, 1..=50), Rule::Version)
}

/// Refuses an input that breaks a rule; reports the first such field by name.
pub fn check(input: &impl Validate, language: Language) -> Result<(), Error> {
    let Err(errors) = input.validate() else {
        return Ok(());
    };
    let errors = errors.field_errors();
    let mut broken: Vec<(String, &str)> = errors
        .iter()
        .filter_map(|(field, errors)| Some((camel(field), errors.first()?.code.as_ref())))
        .collect();
    broken.sort_unstable();
    let (field, code) = broken.swap_remove(0);
    Err(broken_rule(&field, code, language))
}

fn broken_rule(field: &str, code: &str, language: Language) -> Error {
    let rule = Rule::ALL.into_iter().find(|rule| rule.as_str() == code);
    let sentence = rule.map_or("", |rule| rule.sentence(language));
    refused(ErrorCode::BAD_USER_INPUT, format!("`{field}` {sentence}")).extend_with(
        |_, extensions| {
            extensions.set("field", field);
            extensions.set("rule", code);
        },
    )
}

/// Converts a Rust field name to GraphQL's camelCase.
fn camel(field: &str) -> String {
    let mut upper = false;
    let mut name = String::new();
    for c in field.chars() {
        if c == '_' {
            upper = true;
        } else if upper {
            name.push(c.to_ascii_uppercase());
            upper = false;
        } else {
            name.push(c);
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_has_its_bounds() {
        type Check = fn(&str) -> Result<(), ValidationError>;
        let (long, longer) = ("x".repeat(72), "x".repeat(73));
        let (wide, wider) = ("é".repeat(36), "é".repeat(37));
        let table: [(Check, &[&str], &[&str]); 6] = [
            (
                email,
                &["a@b.fr", " Ana.Petit+x@exemple.co.uk "],
                &[
                    "",
                    "a",
                    "a@",
                    "@b.fr",
                    "a b@c.fr",
                    "a@b..fr",
                    "a@b.fr, c@d.fr",
                ],
            ),
            (
                password,
                &["12345678", &long, &wide],
                &["", "1234567", &longer, &wider, "12345678\0"],
            ),
            (
                name,
                &["Zo", "Jean-Luc d'Été", &long[..50]],
                &["", "Z", " Z ", &long[..51], "Z\no"],
            ),
            (
                phone,
                &["+33612345678", "+12345678", "+123456789012345"],
                &[
                    "",
                    "+",
                    "0612345678",
                    "+0612345678",
                    "+1234567",
                    "+33 6",
                    "+1234567890123456",
                    "+３３６１２３４５６７８",
                ],
            ),
            (
                https_url,
                &["https://example.fr/a.jpg"],
                &[
                    "",
                    "http://example.fr",
                    "javascript:alert(1)",
                    "https://a:b@example.fr/",
                ],
            ),
            (version, &["1", "2026-06"], &["", " ", "a\nb", &long[..51]]),
        ];
        for (number, (check, good, bad)) in table.into_iter().enumerate() {
            for text in good {
                assert!(check(text).is_ok(), "{number} {text}");
            }
            for text in bad {
                assert!(check(text).is_err(), "{number} {text}");
            }
        }
        assert_eq!(password(&wider).unwrap_err().code, "PASSWORD_BYTES");
    }

    #[test]
    fn every_rule_is_a_word_and_a_sentence_in_each_language() {
        for rule in Rule::ALL {
            let french = rule.sentence(Language::French);
            assert_ne!(french, rule.sentence(Language::English));
            let error = broken_rule("x", rule.as_str(), Language::French);
            assert_eq!(error.message, format!("`x` {french}"));
        }
    }
}
