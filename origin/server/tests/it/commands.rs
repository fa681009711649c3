//! The program's commands, as somebody types them.

use std::{
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use domain::{auth::service_tokens::Scope, messages::kind::Lane, queue::State};
use serde_json::{Value, json};

/// clap's exit code for a wrong command line.
const USAGE: i32 = 2;

fn command(dir: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_yousoon"));
    command.args(arguments).env("YOUSOON_DATA_DIR", dir);
    command
}

/// Runs `yousoon`; its exit code, and what it printed.
fn yousoon(dir: &Path, arguments: &[&str]) -> (i32, String) {
    let output = command(dir, arguments).output().expect("yousoon runs");
    let mut text = String::from_utf8(output.stdout).unwrap();
    text.push_str(&String::from_utf8(output.stderr).unwrap());
    (output.status.code().expect("an exit code"), text)
}

fn logged(dir: &Path, arguments: &[&str]) -> Vec<Value> {
    let (code, text) = yousoon(dir, &[&["purge", "log", "--json"], arguments].concat());
    assert_eq!(code, 0, "{text}");
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn an_audit_is_whole_and_had_what_it_had() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    yousoon(dir, &["seed", "--offers", "1"]);
    let verify = |arguments: &[&str]| yousoon(dir, &[&["audit", "verify"], arguments].concat());
    assert_eq!(verify(&[]), (0, "the audit is empty\n".to_owned()));
    let (code, text) = verify(&["--had", "1:00"]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("is not there"), "{text}");
    let (code, text) = verify(&["--had", "nonsense"]);
    assert_eq!(code, 1, "{text}");
}

/// An option that knows some of the domain's words only is how three scopes could not be given.
#[test]
fn options_take_every_word_of_the_domain_and_lists_are_objects_for_programs() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let run = |arguments: &[&str]| {
        let (code, text) = yousoon(dir, arguments);
        assert_eq!(code, 0, "{arguments:?}: {text}");
        text
    };
    let objects = |arguments: &[&str]| -> Vec<Value> {
        let output = command(dir, &[arguments, &["--json"]].concat())
            .output()
            .unwrap();
        assert!(output.status.success(), "{arguments:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        let lines = text.lines();
        lines
            .map(|line| serde_json::from_str(line).expect(line))
            .collect()
    };
    run(&["seed", "--offers", "1"]);
    for scope in Scope::ALL.iter().map(|scope| scope.as_str()) {
        run(&["token", "create", scope, "--scope", scope]);
    }
    run(&["token", "revoke", "news"]);
    let tokens = objects(&["token", "list"]);
    for scope in Scope::ALL.iter().map(|scope| scope.as_str()) {
        let token = tokens.iter().find(|token| token["name"] == scope).unwrap();
        assert_eq!(token["scopes"], json!([scope]));
        let state = if scope == "news" { "revoked" } else { "good" };
        assert_eq!(token["state"], state);
        assert_eq!(token["revokedAt"].is_string(), scope == "news");
    }
    for lane in Lane::ALL.iter().map(|lane| lane.as_str()) {
        for state in State::ALL.iter().map(|state| state.as_str()) {
            let list = ["queue", "list", "--lane", lane, "--state", state];
            assert_eq!(objects(&list), Vec::<Value>::new());
        }
    }
    let (code, text) = yousoon(dir, &["queue", "list", "--lane", "nothing"]);
    assert_eq!(code, USAGE, "{text}");
    assert!(text.contains("events"), "{text}");
    let purge = ["purge", "--tag", "offer:1", "--reason", "a test"];
    let dry = objects(&[&purge[..], &["--dry-run"]].concat());
    let told = json!({"revision": null, "tags": ["offer:1"], "dryRun": true});
    assert_eq!(dry, [told]);
    let [done] = &objects(&purge)[..] else {
        panic!("one result")
    };
    assert!(done["revision"].is_string() || done["revision"].is_null());
    assert_eq!(objects(&["payments", "differences"]), Vec::<Value>::new());
    assert_eq!(objects(&["reviews", "check"]), Vec::<Value>::new());
}

#[test]
fn purges_are_told_newest_first() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let purge = |arguments: &[&str]| {
        let (code, text) = yousoon(dir, &[&["purge"], arguments].concat());
        assert_eq!(code, 0, "{text}");
    };
    assert!(logged(dir, &[]).is_empty());
    purge(&["--tag", "offer:1", "--reason", "price was wrong"]);
    purge(&["--all", "--soft", "--reason", "néant"]);
    purge(&["--tag", "offer:2", "--dry-run", "--reason", "only told"]);
    purge(&["--tag", "offer:2", "--reason", "moved"]);
    let reasons = |arguments: &[&str]| {
        let rows = logged(dir, arguments);
        rows.iter()
            .map(|row| row["reason"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(reasons(&[]), ["moved", "néant", "price was wrong"]);
    assert_eq!(reasons(&["--limit", "1"]), ["moved"]);
    assert_eq!(reasons(&["--tag", "offer:1"]), ["néant", "price was wrong"]);
    assert_eq!(reasons(&["--actor", "nobody"]), Vec::<String>::new());
    let oldest = logged(dir, &["--actor", "cli"]).pop().unwrap();
    assert_eq!(
        (
            &oldest["actor"],
            &oldest["kind"],
            &oldest["revision"],
            &oldest["tags"]
        ),
        (
            &"cli".into(),
            &"hard".into(),
            &1.into(),
            &vec!["offer:1"].into()
        )
    );
    let at = oldest["at"].as_str().unwrap();
    assert!(at.starts_with("20") && at.ends_with('Z'), "{at}");
    let (code, text) = yousoon(dir, &["purge", "log", "--limit", "1"]);
    assert_eq!((code, text.lines().count()), (0, 1), "{text}");
    assert!(
        text.contains("3  hard  \"cli\"  \"moved\"  offer:2"),
        "{text}"
    );
}

#[test]
fn a_purge_has_one_target_and_a_reason_or_is_about_the_log() {
    let dir = tempfile::tempdir().unwrap();
    for wrong in [
        &["purge"][..],
        &["purge", "--reason", "x"],
        &["purge", "--all"],
        &["purge", "--all", "--tag", "a", "--reason", "x"],
        &["purge", "--all", "--reason", "x", "log"],
        &["purge", "log", "--all"],
        &["purge", "log", "--tag", "a b"],
        &["purge", "nothing"],
    ] {
        let (code, text) = yousoon(dir.path(), wrong);
        assert_eq!(code, USAGE, "{wrong:?}: {text}");
    }
    let data_dir = dir.path().to_str().unwrap();
    for right in [
        &["--data-dir", data_dir, "purge", "log"][..],
        &["purge", "--data-dir", data_dir, "log"],
        &["purge", "log", "--data-dir", data_dir],
        &["purge", "--data-dir", data_dir, "--all", "--reason", "x"],
    ] {
        let (code, text) = yousoon(Path::new("/dev/null/nowhere"), right);
        assert_eq!(code, 0, "{right:?}: {text}");
    }
}

#[test]
fn the_configuration_is_checked_without_a_server() {
    let check = |variables: &[(&str, &str)]| {
        let output = Command::new(env!("CARGO_BIN_EXE_yousoon"))
            .args(["config", "check"])
            .env_clear()
            .envs(variables.iter().copied())
            .output()
            .expect("yousoon runs");
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(said).unwrap())
    };
    let (sound, text) = check(&[("YOUSOON_ADMIN_TOKEN", "a-token-that-nobody-sees")]);
    assert!(sound && text.contains("YOUSOON_ADMIN_TOKEN"), "{text}");
    assert!(!text.contains("nobody-sees"), "{text}");
    let production = [
        ("YOUSOON_ENV", "production"),
        ("YOUSOON_DOCUMENT_MODE", "off"),
    ];
    let (sound, text) = check(&production);
    assert!(!sound, "{text}");
    assert!(text.contains("would not start: 10 settings"), "{text}");
}

#[test]
fn a_rollout_to_production_is_checked() {
    let check = |options: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_yousoon"))
            .args(["config", "check", "--production"])
            .args(options)
            .env_clear()
            .output()
            .expect("yousoon runs");
        let said = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(said).unwrap())
    };
    // Nothing is set: the environment, the token, both sets of keys, the URLs of site, portal, unsubscribing, edge and
    // database, the secret of the edge, Redis, the bucket and the metrics.
    let (code, text) = check(&[]);
    assert_eq!(code, Some(1), "{text}");
    assert!(
        text.contains("must not be deployed to production: 16 settings"),
        "{text}"
    );
    let (code, text) = check(&["--replicas", "1"]);
    assert_eq!(code, Some(1), "{text}");
    assert!(
        text.contains("must not be deployed to production: 14 settings"),
        "{text}"
    );
}

