use std::time::Duration;

use domain::{
    Address, GeoPoint,
    maps::{
        MapsError, Precision, Typed,
        travel::{By, Way},
    },
    secret::Secret,
    sentence::Language,
};
use provider_http::{Answer, Mode};
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use crate::{Config, Google, geocoding, matrix, read, suggestions};

const KEY: &str = "AIzaSyD-a-key-of-nobody-0123456789";
const HERE: GeoPoint = GeoPoint {
    lat: 48.8566,
    lng: 2.3522,
};

fn google() -> Google {
    let url = |text: &str| text.parse().unwrap();
    Google::new(&Config {
        geocoding: url("https://geocode.googleapis.com"),
        places: url("https://places.googleapis.com"),
        routes: url("https://routes.googleapis.com"),
        mode: Mode::Production,
        timeout: Duration::from_secs(3),
        key: Secret::new(KEY),
    })
    .unwrap()
}

fn answer(status: u16, body: &str) -> Answer {
    Answer {
        status: status.try_into().unwrap(),
        headers: HeaderMap::new(),
        body: body.as_bytes().to_vec(),
        retry_after_ms: (status == 429).then_some(7_000),
    }
}

fn body(request: reqwest::RequestBuilder) -> (String, Value) {
    let request = request.build().unwrap();
    let body = request.body().and_then(|body| body.as_bytes()).unwrap();
    let json = serde_json::from_slice(body).unwrap();
    (request.url().to_string(), json)
}

#[test]
fn an_address_is_asked_for_in_parts() {
    let address = Address {
        street: "2 rue de l’Été & Cie".into(),
        city: "Paris".into(),
        postcode: "75004".into(),
        country: "FR".into(),
    };
    let request = geocoding::request(&google().geocoding, &address, Language::French);
    let request = request.build().unwrap();
    assert_eq!(
        request.url().as_str(),
        "https://geocode.googleapis.com/v4/geocode/address?address.addressLines=2+rue+de+l%E2%80%99%C3%89t%C3%A9+%26+Cie\
         &address.locality=Paris&address.postalCode=75004&address.regionCode=FR&languageCode=fr"
    );
    assert_eq!(request.method(), "GET");
}

/// developers.google.com/maps/documentation/geocoding/geocoding, without the fields that are not asked
/// for.
#[test]
fn a_place_of_an_address_is_read() {
    let found: geocoding::Found = read(&answer(
        200,
        r#"{
          "results": [
            {
              "placeId": "ChIJF4Yf2Ry7j4AR__1AkytDyAE",
              "location": { "latitude": 37.422010799999995, "longitude": -122.08474779999999 },
              "granularity": "ROOFTOP",
              "formattedAddress": "1600 Amphitheatre Pkwy, Mountain View, CA 94043, USA",
              "postalAddress": {
                "regionCode": "US",
                "languageCode": "en",
                "postalCode": "94043",
                "administrativeArea": "California",
                "locality": "Mountain View",
                "addressLines": ["1600 Amphitheatre Pkwy"]
              }
            }
          ]
        }"#,
    ))
    .unwrap();
    let candidates = found.candidates();
    assert_eq!(candidates.len(), 1);
    let candidate = &candidates[0];
    assert_eq!(
        candidate.address,
        "1600 Amphitheatre Pkwy, Mountain View, CA 94043, USA"
    );
    assert!((candidate.location.lat - 37.422_010_8).abs() < 1e-9);
    assert!((candidate.location.lng + 122.084_747_8).abs() < 1e-9);
    assert_eq!(candidate.precision, Precision::Building);
    assert_eq!(candidate.postcode.as_deref(), Some("94043"));
    assert_eq!(candidate.country.as_deref(), Some("US"));
}

