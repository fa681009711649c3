//! Values that several third parties have in common.

use provider_http::{Mode, may_be_called};
use url::Url;

use super::reader::Reader;

/// What a provider that was named cannot do without.
pub(super) fn needed<T>(
    reader: &mut Reader<'_>,
    variable: &'static str,
    value: Option<T>,
    because: &str,
) -> Option<T> {
    if value.is_none() {
        reader.require(variable, format!("is required when {because} is set"));
    }
    value
}

/// The address of a third party.
pub(super) fn callable(text: &str, mode: Mode) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("is not a URL: {error}"))?;
    if may_be_called(&url, mode) {
        Ok(url)
    } else {
        Err(
            "is not an https URL; only on a developer's machine may it be http, on loopback"
                .to_owned(),
        )
    }
}

/// Letters, digits and `-`, `_`.
pub(super) fn word(text: &str) -> Result<String, String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if text.chars().all(is_plain) {
        Ok(text.to_owned())
    } else {
        Err("may have letters, digits, - and _ only".to_owned())
    }
}
