//! Real clients of subscriptions, in Node.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use tokio::process::Command;
use tokio::sync::mpsc::Receiver;

use crate::process::Process;
use crate::store::root;

/// For a client that comes back after its own while.
const SOON: Duration = Duration::from_secs(30);

/// Which client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    /// `graphql-ws`.
    WebSocket,
    /// `graphql-sse`, in its distinct connections mode.
    EventStream,
}

/// One subscription of a client of its own.
#[derive(Debug)]
pub struct Subscriber {
    process: Process,
    lines: Receiver<String>,
}

impl Subscriber {
    /// Subscribes at `url`; `headers` is an object of the handshake's or of each request's.
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

    /// The value of the next line, which has this name and no other.
    pub async fn tells(&mut self, name: &str) -> Result<Value> {
        let line = tokio::time::timeout(SOON, self.lines.recv()).await;
        let Ok(Some(line)) = line else {
            bail!(
                "a subscriber tells no {name}: {}",
                self.process.last_words()
            );
        };
        let told: Value = serde_json::from_str(&line)?;
        let value = told.get(name).cloned();
        value.with_context(|| format!("a subscriber tells {line} and no {name}"))
    }

    /// Nothing is told for a while.
    pub async fn tells_nothing(&mut self) -> Result<()> {
        let line = tokio::time::timeout(Duration::from_millis(500), self.lines.recv()).await;
        ensure!(line.is_err(), "a subscriber tells {line:?}");
        Ok(())
    }
}
