//! A bucket: versitygw, and a server that reads its public part, as CloudFront does.

use std::net::{Ipv4Addr, TcpStream};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, bail};
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tempfile::TempDir;
use tokio::process::Command;

use crate::port;
use crate::process::Process;

const KEY_ID: &str = "AKIDPICTURES";
const SECRET: &str = "a-secret-of-the-bucket";
const NAME: &str = "yousoon-pictures";
/// What addresses of pictures begin with: an origin takes no other than https.
const PUBLIC: &str = "https://pictures.yousoon.test";

/// Ends with this value.
#[derive(Debug)]
pub struct Bucket {
    /// Where the bucket's server listens.
    pub url: String,
    /// Where everybody reads pictures.
    pub public: String,
    files: TempDir,
    _process: Process,
}

impl Bucket {
    /// Starts the server of the bucket. `None`, with the reason in the output, if the program is missing.
    pub async fn start() -> Result<Option<Self>> {
        let program = std::env::var_os("S3_SERVER_BIN").map(PathBuf::from);
        let Some(program) = program.filter(|program| program.is_file()) else {
            println!("skipped: S3_SERVER_BIN names no program: `cargo xtask test` installs it");
            return Ok(None);
        };
        let files = tempfile::tempdir()?;
        let folder = |name: &str| files.path().join(name);
        std::fs::create_dir_all(folder("objects").join(NAME))?;
        // Attributes of files are not on every file system.
        std::fs::create_dir(folder("attributes"))?;
        let address = format!("127.0.0.1:{}", port::free()?);
        let mut command = Command::new(program);
        command
            .args(["--port", &address, "posix", "--sidecar"])
            .arg(folder("attributes"))
            .arg(folder("objects"))
            .env("ROOT_ACCESS_KEY", KEY_ID)
            .env("ROOT_SECRET_KEY", SECRET);
        let process = Process::start("versitygw", &mut command)?;
        let mut looks = 0;
        while TcpStream::connect(&address).is_err() {
            looks += 1;
            if looks > 200 {
                bail!("versitygw does not listen:\n{}", process.last_words());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let public = public(folder("objects").join(NAME)).await?;
        Ok(Some(Self {
            url: format!("http://{address}"),
            public,
            files,
            _process: process,
        }))
    }

    /// The variables with which an origin uses it.
    pub fn variables(&self) -> [(&'static str, String); 6] {
        [
            ("YOUSOON_S3_BUCKET", NAME.to_owned()),
            ("YOUSOON_S3_URL", self.url.clone()),
            ("YOUSOON_S3_REGION", "us-east-1".to_owned()),
            ("YOUSOON_S3_ACCESS_KEY_ID", KEY_ID.to_owned()),
            ("YOUSOON_S3_SECRET_KEY", SECRET.to_owned()),
            ("YOUSOON_PICTURES_URL", PUBLIC.to_owned()),
        ]
    }

    /// Where a picture is that has this public address.
    pub fn local(&self, address: &str) -> String {
        address.replace(PUBLIC, &self.public)
    }

    /// The keys of all files below this prefix, sorted.
    pub fn keys(&self, prefix: &str) -> Vec<String> {
        let root = self.files.path().join("objects").join(NAME);
        let mut found = Vec::new();
        let mut folders = vec![root.join(prefix)];
        while let Some(folder) = folders.pop() {
            let entries = std::fs::read_dir(folder).into_iter().flatten();
            for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
                if path.is_dir() {
                    folders.push(path);
                } else if let Ok(key) = path.strip_prefix(&root) {
                    found.push(key.to_string_lossy().into_owned());
                }
            }
        }
        found.sort_unstable();
        found
    }
}

/// Serves `pictures/` of the bucket, and nothing else of it.
async fn public(root: PathBuf) -> Result<String> {
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let url = format!("http://{}", listener.local_addr()?);
    let router = Router::new()
        .route("/pictures/{*key}", get(file))
        .with_state(root.join("pictures"));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(url)
}

async fn file(State(root): State<PathBuf>, Path(key): Path<String>) -> Response {
    match tokio::fs::read(root.join(key)).await {
        Ok(bytes) => ([(header::CONTENT_TYPE, "image/webp")], bytes).into_response(),
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}
