//! `yousoon seed`, `export`, `restore` and `copy`, as somebody types them.

use std::{path::Path, process::Command};

use super::on_each;

const SECRET: &str = "The files hold personal data and hashes of passwords: only their owner may \
    read them (0600).\n";

/// What it printed; it must succeed.
fn yousoon(arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let (succeeded, text) = run(arguments, variables);
    assert!(succeeded, "{arguments:?}: {text}");
    text
}

fn run(arguments: &[&str], variables: &[(&str, &str)]) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_yousoon"));
    for variable in ["YOUSOON_MONGODB_URL", "YOUSOON_REDIS_URL", "RUST_LOG"] {
        command.env_remove(variable);
    }
    command.args(arguments).envs(variables.iter().copied());
    let output = command.output().unwrap();
    let mut text = String::from_utf8(output.stdout).unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    // An export says besides that its files are secret.
    text.push_str(said.strip_prefix(SECRET).unwrap_or(&said));
    (output.status.success(), text)
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn an_embedded_store_is_exported_restored_and_copied() {
    let dir = tempfile::tempdir().unwrap();
    let [one, two, three, files] =
        ["one", "two", "three", "files"].map(|name| dir.path().join(name));
    let data = |path: &Path| vec!["--data-dir".to_owned(), text(path).to_owned()];
    let on = |path: &Path, rest: &[&str]| {
        let mut arguments = data(path);
        arguments.extend(rest.iter().map(|word| (*word).to_owned()));
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        yousoon(&arguments, &[])
    };
    on(&one, &["seed", "--offers", "300"]);
    let exported = on(&one, &["export", "--to", text(&files)]);
    assert!(exported.contains("\noffers 300 ("), "{exported}");
    assert_eq!(on(&two, &["restore", text(&files)]), exported);
    let copied = yousoon(&["copy", "--from", text(&two), "--to", text(&three)], &[]);
    assert_eq!(copied, exported);
    let again = ["copy", "--from", text(&two), "--to", text(&three)];
    let (succeeded, why) = run(&again, &[]);
    assert!(
        !succeeded && why.contains("the target already has offers"),
        "{why}"
    );
    let again = [&again[..], &["--into-existing"]].concat();
    assert_eq!(yousoon(&again, &[]), exported);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_embedded_store_moves_to_mongodb_and_back() {
    for opened in on_each().await {
        if !opened.has_transactions().await {
            continue;
        }
        let dir = tempfile::tempdir().unwrap();
        let [from, back] = ["from", "back"].map(|name| dir.path().join(name));
        let mongodb = opened.database.url();
        yousoon(&["--data-dir", text(&from), "seed", "--offers", "300"], &[]);
        let copy = ["copy", "--from", text(&from)];
        // The URL has a password: not in a line that everybody on the machine may read.
        let to = [("YOUSOON_COPY_TO", mongodb)];
        let (succeeded, why) = run(&copy, &to);
        assert!(
            !succeeded && why.contains("run yousoon migrate first"),
            "{why}"
        );
        yousoon(&["migrate"], &[("YOUSOON_MONGODB_URL", mongodb)]);
        let copied = yousoon(&copy, &to);
        assert!(copied.contains("\noffers 300 ("), "{copied}");
        let returned = yousoon(
            &["copy", "--to", text(&back)],
            &[("YOUSOON_COPY_FROM", mongodb)],
        );
        assert_eq!(returned, copied);
    }
}
