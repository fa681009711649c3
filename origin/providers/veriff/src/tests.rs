use std::time::Duration;

use axum::{
    Router,
    body::Bytes,
    extract::Path,
    http::{HeaderMap, StatusCode},
    routing::{delete, get, post},
};
use domain::identity::{
    provider::{Hint, HintError, IdentityProvider, Sight, Trouble, Verdict},
    verification::{Reason, SessionId},
};
use serde_json::{Value, json};

use super::*;

const ID: &str = "12df6045-3846-3e45-946a-14fa6136d78b";
const KEY: &str = "key of this test";
const SECRET: &str = "secret of this test";
/// 2026-06-01T12:00:00Z
const NOW_MS: i64 = 1_780_315_200_000;

fn session() -> SessionId {
    SessionId::parse(ID).unwrap()
}

async fn veriff(router: Router) -> Veriff {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    Veriff::new(Config {
        base: base.parse().unwrap(),
        portal: "https://station.veriff.test/verifications/"
            .parse()
            .unwrap(),
        mode: Mode::Development,
        timeout: Duration::from_millis(300),
        key: Secret::new(KEY),
        secret: Secret::new(SECRET),
    })
    .unwrap()
}

fn is_ours(headers: &HeaderMap, signed: &[u8]) -> bool {
    headers[CLIENT] == KEY && headers[SIGNATURE] == signature(SECRET.as_bytes(), signed).as_str()
}

#[test]
fn a_signature_is_hexadecimal_hmac_sha256() {
    // RFC 4231, test case 2.
    assert_eq!(
        signature(b"Jefe", b"what do ya want for nothing?"),
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    );
}

#[tokio::test]
async fn a_session_is_begun_with_a_pseudonym_alone() {
    let router = Router::new().route(
        "/v1/sessions",
        post(async |headers: HeaderMap, body: Bytes| {
            assert!(is_ours(&headers, &body));
            let sent: Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(sent, json!({"verification": {"vendorData": "pseudonym"}}));
            let url = "https://alchemy.veriff.test/v/secret";
            let answer = json!({"status": "success", "verification": {"id": ID, "url": url,
                "vendorData": "pseudonym", "status": "created", "sessionToken": "secret"}});
            (StatusCode::CREATED, answer.to_string())
        }),
    );
    let veriff = veriff(router).await;
    let started = veriff.start("key", "pseudonym").await.unwrap();
    assert_eq!(started.session, session());
    assert_eq!(started.url.expose(), "https://alchemy.veriff.test/v/secret");
    assert!(!format!("{started:?}").contains("secret"));
    let page = format!("https://station.veriff.test/verifications/{ID}");
    assert_eq!(veriff.page(&session()), page);
}

#[tokio::test]
async fn answers_that_are_no_session_are_troubles() {
    let answers = [
        (200, json!({"status": "success"}).to_string(), true),
        (
            201,
            json!({"verification": {"id": "a/b", "url": "https://a.test/"}}).to_string(),
            true,
        ),
        (
            201,
            json!({"verification": {"id": ID, "url": "javascript:1"}}).to_string(),
            true,
        ),
        (
            401,
            json!({"status": "fail", "code": "1104", "message": "zoe"}).to_string(),
            false,
        ),
        (429, String::new(), true),
        (500, String::new(), true),
    ];
    for (status, body, is_later) in answers {
        let status = StatusCode::from_u16(status).unwrap();
        let answer = move || {
            let body = body.clone();
            async move { (status, body) }
        };
        let router = Router::new().route("/v1/sessions", post(answer));
        let trouble = veriff(router).await.start("key", "p").await.unwrap_err();
        assert_eq!(
            matches!(trouble, Trouble::Later { .. }),
            is_later,
            "{status}: {trouble}"
        );
        assert!(!trouble.to_string().contains("zoe"), "{trouble}");
    }
}

fn decision(code: u32, status: &str, more: Value) -> Vec<u8> {
    let mut decision = json!({"id": ID, "code": code, "status": status, "reason": null,
        "reasonCode": null, "decisionTime": "2026-06-01T11:59:00.5Z", "acceptanceTime": null,
        "person": {"firstName": "ZOE", "dateOfBirth": "1990-02-03", "idNumber": "1"},
        "document": {"number": "X123"}, "vendorData": "pseudonym"});
    if let Value::Object(more) = more {
        for (name, value) in more {
            decision[name] = value;
        }
    }
    json!({"status": "success", "verification": decision})
        .to_string()
        .into_bytes()
}

#[test]
fn decisions_are_read() {
    let approved = |birth_year| Verdict::Approved { birth_year };
    let table = [
        (9001, "approved", json!({}), Some(approved(Some(1990)))),
        (
            9001,
            "approved",
            json!({"person": null}),
            Some(approved(None)),
        ),
        (
            9001,
            "approved",
            json!({"person": {"dateOfBirth": "x"}}),
            Some(approved(None)),
        ),
        (
            9001,
            "approved",
            json!({"person": {"dateOfBirth": null, "yearOfBirth": "1967"}}),
            Some(approved(Some(1967))),
        ),
        (
            9102,
            "declined",
            json!({"reasonCode": 106}),
            Some(Verdict::Declined(Reason::NotTrusted)),
        ),
        (
            9102,
            "declined",
            json!({"reasonCode": "539"}),
            Some(Verdict::Declined(Reason::TooManyTries)),
        ),
        (
            9103,
            "resubmission_requested",
            json!({"reasonCode": "204"}),
            Some(Verdict::Resubmission(Reason::Unreadable)),
        ),
        (9104, "expired", json!({}), Some(Verdict::Expired)),
        (9104, "abandoned", json!({}), Some(Verdict::Abandoned)),
        (9121, "review", json!({}), None),
        (7002, "submitted", json!({}), None),
    ];
    for (code, status, more, verdict) in table {
        let expected = verdict.map_or(Sight::Undecided, |verdict| Sight::Decided {
            verdict,
            at_ms: Some(NOW_MS - 59_500),
        });
        let read = decision::read(&decision(code, status, more), &session());
        assert_eq!(read, Some(expected), "{code} {status}");
    }
    let undecided = br#"{"status": "success", "verification": null}"#;
    assert_eq!(
        decision::read(undecided, &session()),
        Some(Sight::Undecided)
    );
    let other = SessionId::parse("other").unwrap();
    assert_eq!(
        decision::read(&decision(9001, "approved", json!({})), &other),
        None
    );
    let odd = decision(9001, "approved", json!({"decisionTime": "yesterday"}));
    assert_eq!(decision::read(&odd, &session()), None);
}

