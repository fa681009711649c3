//! The topics of subscriptions.

use cache_core::{Tag, geo};
use domain::{BookingId, GeoPoint, PartnerId, UserId, tags};

/// What a subscription is about.
#[derive(Clone, Debug, PartialEq)]
pub enum Topic {
    /// Changes of the entity with this tag, such as a booking.
    Thing(Tag),
    /// Offers published within this area.
    Offers(Reach),
}

impl Topic {
    /// The topic of a booking: each change of it purges this tag.
    pub fn booking(id: &BookingId) -> Self {
        Self::Thing(tags::booking(id))
    }

    /// The topic of a partner's bookings: each change of one purges this tag.
    pub fn bookings_of(partner: &PartnerId) -> Self {
        Self::Thing(tags::bookings_of(partner))
    }

    /// The topic of an inbox: each new entry that is announced purges this tag.
    pub fn inbox(user: &UserId) -> Self {
        Self::Thing(tags::inbox(user))
    }
}

/// An area: a centre and a radius.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reach {
    centre: GeoPoint,
    radius_km: f64,
}

impl Reach {
    /// The area; `None` if the centre is not on the earth or the radius needs too many H3 cells.
    pub fn new(centre: GeoPoint, radius_km: f64) -> Option<Self> {
        geo::cover(centre.lat, centre.lng, radius_km)?;
        Some(Self { centre, radius_km })
    }

    /// The H3 cells that cover the area, at most 19.
    pub fn cells(self) -> Vec<u64> {
        geo::cover(self.centre.lat, self.centre.lng, self.radius_km).unwrap_or_default()
    }

    /// The distance from the centre to a point in kilometres; `None` if the point is outside.
    pub fn distance_km(self, point: GeoPoint) -> Option<f64> {
        let distance_km = self.centre.distance_km(&point);
        (distance_km <= self.radius_km).then_some(distance_km)
    }
}
