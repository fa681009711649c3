//! The development secrets of one data directory: made once, readable by their owner only.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub(crate) struct Secrets {
    /// Signs what the origin appends to the edge's purge log.
    pub(crate) edge_secret: String,
    /// The service token of purges and publishing.
    pub(crate) admin_token: String,
}

fn path(data_dir: &Path) -> PathBuf {
    data_dir.join("dev-secrets.json")
}

pub(crate) fn load_or_create(data_dir: &Path) -> Result<Secrets> {
    let path = path(data_dir);
    match fs::read_to_string(&path) {
        Ok(json) => serde_json::from_str(&json)
            .with_context(|| format!("{} is damaged: remove it, then try again", path.display())),
        Err(error) if error.kind() == ErrorKind::NotFound => create(&path),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

fn create(path: &Path) -> Result<Secrets> {
    // "dev-", and its bytes in hex: production refuses what begins so.
    let secrets = Secrets {
        edge_secret: format!("6465762d{}", random_hex()?),
        admin_token: format!("dev-{}", random_hex()?),
    };
    let mut file = File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("cannot write {}", path.display()))?;
    file.write_all(serde_json::to_string_pretty(&secrets)?.as_bytes())?;
    Ok(secrets)
}

/// 32 random bytes.
fn random_hex() -> Result<String> {
    let mut bytes = [0_u8; 32];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    let mut hex = String::with_capacity(64);
    for byte in bytes {
        write!(hex, "{byte:02x}")?;
    }
    Ok(hex)
}
