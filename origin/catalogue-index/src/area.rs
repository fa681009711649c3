//! Where a list looks for offers: in a disk, in a box, or in what both have in common.

use domain::{GeoPoint, offers::store::GeoBox, offers::store::Near};

use crate::sphere::{Bounds, Point, SLACK, Wedge, chord, square};

/// Where something is, seen from an area.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Outside,
    /// Of points: so near to the border that it has to be measured exactly.
    Border,
    Inside,
}

impl Side {
    /// In both of two areas.
    const fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Outside, _) | (_, Self::Outside) => Self::Outside,
            (Self::Inside, Self::Inside) => Self::Inside,
            (Self::Border, _) | (_, Self::Border) => Self::Border,
        }
    }
}

/// A search disk.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Disk {
    pub centre: GeoPoint,
    pub point: Point,
    pub reach_km: f64,
    /// As a chord.
    pub reach: f32,
    /// What is farther than this chord is outside.
    pub outside_squared: f32,
    /// What is nearer than this chord is inside.
    pub inside_squared: f32,
}

impl Disk {
    /// None if nothing can be in it.
    pub(crate) fn of(near: &Near) -> Option<Self> {
        // A comparison with what is not a number is false.
        (near.max_distance_km >= 0.0).then(|| Self::around(near.centre, near.max_distance_km))
    }

    fn around(centre: GeoPoint, reach_km: f64) -> Self {
        let reach = chord(reach_km);
        Self {
            centre,
            point: Point::of(centre),
            reach_km,
            reach,
            outside_squared: square(reach + SLACK),
            inside_squared: square((reach - SLACK).max(0.0)),
        }
    }

    /// The part of it within this distance.
    pub(crate) fn up_to(&self, distance_km: f64) -> Self {
        Self::around(self.centre, self.reach_km.min(distance_km))
    }

    /// How far a place in the disk is.
    pub(crate) fn distance_km(&self, place: &GeoPoint) -> Option<f64> {
        let distance_km = self.centre.distance_km(place);
        (distance_km <= self.reach_km).then_some(distance_km)
    }

    fn side(&self, (shortest_squared, longest_squared): (f32, f32)) -> Side {
        if shortest_squared > self.outside_squared {
            Side::Outside
        } else if longest_squared < self.inside_squared {
            Side::Inside
        } else {
            Side::Border
        }
    }
}

/// A box on the map.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rectangle {
    within: GeoBox,
    wedge: Wedge,
}

impl Rectangle {
    pub(crate) fn of(within: GeoBox) -> Self {
        let wedge = Wedge::of(within.south, within.west, within.north, within.east);
        Self { within, wedge }
    }

    fn side((least, most): (f32, f32)) -> Side {
        if most < -SLACK {
            Side::Outside
        } else if least > SLACK {
            Side::Inside
        } else {
            Side::Border
        }
    }
}

/// What all of these have in common; without any, everywhere.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Area {
    pub disk: Option<Disk>,
    pub rectangle: Option<Rectangle>,
}

impl Area {
    pub(crate) const fn is_everywhere(&self) -> bool {
        self.disk.is_none() && self.rectangle.is_none()
    }

    pub(crate) fn side_of_bounds(&self, bounds: &Bounds) -> Side {
        let of_disk = |disk: &Disk| disk.side(bounds.chords_squared(&disk.point));
        let disk = self.disk.as_ref().map_or(Side::Inside, of_disk);
        if disk == Side::Outside {
            return disk;
        }
        disk.and(self.rectangle_side(bounds))
    }

    /// Where bounds are, seen from the box alone.
    pub(crate) fn rectangle_side(&self, bounds: &Bounds) -> Side {
        self.rectangle.as_ref().map_or(Side::Inside, |rectangle| {
            Rectangle::side(rectangle.wedge.depths_of_bounds(bounds))
        })
    }

    pub(crate) fn side_of_point(&self, point: &Point) -> Side {
        let of_disk = |disk: &Disk| {
            let chord_squared = point.chord_squared(&disk.point);
            disk.side((chord_squared, chord_squared))
        };
        let disk = self.disk.as_ref().map_or(Side::Inside, of_disk);
        if disk == Side::Outside {
            return disk;
        }
        disk.and(self.rectangle.as_ref().map_or(Side::Inside, |rectangle| {
            let depth = rectangle.wedge.depth(point);
            Rectangle::side((depth, depth))
        }))
    }

    /// Where bounds are that are part of something: nothing is left to measure of what is inside.
    pub(crate) fn bounds_within(&self, around: Side, bounds: &Bounds) -> Side {
        match around {
            Side::Inside | Side::Outside => around,
            Side::Border => self.side_of_bounds(bounds),
        }
    }

    /// As [`Self::bounds_within`], of a point.
    pub(crate) fn point_within(&self, around: Side, point: &Point) -> Side {
        match around {
            Side::Inside | Side::Outside => around,
            Side::Border => self.side_of_point(point),
        }
    }

    /// Exactly.
    pub(crate) fn contains(&self, place: &GeoPoint) -> bool {
        self.is_in_rectangle(place)
            && self
                .disk
                .as_ref()
                .is_none_or(|disk| disk.distance_km(place).is_some())
    }

    pub(crate) fn is_in_rectangle(&self, place: &GeoPoint) -> bool {
        self.rectangle
            .as_ref()
            .is_none_or(|rectangle| rectangle.within.contains(*place))
    }

    /// Exactly, but quickly for what is not near to the border.
    pub(crate) fn has(&self, point: &Point, place: &GeoPoint) -> bool {
        match self.side_of_point(point) {
            Side::Outside => false,
            Side::Inside => true,
            Side::Border => self.contains(place),
        }
    }
}
