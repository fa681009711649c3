//! Subscriptions over WebSocket, by `graphql-transport-ws`.

mod connection;
mod end;

use access::{
    caller::{Caller, Chosen},
    peer::Peer,
};
use axum::{
    extract::{
        FromRequestParts as _, Request,
        ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade},
    },
    response::{IntoResponse as _, Response},
};
use edge_core::cors::AllowedSites;
use http::{HeaderMap, header};
use pq_core::{ErrorCode, MediaType, Refusal, limits::REQUEST_BYTES, websocket::SUBPROTOCOL};

use super::{
    credentials,
    hub::{Connection, NotOpened},
    metrics::Transport,
    protocol::Close,
    seats::{Client, NoSeat},
};
use crate::{http::answer::refusal, state::AppState};

/// Most connections say little: a large buffer for each would be most of their memory.
const READ_BUFFER_BYTES: usize = 2 * 1024;

/// Answers a handshake.
pub(crate) async fn answer(state: &AppState, request: Request, peer: Peer) -> Response {
    let (mut parts, _body) = request.into_parts();
    if let Err(refused) = may_connect(&parts.headers, &state.config.cors.sites) {
        return refusal(&refused, MediaType::GraphqlResponse);
    }
    let upgrade = match WebSocketUpgrade::from_request_parts(&mut parts, state).await {
        Ok(upgrade) => upgrade,
        Err(rejection) => return rejection.into_response(),
    };
    let upgrade = upgrade.protocols([SUBPROTOCOL]);
    if upgrade.selected_protocol().is_none() {
        let message = format!("the WebSocket's subprotocol has to be {SUBPROTOCOL}");
        let refused = Refusal::new(ErrorCode::INVALID_REQUEST, message);
        return refusal(&refused, MediaType::GraphqlResponse);
    }
    let connection = match open(state, credentials::client(&Caller::Anonymous, peer)) {
        Ok(connection) => connection,
        Err(refused) => return refusal(&refused, MediaType::GraphqlResponse),
    };
    let state = state.clone();
    let headers = said_of_itself(&parts.headers);
    let upgrade = upgrade
        .max_message_size(REQUEST_BYTES)
        .max_frame_size(REQUEST_BYTES)
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(0);
    let tasks = state.live.tasks().clone();
    upgrade.on_upgrade(move |socket| {
        tasks.track_future(connection::serve(socket, state, connection, peer, headers))
    })
}

/// Browsers open a WebSocket to another site without a preflight and let the page read the
/// messages, so the origin must be checked here. Clients that are not pages send no `Origin`.
fn may_connect(headers: &HeaderMap, sites: &AllowedSites) -> Result<(), Refusal> {
    let is_allowed = |origin: &str| sites.allow(Some(origin)).is_some();
    let allowed = headers
        .get(header::ORIGIN)
        .is_none_or(|origin| origin.to_str().is_ok_and(is_allowed));
    if allowed {
        return Ok(());
    }
    Err(Refusal::new(
        ErrorCode::FORBIDDEN,
        "pages of this origin may not connect",
    ))
}

/// A connection for a client.
pub(super) fn open(state: &AppState, client: Client) -> Result<Connection, Refusal> {
    state.live.open(client).map_err(|why| {
        let code = match why {
            NotOpened::NoSeat(NoSeat::OfClient) => ErrorCode::TOO_MANY_CONNECTIONS,
            NotOpened::NoSeat(NoSeat::OfServer) | NotOpened::Draining => ErrorCode::OVERLOADED,
        };
        tracing::debug!(%why, "a connection is refused");
        Refusal::new(code, why.to_string())
    })
}

/// What is kept of the handshake for as long as the connection lasts.
fn said_of_itself(headers: &HeaderMap) -> HeaderMap {
    let kept = [
        header::AUTHORIZATION,
        header::ACCEPT_LANGUAGE,
        header::USER_AGENT,
        Chosen::HEADER,
    ];
    let kept = kept.into_iter().filter_map(|name| {
        let value = headers.get(&name)?.clone();
        Some((name, value))
    });
    kept.collect()
}

/// Says why it ends, and waits for a moment until the client has heard it.
async fn close(socket: &mut WebSocket, state: &AppState, why: &Close) {
    state
        .live
        .metrics()
        .closed(Transport::WebSocket, why.as_str());
    let frame = CloseFrame {
        code: why.code(),
        reason: why.reason().into(),
    };
    let said = async {
        if socket.send(Message::Close(Some(frame))).await.is_err() {
            return;
        }
        // A connection that is dropped with something unread is reset, and the client does not get to
        // see the frame. But reading on would gather a message that is too long.
        if *why == Close::TooLong {
            std::future::pending::<()>().await;
        }
        hear_out(socket).await;
    };
    let _or_never = tokio::time::timeout(connection::CLOSE_WITHIN, said).await;
}

/// Reads to the end. The library answers the client's close frame only while it is read from.
async fn hear_out(socket: &mut WebSocket) {
    while let Some(Ok(_)) = socket.recv().await {}
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_page_of_another_site_may_not_connect() {
        let sites = AllowedSites::Origins(vec!["https://site.example".to_owned()]);
        let connect = |origin: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
            }
            may_connect(&headers, &sites).map_err(|refused| refused.code)
        };
        assert_eq!(connect(None), Ok(()));
        assert_eq!(connect(Some("https://site.example")), Ok(()));
        for other in ["https://site.example.evil", "null", "http://site.example"] {
            assert_eq!(connect(Some(other)), Err(ErrorCode::FORBIDDEN), "{other}");
        }
    }
}
