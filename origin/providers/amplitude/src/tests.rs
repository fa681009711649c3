use std::{collections::BTreeSet, time::Duration};

use domain::{
    OfferId,
    analytics::{
        EventName,
        outlet::{OutgoingEvent, Trouble},
    },
    secret::Secret,
};
use provider_http::{Answer, Mode};
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use crate::{
    Amplitude, Config,
    answer::{Verdict, verdict},
    batches, privacy,
};

const KEY: &str = "0123456789abcdef0123456789abcdef";
const SECRET: &str = "fedcba9876543210fedcba9876543210";

fn amplitude() -> Amplitude {
    Amplitude::new(&Config {
        events: "https://api.eu.amplitude.com".parse().unwrap(),
        privacy: "https://analytics.eu.amplitude.com".parse().unwrap(),
        mode: Mode::Production,
        timeout: Duration::from_secs(10),
        key: Secret::new(KEY),
        secret: Secret::new(SECRET),
    })
    .unwrap()
}

fn event(name: EventName, offer: Option<OfferId>) -> OutgoingEvent {
    OutgoingEvent {
        id: "e1".repeat(16),
        person: "p1".repeat(16),
        name,
        offer,
        at_ms: 1_793_817_970_000,
    }
}

fn answer(status: u16, body: &str) -> Answer {
    Answer {
        status: status.try_into().unwrap(),
        headers: HeaderMap::new(),
        body: body.as_bytes().to_vec(),
        retry_after_ms: None,
    }
}

fn places(places: &[usize]) -> BTreeSet<usize> {
    places.iter().copied().collect()
}

#[test]
fn events_are_json() {
    let offer = OfferId::derive("offer", "1");
    let booked = event(EventName::Booked, Some(offer.clone()));
    let searched = event(EventName::Searched, None);
    let body = batches::body(&Secret::new(KEY), &[&booked, &searched]);
    let sent: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(
        sent,
        json!({
            "api_key": KEY,
            "events": [
                {"user_id": "p1".repeat(16), "event_type": "booked", "time": 1_793_817_970_000_i64,
                 "insert_id": "e1".repeat(16), "event_properties": {"offer_id": offer}},
                {"user_id": "p1".repeat(16), "event_type": "searched", "time": 1_793_817_970_000_i64,
                 "insert_id": "e1".repeat(16)},
            ],
            "options": {"min_id_length": 5},
        })
    );
}

#[test]
fn many_events_are_several_requests_below_a_megabyte() {
    let offer = OfferId::derive("offer", "1");
    let many = vec![event(EventName::OfferViewed, Some(offer)); 2_001];
    let sizes: Vec<usize> = batches::split(&many).map(<[_]>::len).collect();
    assert_eq!(sizes, [1_000, 1_000, 1]);
    for batch in batches::split(&many) {
        let all: Vec<_> = batch.iter().collect();
        let bytes = batches::body(&Secret::new(KEY), &all).len();
        assert!(bytes < 500_000, "{bytes}");
    }
}

// The bodies of amplitude.com/docs/apis/analytics/http-v2, whose lists of places were added where the
// page only describes them.

#[test]
fn events_are_taken() {
    let body = r#"{"code": 200, "events_ingested": 50, "payload_size_bytes": 50,
        "server_upload_time": 1396381378123}"#;
    assert_eq!(verdict(&answer(200, body), 50), Verdict::Taken);
}

#[test]
fn what_is_refused_is_named() {
    let missing = r#"{"code": 400, "error": "Request missing required field",
        "events_with_missing_fields": {"event_type": [3]}}"#;
    let without = Verdict::Without(places(&[3]));
    assert_eq!(verdict(&answer(400, missing), 5), without);
    let invalid = r#"{"code": 400, "error": "Invalid field values on some events",
        "events_with_invalid_fields": {"time": [3, 4], "user_id": [0]}}"#;
    let without = Verdict::Without(places(&[0, 3, 4]));
    assert_eq!(verdict(&answer(400, invalid), 5), without);
    let silenced = r#"{"code": 400, "eps_threshold": 100, "error": "Events silenced for device_id",
        "exceeded_daily_quota_devices": {}, "silenced_devices": ["silenced_device_id_1"],
        "silenced_events": [5, 6], "throttled_devices": {"throttled_device_id_1": 0},
        "throttled_events": [3, 4]}"#;
    let without = Verdict::Without(places(&[5, 6]));
    assert_eq!(verdict(&answer(400, silenced), 7), without);
}

