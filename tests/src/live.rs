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
    subscribe_and_refresh(client, url, request, headers, &Value::Null)
}

/// Like [`subscribe`]; if the access token has expired, sends `refresh`, which must be the mutation
/// `refreshToken`, and subscribes with the new one.
pub fn subscribe_and_refresh(
    client: Client,
    url: &str,
    request: &Value,
    headers: &Value,
    refresh: &Value,
) -> Result<Script> {
    let kind = match client {
        Client::WebSocket => "graphql-ws",
        Client::EventStream => "graphql-sse",
    };
    let script = root().join("tests/live/subscribe.mjs");
    let mut command = Command::new("node");
    command.arg(script).args([kind, url]);
    for json in [request, headers, refresh] {
        command.arg(json.to_string());
    }
    Script::start(&mut command)
}
