//! WebSocket handshakes, forwarded to the origin.

use edge_core::websocket::{TRY_AGAIN_LATER, accepted_in_its_place};
use worker::WebSocketPair;

use crate::error::EdgeError;
use crate::isolate::Isolate;
use crate::origin::{self, Timeout};
use crate::request::Incoming;
use crate::{console, respond};

const PROTOCOL: &str = "sec-websocket-protocol";

/// Answers a handshake.
pub(crate) async fn answer(
    isolate: &Isolate,
    incoming: &Incoming,
) -> Result<web_sys::Response, EdgeError> {
    let answer = origin::forward(isolate, incoming, None, Timeout::Never).await;
    let status = match &answer {
        Ok(response) => Some(response.status()),
        Err(EdgeError::Origin(_)) => None,
        Err(EdgeError::Refused(_) | EdgeError::Platform(_)) => return answer,
    };
    let offered = incoming.header(PROTOCOL);
    match accepted_in_its_place(offered.as_deref(), status) {
        Some(protocol) => {
            console::warn("the origin takes no WebSocket: its client is told to come back");
            close_at_once(protocol)
        }
        None => respond::forwarded(answer?),
    }
}

fn close_at_once(protocol: &str) -> Result<web_sys::Response, EdgeError> {
    let pair = WebSocketPair::new()?;
    pair.server.accept()?;
    let (code, reason) = TRY_AGAIN_LATER;
    pair.server.close(Some(code), Some(reason))?;
    let mut response = worker::Response::from_websocket(pair.client)?;
    response.headers_mut().set(PROTOCOL, protocol)?;
    Ok(response.into())
}
