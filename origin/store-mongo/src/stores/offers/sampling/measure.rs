//! Distances as we measure them, computed by the server.
//!
//! MongoDB measures on a sphere and Azure DocumentDB on an ellipsoid. A sample must hold the offers that
//! the catalogue index finds in the same disk, so [`GeoPoint::distance_km`] decides, and the server's own
//! measure only leads to candidates.

use domain::{EARTH_RADIUS_KM, GeoPoint};
use mongodb::bson::{Document, doc};

/// How much further than ours an ellipsoid's distance may be: from 0.34 % less to 0.56 % more.
const ELLIPSOID: f64 = 1.006;

/// The reach in which a server, however it measures, finds all that is within `reach_km`.
pub(super) fn widened_km(reach_km: f64) -> f64 {
    reach_km * ELLIPSOID
}

/// The distance from `centre` in km, as an expression over `location`: the haversine formula.
pub(super) fn distance_km(centre: GeoPoint) -> Document {
    let coordinate = |index: i32| doc! {"$arrayElemAt": ["$location.coordinates", index]};
    let squared_sine_of_half = |from: f64, to: Document| {
        let difference = doc! {"$subtract": [to, from]};
        let half = doc! {"$degreesToRadians": {"$divide": [difference, 2.0]}};
        doc! {"$pow": [{"$sin": half}, 2.0]}
    };
    let lat_cosine = doc! {"$cos": {"$degreesToRadians": coordinate(1)}};
    let east = doc! {"$multiply": [
        centre.lat.to_radians().cos(), lat_cosine, squared_sine_of_half(centre.lng, coordinate(0)),
    ]};
    let h = doc! {"$add": [squared_sine_of_half(centre.lat, coordinate(1)), east]};
    // Rounding may push it a hair above 1 for antipodes, where the arc sine is refused.
    let sine = doc! {"$min": [{"$sqrt": h}, 1.0]};
    doc! {"$multiply": [2.0 * EARTH_RADIUS_KM, {"$asin": sine}]}
}