#[test]
fn what_is_no_building_or_nowhere_is_told_apart() {
    for (granularity, expected) in [
        ("ROOFTOP", Precision::Building),
        ("RANGE_INTERPOLATED", Precision::Building),
        ("GEOMETRIC_CENTER", Precision::Area),
        ("APPROXIMATE", Precision::Area),
        ("GRANULARITY_UNSPECIFIED", Precision::Area),
    ] {
        let result = json!({"results": [
            {"granularity": granularity, "location": {"latitude": 48.85, "longitude": 2.35}},
            {"granularity": granularity},
        ]});
        let found: geocoding::Found = read(&answer(200, &result.to_string())).unwrap();
        let candidates = found.candidates();
        assert_eq!(candidates.len(), 1, "one has no location");
        assert_eq!(candidates[0].precision, expected, "{granularity}");
    }
    let none: geocoding::Found = read(&answer(200, "{}")).unwrap();
    assert_eq!(none.candidates(), []);
}

#[test]
fn a_text_is_sent_with_its_session() {
    let mut typed = Typed {
        text: "amoeba".to_owned(),
        session: "session-1".to_owned(),
        near: Some(HERE),
        language: Language::English,
    };
    let (url, sent) = body(suggestions::request(&google().places, &typed));
    assert_eq!(url, "https://places.googleapis.com/v1/places:autocomplete");
    assert_eq!(
        sent,
        json!({
            "input": "amoeba", "sessionToken": "session-1", "languageCode": "en", "regionCode": "fr",
            "locationBias": {"circle": {
                "center": {"latitude": 48.8566, "longitude": 2.3522}, "radius": 20_000.0
            }},
        })
    );
    typed.near = None;
    let (_, sent) = body(suggestions::request(&google().places, &typed));
    assert_eq!(sent.get("locationBias"), None);
}

/// developers.google.com/maps/documentation/places/web-service/place-autocomplete.
#[test]
fn suggestions_are_read() {
    let found: suggestions::Found = read(&answer(
        200,
        r#"{
          "suggestions": [
            {
              "placePrediction": {
                "place": "places/ChIJ5YQQf1GHhYARPKG7WLIaOko",
                "placeId": "ChIJ5YQQf1GHhYARPKG7WLIaOko",
                "text": {
                  "text": "Amoeba Music, Haight Street, San Francisco, CA, USA",
                  "matches": [{ "endOffset": 6 }]
                },
                "structuredFormat": {
                  "mainText": { "text": "Amoeba Music", "matches": [{ "endOffset": 6 }] },
                  "secondaryText": { "text": "Haight Street, San Francisco, CA, USA" }
                },
                "types": ["home_goods_store", "establishment", "store", "point_of_interest"]
              }
            },
            {
              "queryPrediction": {
                "text": { "text": "Amoeba Music", "matches": [{ "endOffset": 6 }] }
              }
            },
            { "placePrediction": { "placeId": "p", "text": { "text": "Paris" } } }
          ]
        }"#,
    ))
    .unwrap();
    let suggestions = found.suggestions();
    let shown: Vec<_> = suggestions
        .iter()
        .map(|found| {
            let secondary = found.secondary.as_deref();
            (&*found.place_id, &*found.text, &*found.main, secondary)
        })
        .collect();
    assert_eq!(
        shown,
        [
            (
                "ChIJ5YQQf1GHhYARPKG7WLIaOko",
                "Amoeba Music, Haight Street, San Francisco, CA, USA",
                "Amoeba Music",
                Some("Haight Street, San Francisco, CA, USA"),
            ),
            ("p", "Paris", "Paris", None),
        ]
    );
    let none: suggestions::Found = read(&answer(200, "{}")).unwrap();
    assert_eq!(none.suggestions(), []);
}

#[test]
fn ways_are_asked_from_one_place_to_several() {
    for (by, mode) in [(By::Foot, "WALK"), (By::Transit, "TRANSIT")] {
        let (url, sent) = body(matrix::request(&google().routes, HERE, &[HERE, HERE], by));
        assert_eq!(
            url,
            "https://routes.googleapis.com/distanceMatrix/v2:computeRouteMatrix"
        );
        let end = json!({"waypoint": {"location": {"latLng":
            {"latitude": 48.8566, "longitude": 2.3522}}}});
        assert_eq!(
            sent,
            json!({"origins": [end], "destinations": [end, end], "travelMode": mode})
        );
    }
}

