//! What the server says in `graphql-transport-ws` (PROTOCOL.md of graphql-ws), as text: no socket, no
//! clock. What clients say is in `pq_core::websocket`.
//!
//! Written here and not taken from async-graphql, whose own closes with 1002 and 1011 where the
//! protocol has 4400 and 4401, waits for `connection_init` for ever, lets an id be used twice, and
//! reads whole documents where ours are named by their hashes.

use api::{execution::live::outcome::Payload, live::position::EventId};
use pq_core::websocket::OperationId;
use serde_json::{Value, json};

/// The most bytes of a close frame's reason (RFC 6455 §5.5), some less.
const REASON_BYTES: usize = 120;

/// Why a connection is closed by the server. What graphql-ws does about it is in its
/// `client.ts`: it comes back after those that say that another try may go well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Close {
    /// The client breaks the protocol; it does not come back.
    BadRequest(String),
    /// A subscription before the connection was acknowledged; it does not come back.
    Unauthorized,
    /// Credentials that are not taken, or not any more; the client may come back with others.
    Forbidden(String),
    /// No `connection_init` in time; the client may come back.
    InitTimeout,
    /// An id that is in use; it does not come back.
    SubscriberExists(OperationId),
    /// A second `connection_init`; it does not come back.
    TooManyInits,
    /// A message longer than is read; it does not come back.
    TooLong,
    /// The server goes away, others are there: the client comes back.
    Restart,
    /// Too slow, silent, one connection too many, or something failed here: the client comes back
    /// after a while.
    TryAgainLater(&'static str),
}

impl Close {
    pub(super) const fn code(&self) -> u16 {
        match self {
            Self::BadRequest(_) => 4400,
            Self::Unauthorized => 4401,
            Self::Forbidden(_) => 4403,
            Self::InitTimeout => 4408,
            Self::SubscriberExists(_) => 4409,
            Self::TooManyInits => 4429,
            Self::TooLong => 1009,
            Self::Restart => 1012,
            Self::TryAgainLater(_) => 1013,
        }
    }

    /// The word in metrics.
    pub(super) const fn as_str(&self) -> &'static str {
        match self {
            Self::BadRequest(_) => "bad-request",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden(_) => "forbidden",
            Self::InitTimeout => "init-timeout",
            Self::SubscriberExists(_) => "subscriber-exists",
            Self::TooManyInits => "too-many-inits",
            Self::TooLong => "too-long",
            Self::Restart => "restart",
            Self::TryAgainLater(_) => "try-again-later",
        }
    }

    pub(super) fn reason(&self) -> String {
        let mut reason = match self {
            Self::BadRequest(why) | Self::Forbidden(why) => why.clone(),
            Self::Unauthorized => "Unauthorized".to_owned(),
            Self::InitTimeout => "Connection initialisation timeout".to_owned(),
            Self::SubscriberExists(id) => format!("Subscriber for {} already exists", id.as_str()),
            Self::TooManyInits => "Too many initialisation requests".to_owned(),
            Self::TooLong => "Message too long".to_owned(),
            Self::Restart => "Service restart".to_owned(),
            Self::TryAgainLater(why) => (*why).to_owned(),
        };
        let mut end = reason.len().min(REASON_BYTES);
        while !reason.is_char_boundary(end) {
            end -= 1;
        }
        reason.truncate(end);
        reason
    }
}

pub(super) const CONNECTION_ACK: &str = r#"{"type":"connection_ack"}"#;

/// A ping; with the id after which all of the connection's subscriptions go on, if there is one.
pub(super) fn ping(current: Option<&EventId>) -> String {
    match current {
        None => r#"{"type":"ping"}"#.to_owned(),
        Some(id) => json!({"type": "ping", "payload": {"resumeFrom": id.to_string()}}).to_string(),
    }
}

pub(super) fn pong(payload: Option<Value>) -> String {
    match payload {
        None => r#"{"type":"pong"}"#.to_owned(),
        Some(payload) => json!({"type": "pong", "payload": payload}).to_string(),
    }
}

/// One result.
pub(super) fn next(id: &OperationId, payload: &Payload) -> String {
    let (id, payload) = (Value::from(id.as_str()), payload.as_str());
    format!(r#"{{"id":{id},"type":"next","payload":{payload}}}"#)
}

/// The operation could not begin, or may not go on.
pub(super) fn error(id: &OperationId, errors: &[Value]) -> String {
    json!({"id": id.as_str(), "type": "error", "payload": errors}).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> OperationId {
        OperationId::parse(text).unwrap()
    }

    #[test]
    fn what_the_server_says_is_json_whatever_the_id() {
        let odd = id(r#"a"\é"#);
        let payload = Payload::new(r#"{"data":{"b":1,"a":2}}"#.to_owned());
        let said: Value = serde_json::from_str(&next(&odd, &payload)).unwrap();
        let expected =
            json!({"id": "a\"\\é", "type": "next", "payload": {"data": {"b": 1, "a": 2}}});
        assert_eq!(said, expected);
        let id = EventId::parse("0101010101010101010101010101010f:7").unwrap();
        let said: Value = serde_json::from_str(&next(&odd, &payload.with_id(&id))).unwrap();
        let extensions = json!({"resumeFrom": id.to_string()});
        assert_eq!(said["payload"]["extensions"], extensions);
        let said: Value = serde_json::from_str(&ping(Some(&id))).unwrap();
        assert_eq!(said, json!({"type": "ping", "payload": extensions}));
        assert_eq!(ping(None), r#"{"type":"ping"}"#);
        assert_eq!(
            pong(Some(json!({"n": 1}))),
            r#"{"type":"pong","payload":{"n":1}}"#
        );
        let said: Value = serde_json::from_str(&error(&odd, &[])).unwrap();
        assert_eq!(
            said,
            json!({"id": "a\"\\é", "type": "error", "payload": []})
        );
    }

    #[test]
    fn a_reason_fits_its_frame() {
        let close = Close::BadRequest("é".repeat(100));
        assert!(close.reason().len() <= 123);
        assert_eq!(
            Close::SubscriberExists(id("1")).reason(),
            "Subscriber for 1 already exists"
        );
    }
}
