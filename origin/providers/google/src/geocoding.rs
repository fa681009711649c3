//! Geocoding API v4: `GET /v4/geocode/address` with an address in parts.

use domain::{
    Address, GeoPoint,
    maps::{Candidate, Precision},
    sentence::Language,
};
use provider_http::Provider as Http;
use reqwest::{Method, RequestBuilder};
use serde::Deserialize;

use crate::wire::{LatLng, language_code};

pub(crate) const FIELDS: &str = "results.location,results.granularity,results.formattedAddress,\
    results.postalAddress.postalCode,results.postalAddress.regionCode";

pub(crate) fn request(http: &Http, address: &Address, language: Language) -> RequestBuilder {
    let mut url = http.url(&["v4", "geocode", "address"]);
    url.query_pairs_mut()
        .append_pair("address.addressLines", &address.street)
        .append_pair("address.locality", &address.city)
        .append_pair("address.postalCode", &address.postcode)
        .append_pair("address.regionCode", &address.country)
        .append_pair("languageCode", language_code(language));
    http.request(Method::GET, url)
}

/// Without results it is empty.
#[derive(Deserialize)]
pub(crate) struct Found {
    #[serde(default)]
    results: Vec<GeocodeResult>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GeocodeResult {
    location: Option<LatLng>,
    #[serde(default)]
    granularity: String,
    #[serde(default)]
    formatted_address: String,
    postal_address: Option<PostalAddress>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PostalAddress {
    postal_code: Option<String>,
    region_code: Option<String>,
}

impl Found {
    pub(crate) fn candidates(self) -> Vec<Candidate> {
        let candidates = self.results.into_iter().filter_map(|result| {
            let at = result.location?;
            let (postcode, country) = match result.postal_address {
                Some(address) => (address.postal_code, address.region_code),
                None => (None, None),
            };
            Some(Candidate {
                address: result.formatted_address,
                location: GeoPoint::new(at.latitude, at.longitude)?,
                precision: precision(&result.granularity),
                postcode,
                country,
            })
        });
        candidates.collect()
    }
}

fn precision(granularity: &str) -> Precision {
    match granularity {
        "ROOFTOP" | "RANGE_INTERPOLATED" => Precision::Building,
        // GEOMETRIC_CENTER, APPROXIMATE, and what comes later.
        _ => Precision::Area,
    }
}
