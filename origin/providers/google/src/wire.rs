//! What Google's services write alike.

use domain::{GeoPoint, sentence::Language};
use serde::{Deserialize, Serialize};

/// google.type.LatLng.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(crate) struct LatLng {
    /// Left out when it is 0.
    #[serde(default)]
    pub(crate) latitude: f64,
    #[serde(default)]
    pub(crate) longitude: f64,
}

impl From<GeoPoint> for LatLng {
    fn from(point: GeoPoint) -> Self {
        Self {
            latitude: point.lat,
            longitude: point.lng,
        }
    }
}

pub(crate) const fn language_code(language: Language) -> &'static str {
    match language {
        Language::French => "fr",
        Language::English => "en",
    }
}
