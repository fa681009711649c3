use std::time::Duration;

use domain::{
    messages::provider::{Accepted, Push, SendError},
    secret::Secret,
};
use provider_http::{Answer, Mode};
use serde_json::json;

use crate::{Config, OneSignal, answer};

const FIRST: &str = "5fdc92b2-3b2a-11e5-ac13-8fdccfe4d986";
const SECOND: &str = "00cb73f8-5815-11e5-ba69-f75522da5528";

fn onesignal() -> OneSignal {
    OneSignal::new(Config {
        base: "https://api.onesignal.com".parse().unwrap(),
        mode: Mode::Production,
        timeout: Duration::from_secs(5),
        app: "app-1".to_owned(),
        key: Secret::new("os_v2_app_secret"),
    })
    .unwrap()
}

fn push(link: Option<&str>) -> Push {
    Push {
        devices: vec![FIRST.to_owned(), SECOND.to_owned()],
        title: "Ce soir".to_owned(),
        body: "À 20 h".to_owned(),
        link: link.map(str::to_owned),
    }
}

#[test]
fn a_notification_is_json() {
    let onesignal = onesignal();
    let push = push(Some("yousoon://bookings/1"));
    let devices: Vec<_> = push.devices.iter().collect();
    let key = "01890a5d-ac96-774b-bcce-b302099a8057";
    let notification = onesignal.notification(key, &push, &devices);
    assert_eq!(
        serde_json::to_value(&notification).unwrap(),
        json!({
            "app_id": "app-1",
            "idempotency_key": key,
            "target_channel": "push",
            "include_subscription_ids": [FIRST, SECOND],
            "headings": { "en": "Ce soir" },
            "contents": { "en": "À 20 h" },
            "app_url": "yousoon://bookings/1",
        })
    );
}

#[test]
fn a_web_address_opens_in_the_browser() {
    let onesignal = onesignal();
    let push = push(Some("https://yousoon.com/offers/1"));
    let devices: Vec<_> = push.devices.iter().collect();
    let notification = serde_json::to_value(onesignal.notification("k", &push, &devices)).unwrap();
    assert_eq!(notification["url"], "https://yousoon.com/offers/1");
    assert_eq!(notification.get("app_url"), None);
}

fn read(status: u16, body: &str) -> Result<Accepted, SendError> {
    let answer = Answer {
        status: status.try_into().unwrap(),
        headers: reqwest::header::HeaderMap::new(),
        body: body.as_bytes().to_vec(),
        retry_after_ms: (status == 429).then_some(3000),
    };
    let devices = [FIRST.to_owned(), SECOND.to_owned()];
    let devices: Vec<_> = devices.iter().collect();
    answer::read(&answer, &devices, vec!["no-uuid".to_owned()])
}

// The bodies of documentation.onesignal.com/reference/push-notification and of the error catalogue
// in OneSignal's own libraries.

#[test]
fn devices_that_it_does_not_know_are_named() {
    let id = "d8f5a2c4-0000-4000-8000-000000000001";
    let accepted = read(200, &format!(r#"{{"id": "{id}", "external_id": null}}"#)).unwrap();
    assert_eq!(accepted.provider_id, id);
    assert_eq!(accepted.invalid_devices, ["no-uuid"]);
    for field in ["invalid_player_ids", "invalid_subscription_ids"] {
        let body = format!(
            r#"{{"id": "{id}", "errors": {{"{field}": ["{}", "somebody-elses"]}}}}"#,
            SECOND.to_ascii_uppercase()
        );
        assert_eq!(
            read(200, &body).unwrap().invalid_devices,
            ["no-uuid", SECOND]
        );
    }
}

#[test]
fn an_empty_id_says_that_nothing_was_sent() {
    let invalid = format!(r#"{{"id": "", "errors": {{"invalid_player_ids": ["{FIRST}"]}}}}"#);
    for (body, devices) in [
        (
            r#"{"id": "", "errors": ["All included players are not subscribed"]}"#,
            vec!["no-uuid"],
        ),
        (
            r#"{"errors": ["All included players are not subscribed"]}"#,
            vec!["no-uuid"],
        ),
        (invalid.as_str(), vec!["no-uuid", FIRST]),
    ] {
        let error = read(200, body).unwrap_err();
        let SendError::Recipient {
            why,
            invalid_devices,
        } = error
        else {
            panic!("{error:?}");
        };
        assert!(why.starts_with("200 nothing was sent: "), "{why}");
        assert_eq!(invalid_devices, devices);
    }
}

#[test]
fn a_refusal_is_told_from_a_pause() {
    for (status, body, expected) in [
        (
            400,
            r#"{"errors": ["You must include which players, segments, or tags you wish to send this notification to."]}"#,
            "refused: 400 You must include which players, segments, or tags you wish to send this \
             notification to.",
        ),
        (400, r#"{"errors": [{}]}"#, "refused: 400"),
        (
            403,
            r#"{"errors": ["Access denied.  Please include an 'Authorization: ...' header with a valid API key (https://documentation.onesignal.com/docs/en/keys-and-ids#api-keys)."]}"#,
            "refused: 403 Access denied. Please include an 'Authorization: ...' header with a valid \
             API key …",
        ),
        (
            429,
            r#"{"errors": ["API rate limit exceeded"], "limit": "x"}"#,
            "not now: 429",
        ),
        (
            503,
            r#"{"errors": ["Service temporarily unavailable"]}"#,
            "not now: 503",
        ),
        (200, "<html>", "not now: 200 unreadable answer"),
    ] {
        assert_eq!(read(status, body).unwrap_err().to_string(), expected);
    }
    let error = read(429, "").unwrap_err();
    assert!(
        matches!(
            error,
            SendError::Later {
                after_ms: Some(3000),
                ..
            }
        ),
        "{error:?}"
    );
}

#[test]
fn the_key_is_not_shown() {
    let onesignal = onesignal();
    for shown in [format!("{onesignal:?}"), format!("{:?}", onesignal.config)] {
        assert!(!shown.contains("os_v2_app"), "{shown}");
    }
}
