//! The rectangles that hold a disk.

use domain::{EARTH_RADIUS_KM, GeoPoint};
use rusqlite::types::Value;

/// Boxes are wider than their disk by this part: their corners are computed with rounding.
const BOX_MARGIN: f64 = 1e-9;

/// A rectangle of degrees that does not cross the antimeridian.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct GeoBox {
    south: f64,
    north: f64,
    west: f64,
    east: f64,
}

impl GeoBox {
    pub(super) fn params(&self) -> [Value; 4] {
        [
            self.south.into(),
            self.north.into(),
            self.west.into(),
            self.east.into(),
        ]
    }
}

/// Disjoint rectangles that hold every point within `radius_km`; two when the disk crosses the
/// antimeridian.
pub(super) fn boxes(centre: GeoPoint, radius_km: f64) -> Vec<GeoBox> {
    if radius_km.is_nan() || radius_km < 0.0 {
        return Vec::new();
    }
    let angle = (radius_km / EARTH_RADIUS_KM) * (1.0 + BOX_MARGIN) + BOX_MARGIN;
    let half_height = angle.to_degrees();
    let (south, north) = (centre.lat - half_height, centre.lat + half_height);
    if south <= -90.0 || north >= 90.0 {
        // The disk holds a pole: every meridian passes through it.
        return vec![GeoBox {
            south: south.max(-90.0),
            north: north.min(90.0),
            west: -180.0,
            east: 180.0,
        }];
    }
    // The widest parallel of the disk is not its centre's; the tangent meridians give the width.
    let half_width = (angle.sin() / centre.lat.to_radians().cos())
        .min(1.0)
        .asin()
        .to_degrees()
        + BOX_MARGIN;
    let (west, east) = (centre.lng - half_width, centre.lng + half_width);
    if west < -180.0 {
        vec![
            GeoBox {
                south,
                north,
                west: -180.0,
                east,
            },
            GeoBox {
                south,
                north,
                west: west + 360.0,
                east: 180.0,
            },
        ]
    } else if east > 180.0 {
        vec![
            GeoBox {
                south,
                north,
                west,
                east: 180.0,
            },
            GeoBox {
                south,
                north,
                west: -180.0,
                east: east - 360.0,
            },
        ]
    } else {
        vec![GeoBox {
            south,
            north,
            west,
            east,
        }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Half way around the Earth: no distance is greater.
    const GREATEST_DISTANCE_KM: f64 = EARTH_RADIUS_KM * std::f64::consts::PI;

    fn holds(areas: &[GeoBox], point: &GeoPoint) -> usize {
        areas
            .iter()
            .filter(|a| {
                (a.south..=a.north).contains(&point.lat) && (a.west..=a.east).contains(&point.lng)
            })
            .count()
    }

    #[test]
    fn every_point_of_the_disk_is_in_exactly_one_box() {
        let centres = [
            (48.8566, 2.3522),
            (0.0, 179.99),
            (-17.8, -179.95),
            (89.9, 10.0),
            (-89.99, -170.0),
            (70.0, 179.0),
            (90.0, 0.0),
            (0.0, 180.0),
        ];
        for (lat, lng) in centres {
            let centre = GeoPoint::new(lat, lng).unwrap();
            for radius_km in [
                0.0,
                0.5,
                10.0,
                400.0,
                6_000.0,
                11_000.0,
                GREATEST_DISTANCE_KM,
            ] {
                let areas = boxes(centre, radius_km);
                let mut inside = 0;
                for step_lat in -180..=180 {
                    for step_lng in -180..=180 {
                        // A grid over the disk's surroundings, wrapped as longitudes are.
                        let scale = (radius_km / 111.0).max(0.001) / 150.0;
                        let lat = centre.lat + f64::from(step_lat) * scale;
                        let stretch = scale / centre.lat.to_radians().cos().max(0.01);
                        let lng = (centre.lng + f64::from(step_lng) * stretch + 540.0)
                            .rem_euclid(360.0)
                            - 180.0;
                        let Some(point) = GeoPoint::new(lat, lng) else {
                            continue;
                        };
                        if centre.distance_km(&point) <= radius_km {
                            inside += 1;
                            assert_eq!(
                                holds(&areas, &point),
                                1,
                                "{centre:?} {radius_km} {point:?}"
                            );
                        }
                    }
                }
                assert!(inside > 0 || radius_km == 0.0, "{centre:?} {radius_km}");
            }
        }
    }

    #[test]
    fn no_reach_is_no_box() {
        let centre = GeoPoint::new(48.0, 2.0).unwrap();
        assert_eq!(boxes(centre, -1.0), []);
        assert_eq!(boxes(centre, f64::NAN), []);
        assert_eq!(boxes(centre, f64::INFINITY).len(), 1);
    }
}
