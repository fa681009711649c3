//! What Google Maps finds.

use serde::Deserialize;
use serde_json::Value;

/// What is found for streets and texts that contain `asked`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Place {
    pub(crate) asked: String,
    /// Results as Geocoding v4 writes them.
    pub(crate) results: Vec<Value>,
}
