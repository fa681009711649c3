//! The token that `pq publish` sends: an option or variable, or a file.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, bail, ensure};

/// The most bytes of a file with a token.
const MAX_BYTES: u64 = 16 * 1024;

pub(crate) fn read(token: Option<String>, file: Option<&Path>) -> anyhow::Result<String> {
    // An empty variable counts as absent.
    let token = token.filter(|token| !token.is_empty());
    match (token, file) {
        (Some(token), None) => Ok(token),
        (None, Some(file)) => of_file(file).with_context(|| {
            format!("YOUSOON_ADMIN_TOKEN_FILE (--token-file) should name a text file of 1 to {MAX_BYTES} bytes")
        }),
        (Some(_), Some(_)) => bail!(
            "YOUSOON_ADMIN_TOKEN (--token) and YOUSOON_ADMIN_TOKEN_FILE (--token-file) are both set: set one of the two"
        ),
        (None, None) => bail!(
            "no token is given: set YOUSOON_ADMIN_TOKEN (--token) or YOUSOON_ADMIN_TOKEN_FILE (--token-file)"
        ),
    }
}

/// Errors do not tell the path: a token that was mistaken for its path must not be logged.
fn of_file(path: &Path) -> anyhow::Result<String> {
    // Opening a pipe would wait for its writer.
    ensure!(
        fs::metadata(path)?.is_file(),
        "its file is not an ordinary file"
    );
    let mut text = String::new();
    File::open(path)?
        .take(MAX_BYTES + 1)
        .read_to_string(&mut text)?;
    ensure!(text.len() as u64 <= MAX_BYTES, "its file is larger");
    let token = text.trim();
    ensure!(!token.is_empty(), "its file is empty");
    Ok(token.to_owned())
}