#[test]
fn a_wrong_key_refuses_everything() {
    let missing = r#"{"code": 400, "error": "Request missing required field",
        "missing_field": "api_key"}"#;
    let invalid = r#"{"code": 400, "error": "Invalid API key: 0123456789abcdef0123456789abcdef"}"#;
    let beyond = r#"{"code": 400, "error": "?", "events_with_invalid_fields": {"time": [9]}}"#;
    for (status, body, expected) in [
        (400, missing, "refused: 400 Request missing required field"),
        (400, invalid, "refused: 400 Invalid API key: …"),
        (400, beyond, "refused: 400 ?"),
        (
            403,
            r#"{"code": 403, "error": "Forbidden"}"#,
            "refused: 403 Forbidden",
        ),
        (503, "", "not now: 503"),
        (500, "<html>", "not now: 500"),
    ] {
        let Verdict::Nothing(trouble) = verdict(&answer(status, body), 5) else {
            panic!("{body}");
        };
        assert_eq!(trouble.to_string(), expected);
    }
}

#[test]
fn who_sends_too_much_waits() {
    let body = r#"{"code": 429, "error": "Too many requests for some devices and users",
        "eps_threshold": 30,
        "throttled_devices": {"C8F9E604-F01A-4BD9-95C6-8E5357DF265D": 31},
        "throttled_users": {"datamonster@amplitude.com": 32}, "throttled_events": [3, 4, 7]}"#;
    let slower = Verdict::Slower(places(&[3, 4, 7]), 30_000);
    assert_eq!(verdict(&answer(429, body), 9), slower);
    let all = Verdict::Slower(places(&[]), 30_000);
    assert_eq!(verdict(&answer(429, ""), 9), all);
    let mut asks = answer(429, "");
    asks.retry_after_ms = Some(5_000);
    assert_eq!(verdict(&asks, 9), Verdict::Slower(places(&[]), 5_000));
}

#[test]
fn what_is_too_large_is_divided_or_left_out() {
    let body = r#"{"code": 413, "error": "Payload too large"}"#;
    assert_eq!(verdict(&answer(413, body), 2), Verdict::TooLarge);
    let without = Verdict::Without(places(&[0]));
    assert_eq!(verdict(&answer(413, body), 1), without);
}

/// amplitude.com/docs/apis/analytics/user-privacy.
#[test]
fn a_deletion_names_pseudonyms() {
    let people = ["user_1".to_owned()];
    let amplitude = amplitude();
    let secrets = (&amplitude.key, &amplitude.secret);
    let request = privacy::request(&amplitude.privacy, secrets, &people);
    let request = request.build().unwrap();
    assert_eq!(
        request.url().as_str(),
        "https://analytics.eu.amplitude.com/api/2/deletions/users"
    );
    let authorization = request.headers()["authorization"].to_str().unwrap();
    assert!(authorization.starts_with("Basic "), "{authorization}");
    let body = request.body().and_then(|body| body.as_bytes()).unwrap();
    assert_eq!(
        serde_json::from_slice::<Value>(body).unwrap(),
        json!({"user_ids": ["user_1"], "ignore_invalid_id": "true", "requester": "yousoon-api"})
    );
    let done = r#"[{"day": "2021-01-15", "amplitude_ids": [{"amplitude_id": 12345,
        "requested_on_day": "2021-01-01", "requester": "yourname@example.com"}], "status": "staging"}]"#;
    assert_eq!(privacy::read(&answer(200, done)), Ok(()));
    for (status, expected) in [
        (401, "refused: 401"),
        (400, "refused: 400"),
        (503, "not now: 503"),
    ] {
        let trouble = privacy::read(&answer(status, "user_1")).unwrap_err();
        assert_eq!(trouble.to_string(), expected);
    }
    let Err(Trouble::Later { after_ms, .. }) = privacy::read(&answer(429, "")) else {
        panic!("a pause");
    };
    assert_eq!(after_ms, Some(2_000));
}

#[test]
fn neither_secret_is_shown() {
    let shown = format!("{:?}", amplitude());
    for secret in [KEY, SECRET] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
