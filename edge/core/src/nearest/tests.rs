use cache_core::entry::ContentHash;
use cache_core::geo;
use pq_core::DocumentHash;
use pq_core::manifest::Operation;
use pq_core::nearest::Shows;
use pq_core::request::DocumentRef;
use serde_json::{Value, json};

use super::list::NearestList;
use super::*;
use crate::plan::{Plan, plan};

const PARIS: (f64, f64) = (48.8566, 2.3522);

fn operation(shows: &Value) -> Operation {
    let body = "query Near { near }";
    serde_json::from_value(json!({
        "id": DocumentHash::of(body), "name": "Near", "type": "query", "body": body,
        "variables": [{"name": "input", "type": "Input!"}],
        "inputTypes": {
            "Input": {"kind": "object", "fields": [
                {"name": "at", "type": "At"}, {"name": "first", "type": "Int"},
                {"name": "order", "type": "String"}, {"name": "search", "type": "String"},
                {"name": "within", "type": "Float"}]},
            "At": {"kind": "object", "fields": [
                {"name": "lat", "type": "Float!"}, {"name": "lng", "type": "Float!"}]}},
        "policy": {"scope": "public", "maxAgeS": 60,
            "snap": {"path": ["input", "at"], "lat": "lat", "lng": "lng", "resolution": 8},
            "nearest": {
                "first": {"variable": ["input", "first"]}, "defaultFirst": 20,
                "within": {"variable": ["input", "within"]}, "defaultWithinKm": 10,
                "order": {"variable": ["input", "order"]}, "byDistance": "NEAR",
                "others": [{"variable": ["input", "search"]}, "absent"], "shows": shows}},
    }))
    .unwrap()
}

fn planned(shows: &Value, mut input: Value) -> Plan {
    let operation = operation(shows);
    if input["at"].is_null() {
        input["at"] = json!({"lat": PARIS.0, "lng": PARIS.1});
    }
    let Value::Object(variables) = json!({"input": input}) else {
        panic!("an object")
    };
    let request = pq_core::GraphqlRequest {
        document: DocumentRef::Hash(operation.id),
        operation_name: None,
        variables,
        resume_from: None,
    };
    plan(&request, &operation).unwrap()
}

#[test]
fn only_what_can_be_exact_is_made_of_candidates() {
    let whole = json!({"items": ["list", "edges"], "distances": [["distance"]]});
    let facets = json!({"items": ["list", "edges"], "wholeList": true});
    let counts = json!({"wholeList": true});
    let plain = json!({"items": ["list", "edges"]});
    let table = [
        (&whole, json!({}), "nearest"),
        (&whole, json!({"order": "NEAR", "first": 100}), "nearest"),
        (&whole, json!({"first": 101}), "forward"),
        (&whole, json!({"first": 0}), "forward"),
        (&whole, json!({"search": "words"}), "forward"),
        (&whole, json!({"order": "NEW"}), "forward"),
        (&plain, json!({"order": "NEW", "search": "words"}), "read"),
        (&plain, json!({"search": "words"}), "forward"),
        (&facets, json!({}), "forward"),
        (&facets, json!({"order": "NEW"}), "read"),
        (&counts, json!({"search": "words"}), "read"),
    ];
    for (shows, input, expected) in table {
        let found = match planned(shows, input.clone()) {
            Plan::Forward => "forward",
            Plan::Read(_) => "read",
            Plan::Nearest(_) => "nearest",
        };
        assert_eq!(found, expected, "{shows} {input}");
    }
}

#[test]
fn the_request_for_candidates_has_the_cells_centre_and_a_usual_page() {
    let whole = json!({"items": ["list", "edges"]});
    let Plan::Nearest(mut read) = planned(&whole, json!({"first": 21})) else {
        panic!("a list by distance")
    };
    let mut keys = Vec::new();
    for resolution in RESOLUTIONS {
        let shared = read.candidates(resolution).unwrap();
        let (lat, lng) = geo::snap(PARIS.0, PARIS.1, resolution).unwrap();
        let body = format!(r#"{{"input":{{"at":{{"lat":{lat},"lng":{lng}}},"first":50}}}}}}"#);
        assert!(
            shared.origin_body.ends_with(&body),
            "{}",
            shared.origin_body
        );
        keys.push(shared.key);
    }
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), RESOLUTIONS.len());
}

fn shows() -> Shows {
    serde_json::from_value(json!({
        "items": ["list", "edges"], "distances": [["far"], ["node", "far"]], "cursors": [["c"]],
        "ofList": [[["list", "info", "next"], "hasNextPage"], [["list", "info", "end"], "endCursor"],
            [["list", "n"], "total"]],
    }))
    .unwrap()
}

