//! Autocomplete of Places (New): `POST /v1/places:autocomplete`.

use domain::maps::{Suggestion, Typed};
use provider_http::Provider as Http;
use reqwest::{Method, RequestBuilder};
use serde::{Deserialize, Serialize};

use crate::wire::{LatLng, language_code};

pub(crate) const FIELDS: &str = "suggestions.placePrediction.placeId,\
    suggestions.placePrediction.text.text,\
    suggestions.placePrediction.structuredFormat.mainText.text,\
    suggestions.placePrediction.structuredFormat.secondaryText.text";
/// Places this near come first.
const NEAR_METRES: f64 = 20_000.0;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Asked<'t> {
    input: &'t str,
    session_token: &'t str,
    language_code: &'static str,
    /// How addresses are written.
    region_code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    location_bias: Option<Bias>,
}

#[derive(Serialize)]
struct Bias {
    circle: Circle,
}

#[derive(Serialize)]
struct Circle {
    center: LatLng,
    radius: f64,
}

pub(crate) fn request(http: &Http, typed: &Typed) -> RequestBuilder {
    let bias = |near| Bias {
        circle: Circle {
            center: LatLng::from(near),
            radius: NEAR_METRES,
        },
    };
    let asked = Asked {
        input: &typed.text,
        session_token: &typed.session,
        language_code: language_code(typed.language),
        region_code: "fr",
        location_bias: typed.near.map(bias),
    };
    http.request(Method::POST, http.url(&["v1", "places:autocomplete"]))
        .json(&asked)
}

/// Without suggestions it is empty.
#[derive(Deserialize)]
pub(crate) struct Found {
    #[serde(default)]
    suggestions: Vec<Suggested>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Suggested {
    place_prediction: Option<PlacePrediction>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PlacePrediction {
    place_id: String,
    text: Text,
    structured_format: Option<StructuredFormat>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StructuredFormat {
    main_text: Option<Text>,
    secondary_text: Option<Text>,
}

#[derive(Deserialize)]
struct Text {
    text: String,
}

impl Found {
    pub(crate) fn suggestions(self) -> Vec<Suggestion> {
        let predictions = self.suggestions.into_iter();
        let predictions = predictions.filter_map(|suggested| suggested.place_prediction);
        let suggestions = predictions.map(|prediction| {
            let (main, secondary) = match prediction.structured_format {
                Some(format) => (format.main_text, format.secondary_text),
                None => (None, None),
            };
            let text = prediction.text.text;
            Suggestion {
                place_id: prediction.place_id,
                main: main.map_or_else(|| text.clone(), |main| main.text),
                secondary: secondary.map(|secondary| secondary.text),
                text,
            }
        });
        suggestions.collect()
    }
}
