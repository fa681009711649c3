//! Locations, as input and as output.

use async_graphql::{InputObject, SimpleObject};
use domain::{
    self, GeoPoint,
    broken::{BrokenRule, LOCATION},
    offers::{codes::BOX_INVALID, store::GeoBox},
    sentence::Sentence,
};
use pq_core::ErrorCode;
use serde::Deserialize;

use super::directives::cache_control;
use crate::request::errors::{Refused, refused};

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

/// What lies between two parallels and two meridians, in degrees, WGS 84. It does not cross the 180th
/// meridian.
#[derive(Clone, Copy, Debug, InputObject)]
pub struct BoxInput {
    south: f64,
    west: f64,
    north: f64,
    east: f64,
}

impl BoxInput {
    /// Validates the corners, and that it is at most so many degrees high and wide.
    pub fn at_most(self, degrees: f64) -> async_graphql::Result<GeoBox> {
        let Self {
            south,
            west,
            north,
            east,
        } = self;
        let corners = [(south, west), (north, east)];
        let are_on_earth = corners
            .iter()
            .all(|(lat, lng)| GeoPoint::new(*lat, *lng).is_some());
        let size = 0.0..=degrees;
        if are_on_earth && size.contains(&(north - south)) && size.contains(&(east - west)) {
            return Ok(GeoBox {
                south,
                west,
                north,
                east,
            });
        }
        let sentence = Sentence::with(
            format!(
                "`box` : `south` ≤ `north` et `west` ≤ `east`, sur la Terre, au plus {degrees} degrés"
            ),
            format!(
                "`box` has `south` ≤ `north` and `west` ≤ `east`, on the Earth, at most {degrees} degrees"
            ),
        );
        Err(refused(BOX_INVALID, sentence))
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

/// A postal address.
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
