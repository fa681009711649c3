//! H3 cells (<https://h3geo.org>). All positions in one cell are treated as its centre, so that a
//! "near me" query has the same cache key for everybody in the cell.

use h3o::{CellIndex, LatLng, Resolution};

/// The coarsest resolution in use: cells of about 69 km edge, for disks of up to 100 km.
pub const COARSEST: u8 = 3;
/// The finest resolution in use: cells of about 0.5 km edge.
pub const FINEST: u8 = 8;

/// The cells within [`DISK`] steps of a middle cell are 19. On a regular grid they cover a circle
/// of 2.73 cell edges around any point of the middle cell. H3 cells are distorted, so only 0.6 of
/// that radius is relied upon.
const REACH_IN_EDGES: f64 = 2.73 * 0.6;
const DISK: u32 = 2;

/// Mean radius of the Earth (IUGG), km.
pub const EARTH_RADIUS_KM: f64 = 6371.0088;
/// What is added to a cell's radius, km: far more than rounding can change a distance by.
const ROUNDING_KM: f64 = 0.001;

/// Great-circle distance between two points (latitude and longitude in degrees) by the haversine
/// formula, km. The same bits on every target: the sines of a platform's own library differ in the
/// last one.
pub fn distance_km(from: (f64, f64), to: (f64, f64)) -> f64 {
    let (lat_a, lat_b) = (from.0.to_radians(), to.0.to_radians());
    let half_lat = libm::sin((lat_b - lat_a) / 2.0);
    let half_lng = libm::sin((to.1 - from.1).to_radians() / 2.0);
    let h = half_lat * half_lat + libm::cos(lat_a) * libm::cos(lat_b) * half_lng * half_lng;
    // Rounding may push h slightly above 1 for antipodes, where asin is NaN.
    2.0 * EARTH_RADIUS_KM * libm::asin(h.sqrt().min(1.0))
}

/// A distance as answers say it, in kilometres: more than metres would be noise.
pub fn to_the_metre(km: f64) -> f64 {
    (km * 1_000.0).round() / 1_000.0
}

fn resolution(resolution: u8) -> Option<Resolution> {
    Resolution::try_from(resolution).ok()
}

/// The cell that a point lies in; `None` outside latitude ±90°, longitude ±180° or resolution 0–15.
pub fn cell(lat: f64, lng: f64, at: u8) -> Option<u64> {
    if !(-90.0..=90.0).contains(&lat) || !(-180.0..=180.0).contains(&lng) {
        return None;
    }
    Some(LatLng::new(lat, lng).ok()?.to_cell(resolution(at)?).into())
}

/// The centre of a cell in degrees, rounded to 7 decimals (about a centimetre) so that it has the
/// same text on every target; `None` when the number is not an H3 cell.
pub fn centre(cell: u64) -> Option<(f64, f64)> {
    let centre = LatLng::from(CellIndex::try_from(cell).ok()?);
    let round = |degrees: f64| (degrees * 1e7).round() / 1e7;
    Some((round(centre.lat()), round(centre.lng())))
}

/// The corners of a cell in degrees, in order around it; `None` when the number is not an H3 cell.
pub fn boundary(cell: u64) -> Option<Vec<(f64, f64)>> {
    let corners = CellIndex::try_from(cell).ok()?.boundary();
    Some(corners.iter().map(|at| (at.lat(), at.lng())).collect())
}

/// The centre of the cell that a point lies in; every point of a cell snaps to the same centre.
pub fn snap(lat: f64, lng: f64, at: u8) -> Option<(f64, f64)> {
    centre(cell(lat, lng, at)?)
}

/// No point of a cell is farther than this from its [`centre`], km; `None` when the number is not
/// an H3 cell.
pub fn radius_km(cell: u64) -> Option<f64> {
    let middle = centre(cell)?;
    let corners = CellIndex::try_from(cell).ok()?.boundary();
    let distances = corners
        .iter()
        .map(|corner| distance_km(middle, (corner.lat(), corner.lng())));
    Some(distances.fold(0.0, f64::max) + ROUNDING_KM)
}

