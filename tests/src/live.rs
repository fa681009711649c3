//! Real subscription clients, in Node.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use tokio::process::Command;
use tokio::sync::mpsc::Receiver;

use crate::process::Process;
use crate::store::root;

/// How long to wait for a message. It includes the pause before a client reconnects.
const SOON: Duration = Duration::from_secs(30);

/// The client library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    /// `graphql-ws`.
    WebSocket,
    /// `graphql-sse`, in its distinct connections mode.
    EventStream,
}

/// A client with one subscription.
#[derive(Debug)]
pub struct Subscriber {
    process: Process,
    lines: Receiver<String>,
}

impl Subscriber {
    /// Subscribes at `url`. `headers` is an object with the headers of the WebSocket handshake or of
    /// each request.
    pub fn start(client: Client, url: &str, request: &Value, headers: &Value) -> Result<Self> {
        let kind = match client {
            Client::WebSocket => "graphql-ws",
            Client::EventStream => "graphql-sse",
        };
        let mut command = Command::new("node");
        command.arg(root().join("tests/live/subscribe.mjs")).args([
            kind,
            url,
            &request.to_string(),
            &headers.to_string(),
        ]);
        let mut process = Process::start("a subscriber", &mut command)?;
        let lines = process.lines()?;
        Ok(Self { process, lines })
    }

    /// Waits for the client's next message.
    pub async fn tells_something(&mut self) -> Result<Value> {
        let line = tokio::time::timeout(SOON, self.lines.recv()).await;
        let Ok(Some(line)) = line else {
            bail!("the subscriber was silent: {}", self.process.last_words());
        };
        Ok(serde_json::from_str(&line)?)
    }

    /// Waits for the client's next message, which must have this name; returns its value.
    pub async fn tells(&mut self, name: &str) -> Result<Value> {
        let told = self.tells_something().await;
        let told = told.with_context(|| format!("waiting for {name}"))?;
        let value = told.get(name).cloned();
        value.with_context(|| format!("the subscriber reported {told}, not {name}"))
    }

    /// Checks that the client reports nothing for half a second.
    pub async fn tells_nothing(&mut self) -> Result<()> {
        let line = tokio::time::timeout(Duration::from_millis(500), self.lines.recv()).await;
        ensure!(line.is_err(), "the subscriber reported {line:?}");
        Ok(())
    }
}
