//! `yousoon migrate`, as somebody types it.

use std::process::Command;

use super::on_each;

/// Its exit code, and what it printed.
fn migrate(url: Option<&str>, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_yousoon"));
    command.arg("migrate").args(arguments);
    command
        .env_remove("YOUSOON_MONGODB_URL")
        .env_remove("RUST_LOG");
    if let Some(url) = url {
        command.env("YOUSOON_MONGODB_URL", url);
    }
    let output = command.output().unwrap();
    let mut text = String::from_utf8(output.stdout).unwrap();
    text.push_str(&String::from_utf8(output.stderr).unwrap());
    (output.status.code(), text)
}

#[test]
fn the_embedded_store_needs_no_migration() {
    let (code, text) = migrate(None, &[]);
    assert_eq!(code, Some(0), "{text}");
    assert!(
        text.contains("migrates by itself when it is opened"),
        "{text}"
    );
}

#[test]
fn a_wrong_url_is_said_without_its_password() {
    for (url, part) in [
        ("mongodb://u:geh31m@127.0.0.1:27017", "names no database"),
        (
            "mongodb://u:geh31m@127.0.0.1:27017/a.b",
            "has a database name that is not allowed",
        ),
        ("mongo://u:geh31m@127.0.0.1/x", "is not a MongoDB URL"),
    ] {
        for (code, text) in [
            migrate(Some(url), &[]),
            migrate(None, &["--mongodb-url", url]),
        ] {
            assert_eq!(code, Some(1), "{text}");
            assert!(text.contains(part) && !text.contains("geh31m"), "{text}");
        }
    }
    let (_, help) = migrate(Some("mongodb://u:geh31m@127.0.0.1/x"), &["--help"]);
    assert!(
        help.contains("YOUSOON_MONGODB_URL") && !help.contains("geh31m"),
        "{help}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_is_printed_and_a_server_without_transactions_is_refused() {
    for opened in on_each().await {
        let url = opened.database.url();
        let (code, text) = migrate(Some(url), &["--plan"]);
        assert_eq!(code, Some(0), "{text}");
        assert!(
            text.contains("1 catalogue\n  collection partners"),
            "{text}"
        );
        let (code, text) = migrate(Some(url), &[]);
        if opened.has_transactions().await {
            assert_eq!(code, Some(0), "{text}");
            assert!(text.contains("applied 1 catalogue"), "{text}");
            let (_, text) = migrate(Some(url), &["--plan"]);
            assert!(text.contains("the schema is up to date"), "{text}");
        } else {
            assert_eq!(code, Some(1), "{text}");
            assert!(text.contains("needs a replica set"), "{text}");
        }
    }
}