/// developers.google.com/maps/documentation/routes/compute_route_matrix, the elements of one origin.
#[test]
fn ways_are_read_in_any_order() {
    let elements: Vec<matrix::Element> = read(&answer(
        200,
        r#"[
          {
            "originIndex": 0, "destinationIndex": 1, "status": {},
            "distanceMeters": 7259, "duration": "712s", "condition": "ROUTE_EXISTS"
          },
          {
            "originIndex": 0, "destinationIndex": 0, "status": {},
            "distanceMeters": 822, "duration": "160s", "condition": "ROUTE_EXISTS"
          }
        ]"#,
    ))
    .unwrap();
    let ways = matrix::ways(&elements, 3);
    assert_eq!(ways, [Way::Takes(160), Way::Takes(712), Way::Unknown]);
}

#[test]
fn an_element_is_a_way_none_or_unknown() {
    for (element, expected) in [
        (
            json!({"condition": "ROUTE_EXISTS", "duration": "3.5s"}),
            Way::Takes(3),
        ),
        (json!({"condition": "ROUTE_EXISTS"}), Way::Takes(0)),
        (json!({"condition": "ROUTE_NOT_FOUND"}), Way::Missing),
        (
            json!({"condition": "ROUTE_EXISTS", "duration": "long"}),
            Way::Unknown,
        ),
        (
            json!({"condition": "ROUTE_EXISTS", "duration": "60s", "status": {"code": 3}}),
            Way::Unknown,
        ),
        (json!({}), Way::Unknown),
    ] {
        let text = Value::Array(vec![element]).to_string();
        let elements: Vec<matrix::Element> = read(&answer(200, &text)).unwrap();
        assert_eq!(matrix::ways(&elements, 1), [expected], "{text}");
    }
    let beyond: Vec<matrix::Element> = read(&answer(200, r#"[{"destinationIndex": 9}]"#)).unwrap();
    assert_eq!(matrix::ways(&beyond, 1), [Way::Unknown]);
}

/// The first is of developers.google.com/maps/documentation/routes/handle-errors, the reason of the second
/// of google.api.ErrorReason.
#[test]
fn errors_say_what_they_are_and_not_what_was_asked() {
    for (status, body, expected) in [
        (
            403,
            r#"{"error": {"code": 403, "message": "The request is missing a valid API key.",
                "status": "PERMISSION_DENIED"}}"#,
            "refused: 403 PERMISSION_DENIED",
        ),
        (
            400,
            r#"{"error": {"code": 400, "message": "API key not valid. Please pass a valid API key.",
                "status": "INVALID_ARGUMENT", "details": [
                    {"@type": "type.googleapis.com/google.rpc.ErrorInfo",
                     "reason": "API_KEY_INVALID", "domain": "googleapis.com"}]}}"#,
            "refused: 400 INVALID_ARGUMENT API_KEY_INVALID",
        ),
        (
            400,
            r#"[{"error": {"code": 400, "message": "Invalid lat 48.8566", "status": "INVALID_ARGUMENT"}}]"#,
            "refused: 400 INVALID_ARGUMENT",
        ),
        (
            429,
            r#"{"error": {"code": 429, "message": "Quota exceeded", "status": "RESOURCE_EXHAUSTED"}}"#,
            "not now: 429 RESOURCE_EXHAUSTED",
        ),
        (503, "<html>48.8566</html>", "not now: 503"),
        (
            200,
            "<html>48.8566</html>",
            "not now: 200 unreadable answer",
        ),
        (404, r#"{"error": {"status": "48.8566"}}"#, "refused: 404"),
    ] {
        let error = read::<geocoding::Found>(&answer(status, body))
            .err()
            .unwrap();
        assert_eq!(error.to_string(), expected);
        let MapsError::Later { after_ms, .. } = error else {
            continue;
        };
        assert_eq!(after_ms, (status == 429).then_some(7_000));
    }
}

#[test]
fn neither_the_key_nor_what_is_typed_is_shown() {
    let typed = Typed {
        text: "2 rue de Rivoli".to_owned(),
        session: "s".to_owned(),
        near: Some(HERE),
        language: Language::French,
    };
    let shown = format!("{:?} {typed:?}", google());
    for secret in [KEY, "Rivoli", "48.8566"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
