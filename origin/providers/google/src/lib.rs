//! Google Maps: Geocoding v4, Autocomplete of Places (New), and Compute Route Matrix of Routes
//! (developers.google.com/maps/documentation). Nothing is kept of what Google answers.

mod errors;
mod geocoding;
mod matrix;
mod suggestions;
mod wire;

use std::{fmt, time::Duration};

use async_trait::async_trait;
use domain::{
    Address, GeoPoint,
    maps::{
        Candidate, Maps, MapsError, Suggestion, Typed,
        travel::{By, Way},
    },
    secret::Secret,
    sentence::Language,
};
use provider_http::{Answer, Mode, Provider as Http, SetupError};
use reqwest::{RequestBuilder, header::HeaderValue};
use serde::de::DeserializeOwned;
use url::Url;

#[derive(Clone, Debug)]
pub struct Config {
    /// `https://geocode.googleapis.com`.
    pub geocoding: Url,
    /// `https://places.googleapis.com`.
    pub places: Url,
    /// `https://routes.googleapis.com`.
    pub routes: Url,
    pub mode: Mode,
    pub timeout: Duration,
    /// Sent in a header, so that no address has it.
    pub key: Secret,
}

#[derive(Clone)]
pub struct Google {
    geocoding: Http,
    places: Http,
    routes: Http,
    key: Secret,
}

impl Google {
    pub fn new(config: &Config) -> Result<Self, SetupError> {
        let http = |base| Http::new(base, config.mode, config.timeout);
        Ok(Self {
            geocoding: http(&config.geocoding)?,
            places: http(&config.places)?,
            routes: http(&config.routes)?,
            key: config.key.clone(),
        })
    }

    /// Sends a request for these fields of the answer, and reads it.
    async fn ask<T: DeserializeOwned>(
        &self,
        http: &Http,
        request: RequestBuilder,
        fields: &'static str,
    ) -> Result<T, MapsError> {
        let mut key = HeaderValue::from_bytes(self.key.expose())
            .map_err(|_| refused("the key is no header"))?;
        key.set_sensitive(true);
        let request = request
            .header("x-goog-api-key", key)
            .header("x-goog-fieldmask", fields);
        let answer = http.send(request).await.map_err(errors::unanswered)?;
        read(&answer)
    }
}

/// Reads a good answer, or why there is none.
fn read<T: DeserializeOwned>(answer: &Answer) -> Result<T, MapsError> {
    if !answer.status.is_success() {
        return Err(errors::error(answer));
    }
    serde_json::from_slice(&answer.body).map_err(|_| MapsError::Later {
        why: answer.why(Some("unreadable answer"), ""),
        after_ms: None,
    })
}

fn refused(why: &str) -> MapsError {
    MapsError::Refused {
        why: why.to_owned(),
    }
}

impl fmt::Debug for Google {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Google").field(&self.geocoding).finish()
    }
}

#[async_trait]
impl Maps for Google {
    async fn geocode(
        &self,
        address: &Address,
        language: Language,
    ) -> Result<Vec<Candidate>, MapsError> {
        let request = geocoding::request(&self.geocoding, address, language);
        let found: geocoding::Found = self
            .ask(&self.geocoding, request, geocoding::FIELDS)
            .await?;
        Ok(found.candidates())
    }

    async fn suggest(&self, typed: &Typed) -> Result<Vec<Suggestion>, MapsError> {
        let request = suggestions::request(&self.places, typed);
        let found: suggestions::Found =
            self.ask(&self.places, request, suggestions::FIELDS).await?;
        Ok(found.suggestions())
    }

    async fn ways(&self, from: GeoPoint, to: &[GeoPoint], by: By) -> Result<Vec<Way>, MapsError> {
        if to.is_empty() {
            return Ok(Vec::new());
        }
        let request = matrix::request(&self.routes, from, to, by);
        let elements: Vec<matrix::Element> =
            self.ask(&self.routes, request, matrix::FIELDS).await?;
        Ok(matrix::ways(&elements, to.len()))
    }
}

#[cfg(test)]
mod tests;
