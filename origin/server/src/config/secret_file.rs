//! Secrets are given by their variable, or by a file that `<variable>_FILE` names: files are not
//! shown by `kubectl describe`, and child processes do not inherit them.

use std::{
    fs::{self, File},
    io::{ErrorKind, Read as _},
};

/// The most bytes of a file with a secret: a key set has a few hundred for each key.
const MAX_BYTES: u64 = 64 * 1024;

/// Reads the secret `variable`; `given` looks up a variable. Errors are one line, without the path:
/// a secret that was mistaken for its path must not be logged.
pub(super) fn text(
    variable: &str,
    mut given: impl FnMut(&str) -> Option<String>,
) -> Result<Option<String>, String> {
    let file = format!("{variable}_FILE");
    match (given(variable), given(&file)) {
        (text, None) => Ok(text),
        (Some(_), Some(_)) => Err(format!("{file} is set as well: set one of the two")),
        (None, Some(path)) => read(&path).map(Some).map_err(|why| {
            format!("{file} should name a text file of 1 to {MAX_BYTES} bytes, and its file {why}")
        }),
    }
}

fn read(path: &str) -> Result<String, String> {
    let unreadable = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => "does not exist".to_owned(),
        kind => format!("cannot be read: {kind}"),
    };
    // Opening a pipe would wait for its writer.
    if !fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err("is not an ordinary file".to_owned());
    }
    let file = File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err("is larger".to_owned());
    }
    let text = String::from_utf8(bytes).map_err(|_| "is not UTF-8")?;
    // As variables are: the last newline is no part of the secret.
    match text.trim() {
        "" => Err("is empty".to_owned()),
        trimmed => Ok(trimmed.to_owned()),
    }
}
