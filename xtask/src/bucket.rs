//! A real S3 server on this machine, for uploads of pictures.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::processes::Processes;
use crate::{golang, http};

const VERSITYGW: (&str, &str) = ("github.com/versity/versitygw/cmd/versitygw", "v1.8.0");
const BUCKET: &str = "pictures";
const KEY_ID: &str = "AKIADEVELOPMENT";
const SECRET: &str = "dev-s3-secret-key";
const START_LIMIT: Duration = Duration::from_secs(10);

/// The server's program.
pub(crate) fn ensure() -> Result<PathBuf> {
    golang::ensure("versitygw", VERSITYGW, "about 2 min")
}

/// Starts a server with an empty bucket; gives the variables with which an origin uses it. Nobody
/// serves what is in the bucket to everybody.
pub(crate) fn start(dir: &Path, processes: &mut Processes) -> Result<Vec<(&'static str, String)>> {
    let program = ensure()?;
    let (objects, attributes) = (dir.join("objects"), dir.join("attributes"));
    for folder in [&objects.join(BUCKET), &attributes] {
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
    }
    let port = http::free_port()?;
    processes.start(
        "bucket",
        Command::new(program)
            .args(["--port", &format!("127.0.0.1:{port}"), "posix"])
            // Attributes of files are not on every file system.
            .arg("--sidecar")
            .arg(attributes)
            .arg(objects)
            .env("ROOT_ACCESS_KEY", KEY_ID)
            .env("ROOT_SECRET_KEY", SECRET),
    )?;
    processes.wait_until("the bucket", START_LIMIT, || http::accepts(port))?;
    let text = str::to_owned;
    Ok(vec![
        ("YOUSOON_S3_BUCKET", text(BUCKET)),
        ("YOUSOON_S3_URL", format!("http://127.0.0.1:{port}")),
        ("YOUSOON_S3_REGION", text("us-east-1")),
        ("YOUSOON_S3_ACCESS_KEY_ID", text(KEY_ID)),
        ("YOUSOON_S3_SECRET_KEY", text(SECRET)),
        (
            "YOUSOON_PICTURES_URL",
            text("https://pictures.yousoon.test/"),
        ),
    ])
}
