//! A child process that is killed when it is dropped, and whose last lines of output are kept.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};

const KEPT_LINES: usize = 60;
const READY_WITHIN: Duration = Duration::from_mins(1);

/// A running child.
#[derive(Debug)]
pub struct Process {
    name: &'static str,
    child: Child,
    last_words: Arc<Mutex<VecDeque<String>>>,
    panics: Arc<AtomicU64>,
}

/// A path that `cargo xtask test` passes in an environment variable.
///
/// # Errors
/// When the variable is not set; the message says how to run the tests.
pub(crate) fn given(variable: &str) -> Result<PathBuf> {
    let path = std::env::var_os(variable)
        .with_context(|| format!("{variable} is not set: run these tests by `cargo xtask test`"))?;
    Ok(path.into())
}

impl Process {
    /// Starts a command. Its standard input stays open until this value is dropped.
    pub fn start(name: &'static str, command: &mut Command) -> Result<Self> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        let last_words = Arc::new(Mutex::new(VecDeque::new()));
        let panics = Arc::new(AtomicU64::new(0));
        if let Some(stream) = child.stderr.take() {
            let panics = Arc::clone(&panics);
            let count = move |line: &str| {
                panics.fetch_add(u64::from(line.contains("panicked")), Ordering::Relaxed);
            };
            keep(stream, Arc::clone(&last_words), Some(Box::new(count)));
        }
        Ok(Self {
            name,
            child,
            last_words,
            panics,
        })
    }

    /// Its id; none once it has ended.
    pub fn id(&mut self) -> Option<u32> {
        // `Child::id` goes on naming a process that ended and was not waited for.
        matches!(self.child.try_wait(), Ok(None)).then(|| self.child.id())?
    }

    /// How many lines of its log tell of a panic.
    pub fn panics(&self) -> u64 {
        self.panics.load(Ordering::Relaxed)
    }

    /// Waits for the first line of the standard output that `pick` takes.
    pub async fn line<T: Send + 'static>(
        &mut self,
        pick: impl Fn(&str) -> Option<T> + Send + 'static,
    ) -> Result<T> {
        let stream = self
            .child
            .stdout
            .take()
            .context("the output was taken already")?;
        let (found, mut wanted) = tokio::sync::mpsc::channel(1);
        let pick = move |line: &str| {
            if let Some(value) = pick(line) {
                // The first one is enough; later ones find the channel full or closed.
                let _first_only = found.try_send(value);
            }
        };
        keep(stream, Arc::clone(&self.last_words), Some(Box::new(pick)));
        match tokio::time::timeout(READY_WITHIN, wanted.recv()).await {
            Ok(Some(value)) => Ok(value),
            Ok(None) | Err(_) => bail!("{} did not get ready:\n{}", self.name, self.last_words()),
        }
    }

    /// Receives the lines of the standard output from now on. Lines are dropped when the receiver is
    /// too slow.
    pub(crate) fn lines(&mut self) -> Result<tokio::sync::mpsc::Receiver<String>> {
        let stream = self
            .child
            .stdout
            .take()
            .context("the output was taken already")?;
        let (each, lines) = tokio::sync::mpsc::channel(1_000);
        let tell = move |line: &str| {
            let _or_lost = each.try_send(line.to_owned());
        };
        keep(stream, Arc::clone(&self.last_words), Some(Box::new(tell)));
        Ok(lines)
    }

    /// Its last lines of output.
    pub fn last_words(&self) -> String {
        let lines = self
            .last_words
            .lock()
            .map(|lines| lines.iter().cloned().collect::<Vec<_>>());
        lines.unwrap_or_default().join("\n")
    }

    /// Terminates it (SIGTERM) and waits until it has ended.
    pub async fn stop(mut self) -> Result<()> {
        if let Some(id) = self.child.id() {
            Command::new("kill").arg(id.to_string()).status().await?;
        }
        tokio::time::timeout(Duration::from_secs(10), self.child.wait())
            .await
            .with_context(|| format!("{} did not end", self.name))??;
        Ok(())
    }

    /// Kills it (SIGKILL).
    pub async fn kill(mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }
}

type EachLine = Box<dyn Fn(&str) + Send>;

fn keep(
    stream: impl AsyncRead + Unpin + Send + 'static,
    words: Arc<Mutex<VecDeque<String>>>,
    each: Option<EachLine>,
) {
    tokio::spawn(async move {
        let mut lines = BufReader::new(stream).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            if let Some(each) = &each {
                each(&line);
            }
            if let Ok(mut words) = words.lock() {
                words.push_back(line);
                if words.len() > KEPT_LINES {
                    words.pop_front();
                }
            }
        }
    });
}
