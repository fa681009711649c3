//! Words that are stored for enums.

use crate::error::SqliteError;

/// The value that a stored word names; `what` is the column's name in the error.
pub fn word<T>(
    what: &'static str,
    text: &str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<T, SqliteError> {
    parse(text).ok_or_else(|| SqliteError::corrupt(what, &text))
}

/// Like [`word`], of a column that may be empty.
pub fn optional_word<T>(
    what: &'static str,
    text: Option<String>,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, SqliteError> {
    text.map(|text| word(what, &text, parse)).transpose()
}