/// A wrong setting ends the start within this time.
const REFUSED_WITHIN: Duration = Duration::from_secs(1);

#[test]
fn a_secret_in_a_file_that_cannot_be_read_ends_the_start_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let pipe = dir.path().join("pipe");
    // Nobody writes to it: reading it would wait for ever.
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    for variable in [
        "YOUSOON_ADMIN_TOKEN",
        "YOUSOON_EDGE_SECRET",
        "YOUSOON_JWT_KEYS",
        "YOUSOON_MONGODB_URL",
        "YOUSOON_QR_KEYS",
        "YOUSOON_REDIS_URL",
    ] {
        for path in ["/no/such/file", pipe.to_str().unwrap()] {
            let began = Instant::now();
            let output = Command::new(env!("CARGO_BIN_EXE_yousoon"))
                .arg("serve")
                .env_clear()
                .env("YOUSOON_DATA_DIR", dir.path())
                .env("YOUSOON_LISTEN", "127.0.0.1:0")
                .env(format!("{variable}_FILE"), path)
                .output()
                .expect("yousoon runs");
            assert!(began.elapsed() < REFUSED_WITHIN, "{variable}");
            let said = String::from_utf8(output.stderr).unwrap();
            assert_eq!(
                (output.status.code(), said.lines().count()),
                (Some(1), 1),
                "{said}"
            );
            let expected = format!("{variable}_FILE should name a text file");
            assert!(said.contains(&expected), "{said}");
        }
    }
}

