//! Starts versitygw, which `cargo xtask test` installs.

use std::{
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use s3::{Addressing, Bucket, BucketConfig, Credentials, Transport};
use tempfile::TempDir;

pub(crate) const KEY_ID: &str = "AKIDPICTURES";
pub(crate) const SECRET: &str = "a-secret-of-the-bucket";
const BUCKET: &str = "yousoon-pictures";

/// Ends with this value.
pub(crate) struct Server {
    process: Child,
    port: u16,
    _files: TempDir,
}

impl Server {
    /// `None`, with the reason in the output, when the program is missing.
    pub(crate) fn start() -> Option<Self> {
        let program = std::env::var_os("S3_SERVER_BIN").map(PathBuf::from);
        let Some(program) = program.filter(|program| program.is_file()) else {
            println!("skipped: S3_SERVER_BIN names no program: `cargo xtask test` installs it");
            return None;
        };
        let files = tempfile::tempdir().unwrap();
        let (objects, attributes) = (
            files.path().join("objects"),
            files.path().join("attributes"),
        );
        std::fs::create_dir_all(objects.join(BUCKET)).unwrap();
        std::fs::create_dir(&attributes).unwrap();
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let process = Command::new(program)
            .args(["--port", &format!("127.0.0.1:{port}"), "posix"])
            // Attributes of files are not on every file system.
            .arg("--sidecar")
            .arg(&attributes)
            .arg(&objects)
            .env("ROOT_ACCESS_KEY", KEY_ID)
            .env("ROOT_SECRET_KEY", SECRET)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self {
            process,
            port,
            _files: files,
        };
        for _ in 0..200 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Some(server);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("versitygw does not listen");
    }

    pub(crate) fn config(&self) -> BucketConfig {
        BucketConfig {
            endpoint: format!("http://127.0.0.1:{}", self.port),
            transport: Transport::AlsoPlain,
            region: "us-east-1".to_owned(),
            bucket: BUCKET.to_owned(),
            addressing: Addressing::Path,
            credentials: Credentials::new(KEY_ID, SECRET),
            timeout: Duration::from_secs(20),
        }
    }

    pub(crate) fn bucket(&self) -> Bucket {
        Bucket::new(&self.config()).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ended = self.process.kill();
        let _waited = self.process.wait();
    }
}