#[tokio::test]
async fn a_session_is_looked_at_and_deleted_by_its_signed_name() {
    let router = Router::new()
        .route(
            "/v1/sessions/{id}/decision",
            get(async |Path(id): Path<String>, headers: HeaderMap| {
                assert!(is_ours(&headers, id.as_bytes()));
                match id.as_str() {
                    ID => (StatusCode::OK, decision(9001, "approved", json!({}))),
                    _ => (StatusCode::NOT_FOUND, Vec::new()),
                }
            }),
        )
        .route(
            "/v1/sessions/{id}",
            delete(async |Path(id): Path<String>, headers: HeaderMap| {
                assert!(is_ours(&headers, id.as_bytes()));
                match id.as_str() {
                    ID => StatusCode::OK,
                    "busy" => StatusCode::BAD_REQUEST,
                    _ => StatusCode::NOT_FOUND,
                }
            }),
        );
    let veriff = veriff(router).await;
    assert!(matches!(
        veriff.look(&session()).await,
        Ok(Sight::Decided { .. })
    ));
    let named = |text| SessionId::parse(text).unwrap();
    let (gone, busy) = (named("gone"), named("busy"));
    assert_eq!(veriff.look(&gone).await, Ok(Sight::Unknown));
    assert_eq!(veriff.forget(&session()).await, Ok(()));
    assert_eq!(veriff.forget(&gone).await, Ok(()));
    let later = veriff.forget(&busy).await.unwrap_err();
    assert!(matches!(
        later,
        Trouble::Later {
            after_ms: Some(DELETED_AGAIN_MS),
            ..
        }
    ));
}

fn webhook() -> Webhook {
    let secrets = vec![Secret::new(SECRET), Secret::new("the secret before")];
    Webhook::new(Secret::new(KEY), secrets)
}

fn read(secret: &str, client: &str, body: &[u8]) -> Result<Option<Hint>, HintError> {
    let signature = signature(secret.as_bytes(), body);
    webhook().read(Some(client), Some(&signature), body, NOW_MS)
}

#[test]
fn a_signed_report_of_a_decision_is_a_hint() {
    let body = decision(9001, "approved", json!({"attemptId": "a-1"}));
    let hint = read(SECRET, KEY, &body).unwrap().unwrap();
    assert_eq!(hint.session, session());
    assert_eq!(
        hint.key,
        format!("veriff:{ID}:9001:a-1@2026-06-01T11:59:00.5Z")
    );
    // While the secret changes.
    assert_eq!(read("the secret before", KEY, &body), Ok(Some(hint)));
    let event = json!({"id": ID, "attemptId": "a-1", "feature": "selfid", "code": 7002,
        "action": "submitted", "vendorData": "pseudonym"});
    assert_eq!(read(SECRET, KEY, event.to_string().as_bytes()), Ok(None));
}

#[test]
fn a_report_that_is_not_veriffs_is_refused() {
    let body = decision(9001, "approved", json!({}));
    let unsigned = webhook().read(Some(KEY), None, &body, NOW_MS);
    assert_eq!(unsigned, Err(HintError::Unsigned));
    assert_eq!(
        read("another secret", KEY, &body),
        Err(HintError::Signature)
    );
    for odd in ["", "zz", "é", &"0".repeat(64), &"0".repeat(62)] {
        let read = webhook().read(Some(KEY), Some(odd), &body, NOW_MS);
        assert_eq!(read, Err(HintError::Signature), "{odd}");
    }
    let signed = signature(SECRET.as_bytes(), &body);
    let changed = String::from_utf8(body.clone())
        .unwrap()
        .replace("9001", "9102");
    let forged = webhook().read(Some(KEY), Some(&signed), changed.as_bytes(), NOW_MS);
    assert_eq!(forged, Err(HintError::Signature));
    assert_eq!(
        read(SECRET, "of another environment", &body),
        Err(HintError::Client)
    );
    let nobody = webhook().read(None, Some(&signed), &body, NOW_MS);
    assert_eq!(nobody, Err(HintError::Client));
    for (time, expected) in [
        ("2026-05-23T11:00:00Z", HintError::Old),
        ("2026-06-01T12:11:00Z", HintError::Old),
        ("now", HintError::Malformed),
    ] {
        let body = decision(9001, "approved", json!({"decisionTime": time}));
        assert_eq!(read(SECRET, KEY, &body), Err(expected), "{time}");
    }
    for malformed in [
        "",
        "{}",
        "[]",
        r#"{"verification": {"id": "a/b", "code": 1}}"#,
    ] {
        let read = read(SECRET, KEY, malformed.as_bytes());
        assert_eq!(read, Err(HintError::Malformed), "{malformed}");
    }
    let long = decision(9001, "approved", json!({"attemptId": "a".repeat(500)}));
    assert_eq!(read(SECRET, KEY, &long), Err(HintError::Malformed));
}
