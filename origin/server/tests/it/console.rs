//! The operators' console: its files, and what only it asks. `tests/it/console.rs` of the end-to-end tests opens it.

use domain::queue::{Lane, State, store::End};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    accounts::person::{Person, register},
    app::{Answer, TOKEN, TestApp},
    identifying::administrator,
};

/// Somebody signs up, and a message is given up; its key.
async fn a_dead_task(app: &TestApp) -> String {
    register(app, "dan").await;
    let now_ms = app.state.services.clock.now_ms();
    let queue = &app.state.queue;
    let until_ms = now_ms + 60_000;
    let taken = queue.take(Lane::Codes, "a test", now_ms, until_ms, 1);
    let key = taken.await.unwrap().remove(0).key;
    let error = "the provider refuses".to_owned();
    let ended = queue.end(&key, "a test", End::Dead { error }, now_ms);
    assert!(ended.await.unwrap());
    key
}

async fn retry(app: &TestApp, token: &str, body: &Value) -> Answer {
    let request = app.request(Method::POST, "/admin/queue/retry");
    Answer::of(request.bearer_auth(token).json(body)).await
}

async fn queue(app: &TestApp, who: &Person) -> Value {
    let request = app.request(Method::GET, "/admin/queue");
    Answer::of(request.bearer_auth(&who.access)).await.json()
}

#[tokio::test]
async fn an_administrator_has_a_task_tried_again_and_the_audit_says_so() {
    let app = TestApp::start().await;
    let admin = administrator(&app).await;
    let key = a_dead_task(&app).await;
    let told = queue(&app, &admin).await;
    assert_eq!(told["dead"][0]["key"], key, "{told}");
    assert_eq!(told["dead"][0]["error"], "the provider refuses");
    let codes = told["lanes"].as_array().unwrap().iter();
    let codes = codes.filter(|lane| lane["lane"] == "codes");
    assert_eq!(codes.map(|lane| &lane["dead"]).collect::<Vec<_>>(), [1]);

    let ana = register(&app, "ana").await;
    let good = json!({"key": key, "reason": "ticket 7"});
    for (token, body, status) in [
        // A person answers for it.
        (TOKEN, &good, 403),
        (&ana.access, &good, 403),
        (&admin.access, &json!({"key": key, "reason": "x"}), 400),
        (
            &admin.access,
            &json!({"key": key, "reason": "two\nlines"}),
            400,
        ),
        (&admin.access, &json!({"key": key}), 400),
        (
            &admin.access,
            &json!({"key": "none", "reason": "ticket 7"}),
            404,
        ),
    ] {
        let refused = retry(&app, token, body).await;
        assert_eq!(refused.status.as_u16(), status, "{body}: {}", refused.text);
    }
    assert_eq!(queue(&app, &admin).await["dead"][0]["key"], key);
    let done = retry(&app, &admin.access, &good).await;
    assert_eq!(done.json(), json!({"retried": true}));
    assert_eq!(queue(&app, &admin).await["dead"], json!([]));
    let again = retry(&app, &admin.access, &good).await;
    assert_eq!(again.status, 404, "it waits now: {}", again.text);
    let task = app.state.queue.get(&key).await.unwrap().unwrap();
    assert_eq!((task.state, task.attempts), (State::Waiting, 0), "{task:?}");

    let asked = "{ operatorAudit(first: 10) { edges { node { deed target reason actor } } } }";
    let audit = admin.ask(&app, asked, json!({})).await.data();
    let entry = json!({"deed": "RETRY_TASK", "target": format!("task {key}"), "reason": "ticket 7",
        "actor": format!("user {}", admin.id)});
    assert_eq!(audit["operatorAudit"]["edges"], json!([{"node": entry}]));
}

#[tokio::test]
async fn purges_are_listed_newest_first_and_cells_have_corners() {
    let app = TestApp::start().await;
    for reason in ["first", "second"] {
        let body = json!({"location": {"lat": 48.85, "lng": 2.35}, "reason": reason});
        let request = app.request(Method::POST, "/admin/purge").json(&body);
        Answer::of(request.bearer_auth(TOKEN)).await;
    }
    let request = app.request(Method::GET, "/admin/purges");
    let told = Answer::of(request.bearer_auth(TOKEN)).await.json();
    assert_eq!(told["purges"][0]["reason"], "second", "{told}");
    assert_eq!(told["purges"][0]["revision"], "2");
    let tags = &told["purges"][0]["tags"];
    let request = app.request(Method::POST, "/admin/cells");
    let mut asked = tags.as_array().unwrap().clone();
    asked.extend([json!("offer:1"), json!("geo:nonsense"), json!("geo:1")]);
    let request = request.bearer_auth(TOKEN).json(&json!({"tags": asked}));
    let cells = Answer::of(request).await.json();
    let cells = cells["cells"].as_array().unwrap();
    assert_eq!(cells.len(), tags.as_array().unwrap().len());
    for cell in cells {
        let corners = cell["boundary"].as_array().unwrap();
        assert!((5..=10).contains(&corners.len()), "{cell}");
        for corner in corners {
            let (lat, lng) = (corner[0].as_f64().unwrap(), corner[1].as_f64().unwrap());
            assert!(
                (47.0..51.0).contains(&lat) && (0.5..4.5).contains(&lng),
                "{cell}"
            );
        }
    }
}

/// Everything that the page needs comes from the program, and it runs nobody else's scripts.
#[tokio::test]
async fn the_page_and_its_files_are_there_and_closed() {
    let app = TestApp::start().await;
    let page = Answer::of(app.request(Method::GET, "/console")).await;
    let policy = page.header("content-security-policy");
    assert!(
        policy.contains("script-src 'self';") && !policy.contains("unsafe"),
        "{policy}"
    );
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    let mut files = 0;
    for part in page
        .text
        .split('"')
        .filter(|part| part.starts_with("/console/"))
    {
        let file = Answer::of(app.request(Method::GET, part)).await;
        assert_eq!(file.status, 200, "{part}");
        files += 1;
        for other in file.text.split('"').filter(|part| part.starts_with("./")) {
            let path = other.replacen('.', "/console", 1);
            let file = Answer::of(app.request(Method::GET, &path)).await;
            assert_eq!(file.status, 200, "{path}");
            files += 1;
        }
    }
    assert!(files >= 5, "{files}");
    let hashes = Answer::of(app.request(Method::GET, "/console/documents.json")).await;
    assert_eq!(hashes.json().as_object().unwrap().len(), 9);
}
