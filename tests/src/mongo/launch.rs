//! Starts a MongoDB server, the most complete one that this machine can run.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use mongodb::bson::doc;
use mongodb::{Client, options::ClientOptions};
use tempfile::TempDir;

use crate::port;

const JAR: &str = "MONGO_SERVER_JAR";
const IMAGE: &str = "mongo:8";
const READY_WITHIN: Duration = Duration::from_mins(1);
/// A shell script that runs a command until its standard input closes, so that the command ends with
/// this process.
const UNTIL_STDIN_CLOSES: &str =
    "\"$@\" >/dev/null 2>&1 & pid=$!; cat >/dev/null; kill $pid; wait $pid";
const MISSING: &str = "no MongoDB to test on: run the tests by `cargo xtask test`, which provides one, or put a mongod on the \
     PATH, or set YOUSOON_TEST_MONGODB_URL to the URL of a server";

/// A server that this process has started.
#[derive(Debug)]
pub(super) struct Launched {
    pub(super) name: &'static str,
    pub(super) url: String,
    _child: Child,
    _dir: Option<TempDir>,
}

pub(super) fn any() -> Result<Launched> {
    if succeeds("mongod", &["--version"]) {
        return mongod();
    }
    if succeeds("docker", &["image", "inspect", IMAGE])
        || succeeds("docker", &["pull", "-q", IMAGE])
    {
        return in_docker();
    }
    match std::env::var_os(JAR) {
        Some(jar) => java(&jar.into()),
        None => bail!(MISSING),
    }
}

fn succeeds(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn java(jar: &PathBuf) -> Result<Launched> {
    let mut child = Command::new("java")
        // The data is small, and the tests need the cores more than the garbage collector does.
        .args([
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Xmx512m",
            "-jar",
        ])
        .arg(jar)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .context("cannot start java: `cargo xtask test` installs it on Debian and Ubuntu")?;
    let stdout = child.stdout.take().context("its output is not piped")?;
    let mut line = String::new();
    BufReader::new(stdout).read_line(&mut line)?;
    let url = line.trim().to_owned();
    if !url.starts_with("mongodb://") {
        bail!("mongo-java-server printed {url:?} instead of its URL");
    }
    Ok(Launched {
        name: "mongo-java-server",
        url,
        _child: child,
        _dir: None,
    })
}

fn mongod() -> Result<Launched> {
    let (port, dir) = (port::free()?, tempfile::tempdir()?);
    let mut server = Command::new("sh");
    server
        .args(["-c", UNTIL_STDIN_CLOSES, "sh", "mongod"])
        .args(["--replSet", "rs0", "--bind_ip", "127.0.0.1", "--port"])
        .arg(port.to_string())
        .arg("--dbpath")
        .arg(dir.path());
    replica_set("mongod", server, port, Some(dir))
}

fn in_docker() -> Result<Launched> {
    let port = port::free()?;
    let mut server = Command::new("sh");
    server
        .args([
            "-c",
            UNTIL_STDIN_CLOSES,
            "sh",
            "docker",
            "run",
            "--rm",
            "--network",
            "host",
        ])
        .args([
            IMAGE,
            "mongod",
            "--replSet",
            "rs0",
            "--bind_ip",
            "127.0.0.1",
        ])
        .args(["--port", &port.to_string()]);
    replica_set("mongo:8 in Docker", server, port, None)
}

/// Starts a server and makes it a replica set of one member.
fn replica_set(
    name: &'static str,
    mut server: Command,
    port: u16,
    dir: Option<TempDir>,
) -> Result<Launched> {
    server.stdin(Stdio::piped()).stdout(Stdio::null());
    let child = server.spawn()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime
        .block_on(initiate(port))
        .with_context(|| format!("{name} did not become a replica set"))?;
    Ok(Launched {
        name,
        url: format!("mongodb://127.0.0.1:{port}/?replicaSet=rs0"),
        _child: child,
        _dir: dir,
    })
}

async fn initiate(port: u16) -> Result<()> {
    let options = ClientOptions::parse(format!(
        "mongodb://127.0.0.1:{port}/?directConnection=true&serverSelectionTimeoutMS=60000"
    ));
    let client = Client::with_options(options.await?)?;
    let admin = client.database("admin");
    let members = doc! {"_id": 0, "host": format!("127.0.0.1:{port}")};
    admin
        .run_command(doc! {"replSetInitiate": {"_id": "rs0", "members": [members]}})
        .await?;
    let began = Instant::now();
    while began.elapsed() < READY_WITHIN {
        let hello = admin.run_command(doc! {"hello": 1}).await?;
        if hello.get_bool("isWritablePrimary").unwrap_or(false) {
            client.shutdown().immediate(true).await;
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    bail!("no primary within {READY_WITHIN:?}")
}
