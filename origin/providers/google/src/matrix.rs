//! Compute Route Matrix of Routes: `POST /distanceMatrix/v2:computeRouteMatrix` from one place to several.

use domain::{
    GeoPoint,
    maps::travel::{By, Way},
};
use provider_http::Provider as Http;
use reqwest::{Method, RequestBuilder};
use serde::{Deserialize, Serialize};

use crate::wire::LatLng;

/// Without `status` every element would look good.
pub(crate) const FIELDS: &str = "originIndex,destinationIndex,status,condition,duration";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    origins: [End; 1],
    destinations: Vec<End>,
    travel_mode: &'static str,
}

#[derive(Serialize)]
struct End {
    waypoint: Waypoint,
}

#[derive(Serialize)]
struct Waypoint {
    location: Location,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    lat_lng: LatLng,
}

impl From<GeoPoint> for End {
    fn from(point: GeoPoint) -> Self {
        let lat_lng = LatLng::from(point);
        Self {
            waypoint: Waypoint {
                location: Location { lat_lng },
            },
        }
    }
}

pub(crate) fn request(http: &Http, from: GeoPoint, to: &[GeoPoint], by: By) -> RequestBuilder {
    let asked = Asked {
        origins: [End::from(from)],
        destinations: to.iter().map(|point| End::from(*point)).collect(),
        travel_mode: match by {
            By::Foot => "WALK",
            By::Transit => "TRANSIT",
        },
    };
    let url = http.url(&["distanceMatrix", "v2:computeRouteMatrix"]);
    http.request(Method::POST, url).json(&asked)
}

/// Elements come in any order.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Element {
    /// Left out when it is 0.
    #[serde(default)]
    destination_index: usize,
    status: Option<Status>,
    #[serde(default)]
    condition: String,
    /// Seconds with an `s`, such as `160s`. Left out when it is 0.
    duration: Option<String>,
}

#[derive(Deserialize)]
struct Status {
    /// Not 0 if the element could not be computed.
    #[serde(default)]
    code: i32,
}

/// The way to each of so many places.
pub(crate) fn ways(elements: &[Element], count: usize) -> Vec<Way> {
    let mut ways = vec![Way::Unknown; count];
    for element in elements {
        if let Some(way) = ways.get_mut(element.destination_index) {
            *way = element.way();
        }
    }
    ways
}

impl Element {
    fn way(&self) -> Way {
        if self.status.as_ref().is_some_and(|status| status.code != 0) {
            return Way::Unknown;
        }
        match self.condition.as_str() {
            "ROUTE_EXISTS" => match &self.duration {
                None => Way::Takes(0),
                Some(text) => seconds(text).map_or(Way::Unknown, Way::Takes),
            },
            "ROUTE_NOT_FOUND" => Way::Missing,
            _ => Way::Unknown,
        }
    }
}

/// Parts of a second are left out.
fn seconds(text: &str) -> Option<u32> {
    let number = text.strip_suffix('s')?;
    let whole = number.split_once('.').map_or(number, |(whole, _)| whole);
    whole.parse().ok()
}
