//! Sends the origin's log to VictoriaLogs while it grows, as an agent does in a cluster.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use crate::http;

const LOOK_EVERY: Duration = Duration::from_millis(200);
/// VictoriaLogs keeps each combination of the values of these fields apart.
const INSERT: &str = "/insert/jsonline?_time_field=timestamp&_msg_field=message&_stream_fields=app,level&extra_fields=app=origin";

/// Sends until it is dropped, and then what is left.
#[derive(Debug)]
pub(super) struct Shipper {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Shipper {
    /// Follows the file `log`; VictoriaLogs listens at `port`.
    pub(super) fn start(log: PathBuf, port: u16) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = thread::spawn(move || follow(&log, port, &stopped));
        Self {
            stop,
            thread: Some(thread),
        }
    }
}

impl Drop for Shipper {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ended = thread.join();
        }
    }
}

fn follow(log: &Path, port: u16, stop: &AtomicBool) {
    let mut sent_bytes = 0;
    let mut has_failed = false;
    loop {
        let is_last = stop.load(Ordering::Relaxed);
        match send_more(log, sent_bytes, port) {
            Ok(bytes) => sent_bytes += bytes,
            Err(error) if !has_failed => {
                eprintln!("the log does not reach VictoriaLogs: {error:#}");
                has_failed = true;
            }
            // It is tried again, and was told once.
            Err(_) => {}
        }
        if is_last {
            return;
        }
        thread::sleep(LOOK_EVERY);
    }
}

/// Sends the whole lines after the first `sent_bytes`; returns how many bytes they have.
fn send_more(log: &Path, sent_bytes: u64, port: u16) -> Result<u64> {
    let mut file = File::open(log)?;
    file.seek(SeekFrom::Start(sent_bytes))?;
    let mut text = Vec::new();
    file.read_to_end(&mut text)?;
    let Some(end) = text.iter().rposition(|byte| *byte == b'\n') else {
        return Ok(0);
    };
    let whole = &text[..=end];
    let answer = http::post(
        port,
        INSERT,
        records(&String::from_utf8_lossy(whole)).as_bytes(),
    )?;
    ensure!(answer.status == 200, "{} {}", answer.status, answer.body);
    Ok(whole.len() as u64)
}

/// One object a line; a line that is none, such as that of a panic, becomes the message of one.
fn records(lines: &str) -> String {
    let record = |line: &str| match serde_json::from_str(line) {
        Ok(object @ Value::Object(_)) => format!("{object}\n"),
        Ok(_) | Err(_) => format!("{}\n", json!({"message": line, "level": "OTHER"})),
    };
    lines.lines().map(record).collect()
}

#[cfg(test)]
mod tests {
    use super::records;

    #[test]
    fn a_line_that_is_no_object_is_sent_as_a_message() {
        assert_eq!(
            records("{\"a\":1}\nthread 'x' panicked\n7\n"),
            "{\"a\":1}\n{\"message\":\"thread 'x' panicked\",\"level\":\"OTHER\"}\n\
             {\"message\":\"7\",\"level\":\"OTHER\"}\n"
        );
    }
}