/// Candidates 100 m apart to the north of the middle of a cell.
fn answer(count: u32, reach_km: f64, total: Option<Total>) -> (Vec<u8>, u64) {
    let cell = geo::cell(PARIS.0, PARIS.1, 8).unwrap();
    let middle = geo::centre(cell).unwrap();
    let place = |index: u32| {
        let id = format!("{index:02x}");
        (middle.0 + f64::from(index) * 0.1 / 111.2, middle.1, id)
    };
    let edges = (0..count).map(
        |index| json!({"c": "?", "far": 0, "node": {"name": format!("é\"{index}"), "far": null}}),
    );
    let candidates = Candidates {
        reach_km,
        cursor_kind: 1,
        total,
        items: (0..count).map(place).collect(),
    };
    let body = json!({
        "data": {"other": [1], "list": {"info": {"next": true, "end": "?"},
            "edges": edges.collect::<Vec<_>>(), "n": 5}},
        "extensions": {"candidates": candidates},
    });
    (body.to_string().into_bytes(), cell)
}

fn list(count: u32, reach_km: f64, total: Option<Total>) -> NearestList {
    let (body, cell) = answer(count, reach_km, total);
    NearestList::of_answer(&body, &shows(), cell).unwrap()
}

fn asked(first: usize, within_km: f64) -> Asked {
    Asked {
        location: PARIS,
        first,
        within_km,
    }
}

#[test]
fn a_page_has_what_is_near_and_nothing_of_candidates_is_left() {
    let list = list(8, 9.0, None);
    let page = list.page(&asked(2, 5.0), None).unwrap();
    let body: Value = serde_json::from_slice(&page.body).unwrap();
    assert_eq!(body["extensions"], Value::Null);
    let edges = body["data"]["list"]["edges"].as_array().unwrap();
    assert_eq!(edges.len(), 2);
    let far = edges.iter().map(|edge| edge["far"].as_f64().unwrap());
    assert!(far.is_sorted());
    assert_eq!(edges[0]["far"], edges[0]["node"]["far"]);
    assert_eq!(body["data"]["list"]["info"]["end"], edges[1]["c"]);
    assert_eq!(body["data"]["list"]["info"]["next"], json!(true));
    assert_eq!(body["data"]["list"]["n"], json!(8));
    let other = list.page(&asked(3, 5.0), None).unwrap();
    assert_ne!(other.content, page.content);
    assert_ne!(page.content, ContentHash::of(b""));
}

#[test]
fn what_could_lack_an_item_is_no_page() {
    let many = Some(Total {
        count: 500,
        is_exact: false,
    });
    // Candidates reach 1.4 km, and the location is up to 0.6 km away from the middle.
    let some = list(15, 1.4, many);
    assert!(some.page(&asked(2, 10.0), None).is_some());
    assert!(some.page(&asked(14, 10.0), None).is_none());
    assert!(some.page(&asked(14, 0.3), None).is_some(), "all are known");
    let own = list(15, 1.4, None);
    assert!(own.page(&asked(2, 10.0), None).is_none(), "no total");
    let page = own.page(&asked(2, 10.0), Some(&some)).unwrap();
    assert!(String::from_utf8(page.body).unwrap().contains(r#""n":500"#));
}

#[test]
fn stored_candidates_read_back_and_damaged_ones_do_not() {
    let list = list(5, 2.0, None);
    let bytes = list.encode();
    assert_eq!(bytes[0], NearestList::FIRST_BYTE);
    assert_eq!(NearestList::decode(&bytes), Some(list));
    for length in 0..bytes.len() {
        assert_eq!(NearestList::decode(&bytes[..length]), None);
    }
    assert_eq!(
        NearestList::decode(&[bytes.as_slice(), b"x"].concat()),
        None
    );
}

#[test]
fn an_answer_without_fitting_candidates_is_none() {
    let (body, cell) = answer(3, 2.0, None);
    let read = |body: &str| NearestList::of_answer(body.as_bytes(), &shows(), cell);
    let text = String::from_utf8(body).unwrap();
    assert!(read(&text).is_some());
    assert!(read(&text.replace("candidates", "c")).is_none());
    assert!(read(&text.replace("\"edges\"", "\"e\"")).is_none());
    assert!(read(&text.replace("\"01\"]", "\"01\"],[1.5,2.5,\"aa\"]")).is_none());
    assert!(read(&text.replace("\"01\"", "\"0\"")).is_none());
    assert!(read("").is_none());
}
