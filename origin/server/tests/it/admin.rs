//! The addresses under `/admin`: who gets in, and purges over HTTP.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};

use cache_core::Revision;
use pq_core::DocumentHash;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    app::{Answer, TOKEN, TestApp},
    fixtures::{offer, partner},
};

const DOORS: [(Method, &str); 8] = [
    (Method::POST, "/admin/documents"),
    (Method::POST, "/admin/purge"),
    (Method::POST, "/admin/cache/explain"),
    (Method::GET, "/admin/cache/stats"),
    (Method::POST, "/admin/cells"),
    (Method::GET, "/admin/purges"),
    (Method::GET, "/admin/queue"),
    (Method::POST, "/admin/queue/retry"),
];

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn only_the_service_token_gets_in_and_the_log_hears_of_everybody_else() {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::WARN)
        .with_writer(move || writer.clone())
        .with_ansi(false)
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let app = TestApp::start().await;
    let body = json!({"all": true, "reason": "a test"});
    for (method, path) in DOORS {
        let request = || app.request(method.clone(), path).json(&body);
        let table = [
            (request(), 401, "UNAUTHENTICATED"),
            (
                request().bearer_auth("another-secret"),
                401,
                "TOKEN_INVALID",
            ),
            (request().basic_auth("a", Some(TOKEN)), 401, "TOKEN_INVALID"),
        ];
        for (request, status, code) in table {
            let refused = Answer::of(request.header("x-forwarded-for", "192.0.2.7\u{85}")).await;
            assert_eq!(
                (refused.status.as_u16(), refused.code().as_str()),
                (status, code),
                "{path}"
            );
            assert_eq!(refused.header("cache-control"), "no-store");
        }
    }
    drop(guard);
    assert_eq!(app.head(), Revision::ZERO, "nothing was purged");
    let logged = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let refusals = logged.lines().filter(|line| line.contains("refused"));
    assert_eq!(refusals.count(), 3 * DOORS.len(), "{logged}");
    for word in [
        r#"caller="anonymous" what="/admin/purge""#,
        r#"caller="unknown credentials" what="/admin/cache/stats""#,
        "192.0.2.7",
        "peer=Some(127.0.0.1:",
    ] {
        assert!(logged.contains(word), "{word}: {logged}");
    }
    for secret in ["another-secret", TOKEN] {
        assert!(!logged.contains(secret), "{logged}");
    }
}

#[tokio::test]
async fn each_target_is_purged_over_http() {
    let app = TestApp::start().await;
    let hash = DocumentHash::of("x");
    let (offer, partner) = (offer("a", 0).id, partner("a").id);
    let named = [
        (json!({"offerId": offer}), format!("offer:{offer}")),
        (json!({"partnerId": partner}), format!("partner:{partner}")),
        (json!({"tag": "category"}), "category".to_owned()),
        (json!({"document": hash}), format!("document:{hash}")),
        (json!({"all": true}), "*".to_owned()),
    ];
    for (revision, (target, tag)) in (1..).zip(named) {
        let answer = purge(&app, target).await;
        assert_eq!(
            answer.json(),
            json!({"revision": revision.to_string(), "tags": [tag], "dryRun": false})
        );
        assert_eq!(answer.header("yousoon-revision"), revision.to_string());
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(app.head(), Revision(revision));
    }
    let around = purge(&app, json!({"location": {"lat": 48.8566, "lng": 2.3522}})).await;
    assert_eq!(around.json()["tags"].as_array().unwrap().len(), 6);
    let audit: (String, String, String) = app
        .db
        .read(|c| {
            Ok(c.query_row(
                "SELECT actor, reason, kind FROM purge_log WHERE revision = 6",
                [],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
            )?)
        })
        .await
        .unwrap();
    assert_eq!(
        audit,
        ("service token".into(), "a test".into(), "hard".into())
    );
}

async fn purge(app: &TestApp, mut body: Value) -> Answer {
    body["reason"] = "a test".into();
    let answer = app.admin_post("/admin/purge", &body).await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.text);
    answer
}

#[tokio::test]
async fn a_purge_that_is_not_plainly_one_is_refused() {
    let app = TestApp::start().await;
    let wrong = [
        ("", 400, "INVALID_JSON"),
        ("{", 400, "INVALID_JSON"),
        ("[]", 400, "INVALID_REQUEST"),
        (r#"{"all": true}"#, 400, "INVALID_REQUEST"),
        // Were it let pass, it would purge.
        (
            r#"{"all": true, "reason": "x", "dryrun": true}"#,
            400,
            "INVALID_REQUEST",
        ),
        (
            r#"{"all": true, "reason": "x", "dryRun": 1}"#,
            400,
            "INVALID_REQUEST",
        ),
        (r#"{"all": true, "reason": " "}"#, 400, "BAD_USER_INPUT"),
        (r#"{"reason": "x"}"#, 400, "BAD_USER_INPUT"),
        (r#"{"all": false, "reason": "x"}"#, 400, "BAD_USER_INPUT"),
        (
            r#"{"all": true, "tag": "a", "reason": "x"}"#,
            400,
            "BAD_USER_INPUT",
        ),
        (r#"{"offerId": "x", "reason": "x"}"#, 400, "BAD_USER_INPUT"),
        (
            r#"{"location": {"lat": 91, "lng": 0}, "reason": "x"}"#,
            400,
            "LOCATION_OUT_OF_RANGE",
        ),
    ];
    for (body, status, code) in wrong {
        let request = app.admin(Method::POST, "/admin/purge").body(body);
        let refused = Answer::of(request).await;
        assert_eq!(
            (refused.status.as_u16(), refused.code().as_str()),
            (status, code),
            "{body}: {}",
            refused.text
        );
    }
    let long = app
        .admin(Method::POST, "/admin/purge")
        .body(vec![b' '; 200_000]);
    assert_eq!(Answer::of(long).await.status.as_u16(), 413);
    let got = Answer::of(app.admin(Method::GET, "/admin/purge")).await;
    assert_eq!(
        (got.status.as_u16(), got.code().as_str()),
        (405, "METHOD_NOT_ALLOWED")
    );
    assert_eq!(app.head(), Revision::ZERO);
}