#[test]
fn a_catalogue_index_that_takes_too_much_memory_stops_the_server() {
    let dir = tempfile::tempdir().unwrap();
    let (code, text) = yousoon(dir.path(), &["seed", "--offers", "3000"]);
    assert_eq!(code, 0, "{text}");
    let output = Command::new(env!("CARGO_BIN_EXE_yousoon"))
        .arg("serve")
        .env("YOUSOON_DATA_DIR", dir.path())
        .env("YOUSOON_LISTEN", "127.0.0.1:0")
        .env("YOUSOON_INDEX_MEMORY_MIB", "1")
        .output()
        .expect("yousoon runs");
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(!output.status.success(), "{said}");
    assert!(said.contains("the catalogue index takes "), "{said}");
    assert!(said.contains("YOUSOON_INDEX_MEMORY_MIB allows 1"), "{said}");
}

/// Where nothing is yet, and what is there after the command.
fn on_nothing(arguments: &[&str]) -> (i32, String, bool) {
    let dir = tempfile::tempdir().unwrap();
    let missing = dir.path().join("data");
    let nowhere = dir.path().join("nowhere");
    let arguments: Vec<String> = arguments
        .iter()
        .map(|word| word.replace("NOWHERE", nowhere.to_str().unwrap()))
        .collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (code, text) = yousoon(&missing, &arguments);
    let is_touched = std::fs::read_dir(dir.path()).unwrap().count() > 0;
    (code, text, is_touched)
}

/// D10, and other commands that would make an empty database of a mistyped path.
#[test]
fn what_is_read_must_be_there_and_nothing_is_created() {
    for (arguments, why) in [
        (
            &["copy", "--from", "NOWHERE", "--to", "NOWHERE-2"][..],
            "there is no database",
        ),
        (&["export", "--to", "NOWHERE"], "there is no database"),
        (&["purge", "--all", "--reason", "x"], "there is no database"),
        (&["purge", "log"], "there is no database"),
        (&["token", "list"], "there is no database"),
        (&["token", "revoke", "ci"], "there is no database"),
        (&["role", "a@b.fr", "--user"], "there is no database"),
        (&["restore", "NOWHERE"], "No such file"),
        (&["import", "NOWHERE"], "No such file"),
    ] {
        let (code, text, is_touched) = on_nothing(arguments);
        assert_eq!((code, is_touched), (1, false), "{arguments:?}: {text}");
        assert!(text.contains(why), "{arguments:?}: {text}");
    }
    // A folder without a database is none either.
    let dir = tempfile::tempdir().unwrap();
    let (from, to) = (dir.path().join("from"), dir.path().join("to"));
    std::fs::create_dir(&from).unwrap();
    let [from, to] = [&from, &to].map(|path| path.to_str().unwrap());
    let (code, text) = yousoon(dir.path(), &["copy", "--from", from, "--to", to]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("--from") && text.contains(from), "{text}");
    assert!(!Path::new(to).exists());
    assert_eq!(std::fs::read_dir(from).unwrap().count(), 0);
    // Nor is a file of its name that holds nothing; nothing is written to it.
    let file = Path::new(from).join("yousoon.sqlite");
    std::fs::write(&file, "").unwrap();
    let (code, text) = yousoon(dir.path(), &["copy", "--from", from, "--to", to]);
    assert_eq!(code, 1, "{text}");
    assert_eq!(std::fs::metadata(file).unwrap().len(), 0);
    assert!(!Path::new(to).exists());
}

