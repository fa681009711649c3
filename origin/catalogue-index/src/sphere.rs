//! Positions as points of the unit sphere: there, what is nearer on the Earth is nearer in a
//! straight line, also across the poles and the 180th meridian, and comparing needs no trigonometry.
//!
//! Points are `f32`: exact to less than a metre. They only rule out what is too far; whatever is
//! within [`SLACK`] of a limit is measured exactly.

use domain::{EARTH_RADIUS_KM, GeoPoint};

/// More than rounding to `f32` can change a chord by; about six metres.
pub(crate) const SLACK: f32 = 1e-6;

/// The longest chord: the diameter.
pub(crate) const LONGEST: f32 = 2.0;

/// A point of the unit sphere.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Point([f32; 3]);

impl Point {
    pub(crate) fn of(place: GeoPoint) -> Self {
        let (lat_sin, lat_cos) = place.lat.to_radians().sin_cos();
        let (lng_sin, lng_cos) = place.lng.to_radians().sin_cos();
        Self([lat_cos * lng_cos, lat_cos * lng_sin, lat_sin].map(narrow))
    }

    /// The square of the straight line to another point.
    pub(crate) fn chord_squared(&self, other: &Self) -> f32 {
        (0..3)
            .map(|axis| square(self.0[axis] - other.0[axis]))
            .sum()
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "rounds; SLACK allows for it"
)]
const fn narrow(value: f64) -> f32 {
    value as f32
}

/// The straight line between two points that are this far apart on the Earth's surface.
pub(crate) fn chord(distance_km: f64) -> f32 {
    let half_angle = distance_km / EARTH_RADIUS_KM / 2.0;
    narrow(2.0 * half_angle.min(std::f64::consts::FRAC_PI_2).sin())
}

/// A box around points.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    least: [f32; 3],
    most: [f32; 3],
}

impl Bounds {
    /// Around nothing.
    pub(crate) const EMPTY: Self = Self {
        least: [f32::INFINITY; 3],
        most: [f32::NEG_INFINITY; 3],
    };

    pub(crate) fn around(point: &Point) -> Self {
        Self {
            least: point.0,
            most: point.0,
        }
    }

    pub(crate) fn and(self, other: &Self) -> Self {
        Self {
            least: std::array::from_fn(|axis| self.least[axis].min(other.least[axis])),
            most: std::array::from_fn(|axis| self.most[axis].max(other.most[axis])),
        }
    }

    /// The place in the middle.
    pub(crate) fn middle(&self) -> GeoPoint {
        let [x, y, z] = std::array::from_fn(|axis| {
            f64::midpoint(self.least[axis].into(), self.most[axis].into())
        });
        GeoPoint {
            lat: z.atan2(x.hypot(y)).to_degrees(),
            lng: y.atan2(x).to_degrees(),
        }
    }

    /// The squares of the shortest and the longest straight line from a point into the box.
    pub(crate) fn chords_squared(&self, from: &Point) -> (f32, f32) {
        let mut shortest = 0.0;
        let mut longest = 0.0;
        for axis in 0..3 {
            let (low, high) = (
                self.least[axis] - from.0[axis],
                from.0[axis] - self.most[axis],
            );
            shortest += square(low.max(high).max(0.0));
            longest += square(low.abs().max(high.abs()));
        }
        (shortest, longest)
    }
}

pub(crate) const fn square(value: f32) -> f32 {
    value * value
}

/// What lies between two parallels and two meridians: on the inner side of four planes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wedge {
    south: f32,
    north: f32,
    /// The inner normals of the planes of the two meridians, in the plane of the equator.
    west: [f32; 2],
    east: [f32; 2],
}

impl Wedge {
    /// Degrees; less than 180 between the meridians.
    pub(crate) fn of(south: f64, west: f64, north: f64, east: f64) -> Self {
        let sine = |degrees: f64| narrow(degrees.to_radians().sin());
        let (west_sin, west_cos) = west.to_radians().sin_cos();
        let (east_sin, east_cos) = east.to_radians().sin_cos();
        Self {
            south: sine(south),
            north: sine(north),
            west: [-west_sin, west_cos].map(narrow),
            east: [east_sin, -east_cos].map(narrow),
        }
    }

    /// How deep a point is inside; negative outside.
    pub(crate) fn depth(&self, point: &Point) -> f32 {
        let Point([x, y, z]) = *point;
        let of_plane = |normal: [f32; 2]| normal[0] * x + normal[1] * y;
        (z - self.south)
            .min(self.north - z)
            .min(of_plane(self.west))
            .min(of_plane(self.east))
    }

    /// At least so deep is every point of a box, and none is deeper than that.
    pub(crate) fn depths_of_bounds(&self, bounds: &Bounds) -> (f32, f32) {
        let [low, high] = [bounds.least, bounds.most];
        let of_plane = |normal: [f32; 2]| {
            let ends = |axis: usize| (normal[axis] * low[axis], normal[axis] * high[axis]);
            let (x, y) = (ends(0), ends(1));
            (x.0.min(x.1) + y.0.min(y.1), x.0.max(x.1) + y.0.max(y.1))
        };
        let (west, east) = (of_plane(self.west), of_plane(self.east));
        let least = (low[2] - self.south)
            .min(self.north - high[2])
            .min(west.0)
            .min(east.0);
        let most = (high[2] - self.south)
            .min(self.north - low[2])
            .min(west.1)
            .min(east.1);
        (least, most)
    }
}