/// At most 19 cells that cover a disk around a point, at the finest resolution where 19 cells are
/// enough. `None` when the point is out of range, or when the radius is negative, not a number, or
/// beyond what [`COARSEST`] covers (about 113 km).
pub fn cover(lat: f64, lng: f64, radius_km: f64) -> Option<Vec<u64>> {
    if radius_km.is_nan() || radius_km < 0.0 {
        return None;
    }
    let at = (COARSEST..=FINEST)
        .rev()
        .filter_map(resolution)
        .find(|at| at.edge_length_km() * REACH_IN_EDGES >= radius_km)?;
    let middle = CellIndex::try_from(cell(lat, lng, at.into())?).ok()?;
    Some(
        middle
            .grid_disk::<Vec<_>>(DISK)
            .into_iter()
            .map(u64::from)
            .collect(),
    )
}

/// The cells of a point at every resolution that a cover may use, coarsest first.
pub fn cells_of(lat: f64, lng: f64) -> Vec<u64> {
    (COARSEST..=FINEST)
        .filter_map(|at| cell(lat, lng, at))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A point at a distance (km) and bearing (radians) from another, on a sphere.
    fn travel(lat: f64, lng: f64, km: f64, bearing: f64) -> (f64, f64) {
        let (lat, lng, d) = (lat.to_radians(), lng.to_radians(), km / 6371.0088);
        let to = (lat.sin() * d.cos() + lat.cos() * d.sin() * bearing.cos()).asin();
        let by = (bearing.sin() * d.sin() * lat.cos()).atan2(d.cos() - lat.sin() * to.sin());
        (to.to_degrees(), (lng + by).to_degrees())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]
        #[test]
        fn whatever_lies_in_the_disk_is_covered(
            lat in 35.0f64..70.0, lng in -20.0f64..40.0, radius in 0.0f64..50.0, share in 0.0f64..1.0, bearing in 0.0f64..6.3,
        ) {
            let cells = cover(lat, lng, radius).unwrap();
            prop_assert!(cells.len() <= 19);
            let (to_lat, to_lng) = travel(lat, lng, radius * share.sqrt(), bearing);
            prop_assert!(cells_of(to_lat, to_lng).iter().any(|cell| cells.contains(cell)));
        }

        #[test]
        fn no_point_of_a_cell_is_farther_than_its_radius(lat in -80.0f64..80.0, lng in -179.0f64..179.0, at in 7u8..11) {
            let cell = cell(lat, lng, at).unwrap();
            let (distance, radius) = (distance_km(centre(cell).unwrap(), (lat, lng)), radius_km(cell).unwrap());
            prop_assert!(distance <= radius);
            prop_assert!(radius < 2.0 * Resolution::try_from(at).unwrap().edge_length_km());
        }

        #[test]
        fn a_snapped_point_stays_in_its_cell(lat in -89.0f64..89.0, lng in -179.0f64..179.0) {
            let (to_lat, to_lng) = snap(lat, lng, 8).unwrap();
            prop_assert_eq!(cell(to_lat, to_lng, 8), cell(lat, lng, 8));
            prop_assert_eq!(snap(to_lat, to_lng, 8), Some((to_lat, to_lng)));
        }
    }

    /// The golden bits are checked natively and on `wasm32`.
    #[test]
    fn a_distance_has_the_same_bits_on_every_target() {
        let distance = distance_km((48.8566, 2.3522), (48.858_370_1, 2.294_481_3));
        assert_eq!(distance.to_bits(), 4_616_445_456_150_338_429);
        assert_eq!(to_the_metre(distance).to_bits(), 4.227_f64.to_bits());
    }

    #[test]
    fn a_point_out_of_range_has_no_cell() {
        for (lat, lng) in [
            (91.0, 0.0),
            (0.0, 181.0),
            (f64::NAN, 0.0),
            (0.0, f64::INFINITY),
        ] {
            assert_eq!(cell(lat, lng, 8), None);
        }
        assert_eq!(cell(0.0, 0.0, 16), None);
        assert_eq!(centre(0), None);
        assert_eq!(cover(48.0, 2.0, -1.0), None);
        assert_eq!(cover(48.0, 2.0, 500.0), None);
    }
}
