//! What the fake of Veriff remembers.

use serde::Serialize;
use serde_json::Value;

/// A session that was begun.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) vendor_data: Value,
    /// All of them, the last one counts.
    pub(crate) decisions: Vec<Value>,
    pub(crate) deleted: bool,
}
