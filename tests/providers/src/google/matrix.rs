//! Compute Route Matrix: as the crow flies, 5 km/h on foot and 20 km/h by public transport, and no way
//! beyond 100 km.

use axum::{body::Bytes, extract::State as Extract, http::HeaderMap, response::Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{answer, invalid, note, refusal};
use crate::state::State;

const MOST_ELEMENTS: usize = 625;
const MOST_TRANSIT_ELEMENTS: usize = 100;
const FARTHEST_KM: f64 = 100.0;
const EARTH_KM: f64 = 6371.0;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Asked {
    origins: Vec<End>,
    destinations: Vec<End>,
    travel_mode: String,
}

#[derive(Deserialize)]
struct End {
    waypoint: Waypoint,
}

#[derive(Deserialize)]
struct Waypoint {
    location: Location,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    lat_lng: LatLng,
}

#[derive(Clone, Copy, Deserialize)]
struct LatLng {
    latitude: f64,
    longitude: f64,
}

impl End {
    const fn point(&self) -> LatLng {
        self.waypoint.location.lat_lng
    }
}

pub(crate) async fn compute(
    Extract(state): Extract<State>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if let Some(refusal) = refusal(&state, &headers) {
        return refusal;
    }
    let asked: Asked = match serde_json::from_slice(&body) {
        Ok(asked) => asked,
        Err(problem) => return invalid(&problem.to_string()),
    };
    let (km_per_hour, most) = match asked.travel_mode.as_str() {
        "WALK" => (5.0, MOST_ELEMENTS),
        "TRANSIT" => (20.0, MOST_TRANSIT_ELEMENTS),
        other => return invalid(&format!("Invalid travel mode: {other}.")),
    };
    let count = asked.origins.len() * asked.destinations.len();
    if count == 0 || count > most {
        return invalid("Too many elements, or none.");
    }
    let from = asked.origins[0].point();
    note(
        &state,
        json!({"matrix": asked.travel_mode, "from": [from.latitude, from.longitude],
            "destinations": asked.destinations.len()}),
    );
    let mut elements = Vec::new();
    for (origin, from) in asked.origins.iter().enumerate() {
        for (destination, to) in asked.destinations.iter().enumerate() {
            let km = distance_km(from.point(), to.point());
            elements.push(element(origin, destination, km, km_per_hour));
        }
    }
    // Google streams them as they are computed.
    elements.reverse();
    answer(Value::Array(elements))
}

fn element(origin: usize, destination: usize, km: f64, km_per_hour: f64) -> Value {
    if km > FARTHEST_KM {
        return json!({"originIndex": origin, "destinationIndex": destination, "status": {},
            "condition": "ROUTE_NOT_FOUND"});
    }
    let seconds = (km / km_per_hour * 3600.0).round();
    json!({"originIndex": origin, "destinationIndex": destination, "status": {},
        "duration": format!("{seconds}s"), "condition": "ROUTE_EXISTS"})
}

fn distance_km(from: LatLng, to: LatLng) -> f64 {
    let (lat, other) = (from.latitude.to_radians(), to.latitude.to_radians());
    let half_lat = ((other - lat) / 2.0).sin();
    let half_lng = ((to.longitude - from.longitude).to_radians() / 2.0).sin();
    let h = half_lat * half_lat + lat.cos() * other.cos() * half_lng * half_lng;
    2.0 * EARTH_KM * h.sqrt().min(1.0).asin()
}
