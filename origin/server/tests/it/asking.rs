//! Commands that ask a running server.

use std::process::Command;

use serde_json::{Value, json};

use crate::{
    app::{TOKEN, TestApp},
    fixtures::{offer, store},
};

const OFFER: &str = "query Detail($id: ID!) { offer(id: $id) { title } }";

/// Runs `yousoon` beside a server; whether it succeeded, and what it printed.
async fn run(arguments: &[&str], environment: &[(&str, &str)]) -> (bool, String) {
    let dir = tempfile::tempdir().unwrap();
    // A purge may come before the first offer, but not to a folder that is not there.
    std::fs::create_dir(dir.path().join("store")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_yousoon"));
    command
        .args(arguments)
        .env_remove("YOUSOON_ORIGIN_URL")
        .env_remove("YOUSOON_ADMIN_TOKEN")
        .env_remove("YOUSOON_REDIS_URL")
        .env("YOUSOON_DATA_DIR", dir.path().join("store"))
        .envs(environment.iter().copied());
    // The server of this test answers meanwhile.
    let output = tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(text).unwrap())
}

async fn app() -> TestApp {
    let app = TestApp::start().await;
    store(&app, "a", vec![offer("a", 0)]).await;
    app.publish(&[OFFER]).await;
    app.ask(OFFER, json!({"id": offer("a", 0).id})).await.data();
    app
}

#[tokio::test]
async fn a_server_tells_what_a_purge_would_do_and_does_it() {
    let app = app().await;
    let id = offer("a", 0).id.to_string();
    let purge = ["purge", "--offer", &id, "--reason", "a test"];
    let there = [
        ("YOUSOON_ORIGIN_URL", app.url.as_str()),
        ("YOUSOON_ADMIN_TOKEN", TOKEN),
    ];
    let (ok, told) = run(&[purge.as_slice(), &["--dry-run"]].concat(), &there).await;
    assert!(ok, "{told}");
    let line = told.lines().find(|line| line.starts_with("Detail"));
    let cells: Vec<_> = line.unwrap().split_whitespace().collect();
    assert_eq!(cells[..3], ["Detail", "1", "-"], "{told}");
    assert!(told.ends_with("dry run: nothing was purged\n"), "{told}");
    assert_eq!(app.head().0, 0);
    let (ok, told) = run(&purge, &there).await;
    assert!(ok && told.ends_with("revision 1\n"), "{told}");
    assert_eq!(app.head().0, 1);
    // The audit is read from the store, whatever is set.
    let (ok, told) = run(&["purge", "log"], &there).await;
    assert!(ok, "{told}");
    let here = run(&[purge.as_slice(), &["--dry-run"]].concat(), &[]).await;
    assert!(here.0 && here.1.contains("--url"), "{}", here.1);
    assert_eq!(app.head().0, 1, "without a server the store is worked on");
}

#[tokio::test]
async fn the_caches_are_explained_and_counted() {
    let app = app().await;
    let there = [("YOUSOON_ADMIN_TOKEN", TOKEN)];
    let variables = json!({"id": offer("a", 0).id}).to_string();
    let explain = ["cache", "explain", "Detail", &variables, "--url", &app.url];
    let (ok, text) = run(&explain, &there).await;
    assert!(
        ok && text.contains("\nl1         serve: fresh for"),
        "{text}"
    );
    assert!(text.contains("\nl2         is not configured\n"), "{text}");
    let (ok, json) = run(&[explain.as_slice(), &["--json"]].concat(), &there).await;
    let json: Value = serde_json::from_str(&json).unwrap();
    assert!(ok && json["tiers"][0]["verdict"] == "serve", "{json}");
    let stats = ["cache", "stats", "--url", &app.url];
    let (ok, text) = run(&stats, &there).await;
    assert!(ok && text.contains("\nDetail "), "{text}");
    let (ok, json) = run(&[stats.as_slice(), &["--json"]].concat(), &there).await;
    let json: Value = serde_json::from_str(&json).unwrap();
    assert!(ok && json["documents"][0]["requests"] == 1, "{json}");
}

#[tokio::test]
async fn a_command_that_cannot_ask_says_why() {
    let app = app().await;
    let url = app.url.as_str();
    let right = [("YOUSOON_ADMIN_TOKEN", TOKEN)];
    let wrong = [("YOUSOON_ADMIN_TOKEN", "another-secret")];
    let stats = ["cache", "stats", "--url", url];
    let nobody = ["cache", "stats", "--url", "http://127.0.0.1:1"];
    let unknown = ["cache", "explain", "Nothing", "--url", url];
    for (arguments, environment, why) in [
        (&stats[..], &[][..], "YOUSOON_ADMIN_TOKEN is not set"),
        (&stats[..2], &right[..], "no server is given"),
        (
            &stats,
            &wrong,
            "401 Unauthorized: the credentials are not valid",
        ),
        (&nobody, &right, "cannot be reached"),
        (
            &unknown,
            &right,
            "no document with an operation of this name",
        ),
    ] {
        let (ok, text) = run(arguments, environment).await;
        assert!(!ok && text.contains(why), "{arguments:?}: {text}");
        assert!(!text.contains("another-secret"), "{text}");
    }
}

/// Each finding of `yousoon doctor`, by what it is about.
fn findings(told: &str) -> std::collections::BTreeMap<String, (String, String)> {
    let json: Value = serde_json::from_str(&told[..=told.rfind('}').unwrap()]).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let all = json["findings"].as_array().unwrap().iter();
    all.map(|one| {
        let about = (text(&one["state"]), text(&one["message"]));
        (text(&one["subject"]), about)
    })
    .collect()
}

#[tokio::test]
async fn the_doctor_finds_what_a_server_here_would_miss() {
    let app = app().await;
    let redis = [("YOUSOON_REDIS_URL", "redis://127.0.0.1:1")];
    let wrong = [
        redis[0],
        ("YOUSOON_ORIGIN_URL", app.url.as_str()),
        ("YOUSOON_EDGE_URL", "http://127.0.0.1:1"),
        ("YOUSOON_EDGE_SECRET", &"ab".repeat(32)),
        ("YOUSOON_NOT_A_SETTING", "1"),
    ];
    let (ok, told) = run(&["doctor", "--json"], &wrong).await;
    let found = findings(&told);
    assert!(!ok, "{told}");
    for (subject, state, part) in [
        ("configuration", "ok", "a server would start"),
        ("keys of tokens", "ok", "signs"),
        ("redis", "error", "cannot be used"),
        ("edge http://127.0.0.1:1", "error", "cannot be reached"),
        ("database", "error", "database"),
        ("server 127.0.0.1", "ok", "it is ready"),
    ] {
        let Some((seen, message)) = found.get(subject) else {
            panic!("nothing about {subject}: {told}");
        };
        assert_eq!(seen, state, "{subject}: {message}");
        assert!(message.contains(part), "{subject}: {message}");
    }
    assert!(told.contains("YOUSOON_NOT_A_SETTING is set, and nothing reads it"));

    let (ok, told) = run(&["doctor"], &[("YOUSOON_JWT_KEYS", "nonsense")]).await;
    assert!(!ok && told.contains("config check"), "{told}");
}
