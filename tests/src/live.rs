//! Real subscription clients, in Node.

use anyhow::Result;
use serde_json::Value;
use tokio::process::Command;

use crate::script::Script;
use crate::store::root;

/// The client library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    /// `graphql-ws`.
    WebSocket,
    /// `graphql-sse`, in its distinct connections mode.
    EventStream,
}

/// Subscribes at `url`. `headers` is an object with the headers of the WebSocket handshake or of each
/// request.
pub fn subscribe(client: Client, url: &str, request: &Value, headers: &Value) -> Result<Script> {
    let kind = match client {
        Client::WebSocket => "graphql-ws",
        Client::EventStream => "graphql-sse",
    };
    let script = root().join("tests/live/subscribe.mjs");
    let arguments = [kind, url, &request.to_string(), &headers.to_string()];
    Script::start(Command::new("node").arg(script).args(arguments))
}
