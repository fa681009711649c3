//! The nightly export of `deploy/kubernetes/components/export`, its upload and its restore, against a real
//! S3 server and with the commands and the settings of the manifests.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use e2e::Process;
use serde_json::Value;

const KEY: &str = "AKIDBACKUP";
const SECRET: &str = "a-secret-of-the-bucket";
const BUCKET: &str = "yousoon-backups";
const POD: &str = "export-29400017-x7k2p";

struct Programs {
    yousoon: PathBuf,
    rclone: PathBuf,
    s3: PathBuf,
}

/// `cargo xtask test` installs them; `None`, with the reason in the output, when one is missing.
fn programs() -> Option<Programs> {
    let given = |variable: &str| std::env::var_os(variable).map(PathBuf::from);
    let programs = Programs {
        yousoon: given("YOUSOON_BIN").expect("run these tests by `cargo xtask test`"),
        rclone: given("RCLONE_BIN").unwrap_or_default(),
        s3: given("S3_SERVER_BIN").unwrap_or_default(),
    };
    for (variable, path) in [
        ("RCLONE_BIN", &programs.rclone),
        ("S3_SERVER_BIN", &programs.s3),
    ] {
        if !path.is_file() {
            println!("skipped: {variable} names no program: `cargo xtask test` installs it");
            return None;
        }
    }
    Some(programs)
}

fn component(file: &str) -> Value {
    let dir = "../deploy/kubernetes/components/export";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(dir).join(file);
    serde_norway::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// A container's command, with the values that Kubernetes puts in, and our paths for its volumes.
fn command_of(container: &Value, export: &Path) -> Vec<String> {
    let words = container["command"].as_array().unwrap();
    let in_place = |word: &Value| {
        let word = word.as_str().unwrap();
        match word.strip_prefix("/export") {
            Some(inside) => format!("{}{inside}", export.display()),
            None => word
                .replace("$(BUCKET)", BUCKET)
                .replace("$(POD_NAME)", POD),
        }
    };
    words.iter().map(in_place).collect()
}

fn run(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{command:?}: {output:?}");
}

/// Every file of a folder with its content.
fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(dir).unwrap().map(Result::unwrap);
    entries
        .map(|entry| {
            let name = entry.file_name().into_string().unwrap();
            (name, fs::read(entry.path()).unwrap())
        })
        .collect()
}

#[tokio::test]
async fn what_is_exported_at_night_is_restored_from_the_bucket() {
    let Some(programs) = programs() else { return };
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    let yousoon = |database: &str, arguments: &[&str]| {
        let mut command = Command::new(&programs.yousoon);
        command
            .args(arguments)
            .env("YOUSOON_DATA_DIR", path(database));
        command
    };
    run(&mut yousoon("database", &["seed", "--offers", "300"]));
    let objects = path("s3");
    fs::create_dir_all(objects.join(BUCKET)).unwrap();
    let port = e2e::port::free().unwrap();
    let mut server = tokio::process::Command::new(&programs.s3);
    server
        .args(["--port", &format!("127.0.0.1:{port}"), "posix"])
        // Attributes of files are not on every file system.
        .arg("--sidecar")
        .arg(path("attributes"))
        .arg(&objects)
        .env("ROOT_ACCESS_KEY", KEY)
        .env("ROOT_SECRET_KEY", SECRET);
    fs::create_dir(path("attributes")).unwrap();
    let server = Process::start("S3", &mut server).unwrap();
    for _ in 0..200 {
        if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    let job = component("export.yaml");
    let pod = &job["spec"]["jobTemplate"]["spec"]["template"]["spec"];
    let credentials = path("credentials");
    let text = |secret: &str| {
        format!("[default]\naws_access_key_id = {KEY}\naws_secret_access_key = {secret}\n")
    };
    fs::write(&credentials, text(SECRET)).unwrap();
    let settings = component("kustomization.yaml");
    let settings = settings["configMapGenerator"][0]["literals"].clone();
    let rclone = |arguments: &[String]| {
        let mut command = Command::new(&programs.rclone);
        command.args(arguments).env_clear();
        for setting in settings.as_array().unwrap() {
            let (name, value) = setting.as_str().unwrap().split_once('=').unwrap();
            command.env(name, value);
        }
        command
            // What the overlay adds, and where the secret is here.
            .env(
                "RCLONE_CONFIG_BACKUP_ENDPOINT",
                format!("http://127.0.0.1:{port}"),
            )
            .env("AWS_SHARED_CREDENTIALS_FILE", &credentials)
            .env("HOME", dir.path());
        command
    };

    let export = command_of(&pod["initContainers"][0], &path("export"));
    assert_eq!(export[0], "/yousoon");
    fs::create_dir(path("export")).unwrap();
    let words: Vec<&str> = export[1..].iter().map(String::as_str).collect();
    run(&mut yousoon("database", &words));
    let upload = command_of(&pod["containers"][0], &path("export"));
    assert_eq!(upload[0], "rclone");
    run(&mut rclone(&upload[1..]));
    // A second run of the same pod changes nothing.
    run(&mut rclone(&upload[1..]));

    // As deploy/README.md says.
    let from = format!("backup:{BUCKET}/{POD}");
    let folder = path("folder").display().to_string();
    run(&mut rclone(&[
        "copy".to_owned(),
        from.clone(),
        folder.clone(),
    ]));
    let exported = files(&path("export/data"));
    assert!(exported.len() > 3, "{:?}", exported.keys());
    assert_eq!(files(&path("folder")), exported);
    run(&mut yousoon("restored", &["restore", &folder]));
    let again = path("again").display().to_string();
    run(&mut yousoon("restored", &["export", "--to", &again]));
    let offers = |files: &BTreeMap<String, Vec<u8>>| {
        let names = files.keys().filter(|name| name.contains("offers"));
        names.map(|name| files[name].clone()).collect::<Vec<_>>()
    };
    assert!(!offers(&exported).is_empty(), "{:?}", exported.keys());
    assert_eq!(offers(&files(&path("again"))), offers(&exported));

    // Another key opens nothing.
    fs::write(&credentials, text("another")).unwrap();
    let stolen = rclone(&[
        "copy".to_owned(),
        from,
        path("stolen").display().to_string(),
    ])
    .args(["--retries", "1", "--low-level-retries", "1"])
    .output()
    .unwrap();
    assert!(!stolen.status.success());
    server.stop().await.unwrap();
}