/// D1 and D2: 200 lines, and what a spreadsheet makes of them.
#[test]
fn an_import_says_how_it_reads_and_fails_if_it_leaves_lines_out() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("places.csv");
    let import = |text: &str| {
        std::fs::write(&file, text).unwrap();
        yousoon(&dir.path().join("db"), &["import", file.to_str().unwrap()])
    };
    let mut lines = vec!["category,cuisine,latitude,longitude,district,postcode".to_owned()];
    lines.extend((2..=200).map(|line| format!("BAR,,48.8,2.3,x,75{line:03}")));
    let good = lines.join("\n");
    lines[2] = "BAR,\"pub,48.8,2.3,x,75003".to_owned();
    let (code, text) = import(&lines.join("\n"));
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("line 3: a quote"), "{text}");
    assert!(
        text.contains("it swallows 197 lines, up to line 200"),
        "{text}"
    );
    assert!(
        text.contains("added 1, already there 0, left out 198"),
        "{text}"
    );
    let (code, text) = import(&good.replace(',', ";").replace('\n', "\r\n"));
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("as UTF-8 separated by `;`\n"), "{text}");
    assert!(
        text.contains("added 198, already there 1, left out 0"),
        "{text}"
    );
    let (code, text) = import("name;lat\nx;1\n");
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("UTF-8 separated by `;`"), "{text}");
}

#[test]
fn a_partners_own_file_is_imported_once_and_a_dry_run_changes_nothing() {
    const FILE: &str = "kind;externalId;name;street;postalCode;city;latitude;longitude;establishment;title;category;percentage;validFrom;validUntil\n\
        establishment;bar;Le Bar;1 rue de Rivoli;75004;Paris;48,8566;2,3522;;;;;;\n\
        offer;menu;;;;;;;bar;Menu du midi;BAR;20;01/01/2026;31/12/2026\n";
    let dir = tempfile::tempdir().unwrap();
    let (db, file) = (dir.path().join("db"), dir.path().join("offers.csv"));
    let (code, text) = yousoon(&db, &["seed", "--offers", "1"]);
    assert_eq!(code, 0, "{text}");
    let partner = domain::PartnerId::derive("seed partner", "0").to_string();
    let import = |text: &str, options: &[&str]| {
        std::fs::write(&file, text).unwrap();
        let file = file.to_str().unwrap();
        yousoon(
            &db,
            &[&["import", file, "--partner", &partner], options].concat(),
        )
    };
    for (options, summary) in [
        (
            &["--dry-run"][..],
            "dry run: created 2, updated 0, unchanged 0, refused 0",
        ),
        (&[], "created 2, updated 0, unchanged 0, refused 0"),
        (&[], "created 0, updated 0, unchanged 2, refused 0"),
    ] {
        let (code, text) = import(FILE, options);
        assert_eq!(code, 0, "{text}");
        assert!(text.contains(&format!("\n{summary}\n")), "{text}");
    }
    let (code, text) = import(&FILE.replace(";20;", ";200;"), &[]);
    assert_eq!(code, 1);
    let refused = "refused, BAD_USER_INPUT: `percentage` is 0 to 100";
    assert!(text.contains(refused), "{text}");
    let (code, text) = import("name;lat\nx;1\n", &[]);
    assert_eq!(code, 1);
    assert!(text.contains("the column `lat` is unknown"), "{text}");
    let (code, text) = yousoon(&db, &["import", "x.csv", "--dry-run"]);
    assert_eq!(code, USAGE, "{text}");
}

#[test]
fn the_doctor_looks_at_what_is_stored_and_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let (code, text) = yousoon(&dir.join("nowhere"), &["doctor"]);
    assert_eq!(code, 1, "{text}");
    assert!(!dir.join("nowhere").exists());
    yousoon(dir, &["seed", "--offers", "1"]);
    let (code, text) = yousoon(dir, &["doctor"]);
    assert_eq!(code, 1, "{text}");
    let words: Vec<&str> = text.split_whitespace().collect();
    let words = words.join(" ");
    for part in [
        "ok database it answers",
        "ERROR documents none is published",
        "ok offers there are some",
        "ok queue 0 tasks are due",
        "1 errors, 0 warnings",
    ] {
        assert!(words.contains(part), "{part}: {text}");
    }
}

#[test]
fn shells_and_man_know_the_commands() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let (code, text) = yousoon(dir, &["completions", shell]);
        assert!(code == 0 && text.contains("doctor"), "{shell}: {text}");
    }
    let pages = dir.join("man");
    let (code, text) = yousoon(dir, &["man", "--out", pages.to_str().unwrap()]);
    assert_eq!(code, 0, "{text}");
    let page = std::fs::read_to_string(pages.join("yousoon-cache-explain.1")).unwrap();
    assert!(page.contains("tier by tier"), "{page}");
}
