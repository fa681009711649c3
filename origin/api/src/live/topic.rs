//! What somebody waits for.

use cache_core::{Tag, geo};
use domain::{BookingId, GeoPoint, tags};

/// What one subscription is about.
#[derive(Clone, Debug, PartialEq)]
pub enum Topic {
    /// Changes of what this tag names, such as one booking.
    Thing(Tag),
    /// Offers that appear within reach of a place.
    Offers(Reach),
}

impl Topic {
    /// Changes of a booking: each of them purges this tag.
    pub fn booking(id: &BookingId) -> Self {
        Self::Thing(tags::booking(id))
    }
}

/// A place, and how far around it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reach {
    centre: GeoPoint,
    radius_km: f64,
}

impl Reach {
    /// None when no few cells cover it: off the earth, or too wide.
    pub fn new(centre: GeoPoint, radius_km: f64) -> Option<Self> {
        geo::cover(centre.lat, centre.lng, radius_km)?;
        Some(Self { centre, radius_km })
    }

    /// At most 19 cells that cover it.
    pub fn cells(self) -> Vec<u64> {
        geo::cover(self.centre.lat, self.centre.lng, self.radius_km).unwrap_or_default()
    }

    /// How far a point is from the place, kilometres, if it is within reach.
    pub fn distance_km(self, point: GeoPoint) -> Option<f64> {
        let distance_km = self.centre.distance_km(&point);
        (distance_km <= self.radius_km).then_some(distance_km)
    }
}
