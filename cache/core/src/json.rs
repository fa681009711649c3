//! Reads JSON with little code, because the edge's worker has to stay small.

use serde::Deserialize;
use serde::de::Error as _;
use serde_json::Value;

/// What JSON says. It is read as text everywhere: from bytes, the parser would be in the worker twice.
pub fn parse<'a, T: Deserialize<'a>>(body: &'a [u8]) -> serde_json::Result<T> {
    let text = str::from_utf8(body).map_err(serde_json::Error::custom)?;
    serde_json::from_str(text)
}

/// The items of a list, if it is one and each of them can be read.
pub fn list<T>(items: &Value, read: impl Fn(&Value) -> Option<T>) -> Option<Vec<T>> {
    let mut all = Vec::new();
    for item in items.as_array()? {
        all.push(read(item)?);
    }
    Some(all)
}
