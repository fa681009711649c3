//! Locations, as input and as output.

use async_graphql::{InputObject, SimpleObject};
use domain::{
    self, GeoPoint,
    broken::{BrokenRule, LOCATION},
    sentence::Sentence,
};
use pq_core::ErrorCode;
use serde::Deserialize;

use super::directives::cache_control;
use crate::request::errors::Refused;

/// A location in degrees, WGS 84.
#[derive(Clone, Copy, Debug, InputObject, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocationInput {
    pub lat: f64,
    pub lng: f64,
}

impl LocationInput {
    /// Validates the coordinates; returns a GraphQL error if they are out of range.
    pub fn point(self) -> async_graphql::Result<GeoPoint> {
        Ok(self.on_earth()?)
    }

    /// Validates the coordinates as a field of an input.
    pub fn read(self, field: &'static str) -> Result<GeoPoint, BrokenRule> {
        GeoPoint::new(self.lat, self.lng).ok_or(LOCATION.at(field))
    }

    /// Validates the coordinates; returns a refusal if they are out of range.
    pub fn on_earth(self) -> Result<GeoPoint, Refused> {
        GeoPoint::new(self.lat, self.lng).ok_or_else(|| {
            Refused::new(
                ErrorCode::LOCATION_OUT_OF_RANGE,
                Sentence::new(
                    "une latitude va de -90 à 90, une longitude de -180 à 180",
                    "a latitude must be -90 to 90, a longitude -180 to 180",
                ),
            )
        })
    }
}

/// A location in degrees, WGS 84.
#[derive(Clone, Copy, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(Some(86_400), None, None, None))]
pub struct Location {
    pub lat: f64,
    pub lng: f64,
}

impl From<GeoPoint> for Location {
    fn from(point: GeoPoint) -> Self {
        Self {
            lat: point.lat,
            lng: point.lng,
        }
    }
}

#[derive(Clone, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(Some(86_400), None, None, None))]
pub struct Address {
    pub street: String,
    pub city: String,
    pub postal_code: String,
    pub country: String,
}

impl From<domain::Address> for Address {
    fn from(address: domain::Address) -> Self {
        Self {
            street: address.street,
            city: address.city,
            postal_code: address.postcode,
            country: address.country,
        }
    }
}
