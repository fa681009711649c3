//! A client in Node that prints what happens to it, as lines of JSON.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use tokio::process::Command;
use tokio::sync::mpsc::Receiver;

use crate::process::Process;

/// How long to wait for a line. It includes the pause before a client reconnects.
const SOON: Duration = Duration::from_secs(30);

/// The running client.
#[derive(Debug)]
pub struct Script {
    process: Process,
    lines: Receiver<String>,
}

impl Script {
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        let mut process = Process::start("a client", command)?;
        let lines = process.lines()?;
        Ok(Self { process, lines })
    }

    /// Waits for the client's next line.
    pub async fn tells_something(&mut self) -> Result<Value> {
        let line = tokio::time::timeout(SOON, self.lines.recv()).await;
        let Ok(Some(line)) = line else {
            bail!("the client was silent: {}", self.process.last_words());
        };
        Ok(serde_json::from_str(&line)?)
    }

    /// Waits for the client's next line, which must have this name; returns its value.
    pub async fn tells(&mut self, name: &str) -> Result<Value> {
        let told = self.tells_something().await;
        let told = told.with_context(|| format!("waiting for {name}"))?;
        let value = told.get(name).cloned();
        value.with_context(|| format!("the client reported {told}, not {name}"))
    }

    /// Checks that the client reports nothing for half a second.
    pub async fn tells_nothing(&mut self) -> Result<()> {
        let line = tokio::time::timeout(Duration::from_millis(500), self.lines.recv()).await;
        ensure!(line.is_err(), "the client reported {line:?}");
        Ok(())
    }
}
