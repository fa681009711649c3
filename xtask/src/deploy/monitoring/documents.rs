//! Reads the files that are checked.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

pub(super) fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

pub(super) fn yaml(path: &Path) -> Result<Value> {
    serde_norway::from_str(&read(path)?).with_context(|| format!("{} is no YAML", path.display()))
}

/// The texts under `key`, at any depth.
pub(super) fn texts_of<'a>(
    document: &'a Value,
    key: &'a str,
) -> Box<dyn Iterator<Item = &'a str> + 'a> {
    match document {
        Value::Object(entries) => {
            let own = entries.get(key).and_then(Value::as_str);
            let below = entries.values().flat_map(move |value| texts_of(value, key));
            Box::new(own.into_iter().chain(below))
        }
        Value::Array(items) => Box::new(items.iter().flat_map(move |item| texts_of(item, key))),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            Box::new(std::iter::empty())
        }
    }
}
