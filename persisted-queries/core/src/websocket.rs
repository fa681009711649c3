//! What clients say in `graphql-transport-ws` (PROTOCOL.md of graphql-ws), as text.

use serde::Deserialize;
use serde_json::{Map, Value};

/// The name of the protocol in the handshake.
pub const SUBPROTOCOL: &str = "graphql-transport-ws";

/// The most bytes of an operation's id: clients number them or use UUIDs.
const ID_BYTES: usize = 128;

/// What a client says.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// The first one, with what the client says of itself, such as its token.
    ConnectionInit(Map<String, Value>),
    /// Asks for a `pong` with the same payload.
    Ping(Option<Value>),
    /// Answers a `ping`.
    Pong,
    /// Begins an operation.
    Subscribe {
        /// The client's name for it.
        id: OperationId,
        /// The request, as [`crate::GraphqlRequest::from_payload`] reads it.
        request: Map<String, Value>,
    },
    /// Ends an operation.
    Complete(OperationId),
}

/// What a client calls one of its operations.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OperationId(Box<str>);

/// Why a message is refused; the connection is then closed with 4400.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadMessage(pub &'static str);

/// Loose: which fields a message has depends on its type.
#[derive(Deserialize)]
struct Parts {
    r#type: String,
    id: Option<String>,
    payload: Option<Value>,
}

impl Message {
    /// Reads a message.
    ///
    /// # Errors
    /// [`BadMessage`] if it is none of the protocol's.
    pub fn parse(text: &str) -> Result<Self, BadMessage> {
        if text.contains('\0') {
            return Err(BadMessage("a NUL byte"));
        }
        // What exactly is wrong would quote the client's own words.
        let parts: Parts =
            serde_json::from_str(text).map_err(|_| BadMessage("Invalid message received"))?;
        let id = || OperationId::parse(parts.id.as_deref().unwrap_or_default());
        let object = |payload: Option<Value>| match payload {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Object(fields)) => Ok(Some(fields)),
            Some(_) => Err(BadMessage("a `payload` is an object")),
        };
        match parts.r#type.as_str() {
            "connection_init" => Ok(Self::ConnectionInit(
                object(parts.payload)?.unwrap_or_default(),
            )),
            "ping" => Ok(Self::Ping(object(parts.payload)?.map(Value::Object))),
            "pong" => object(parts.payload).map(|_| Self::Pong),
            "subscribe" => Ok(Self::Subscribe {
                id: id()?,
                request: object(parts.payload)?.ok_or(BadMessage("`subscribe` has a `payload`"))?,
            }),
            "complete" => Ok(Self::Complete(id()?)),
            _others => Err(BadMessage("Invalid message received")),
        }
    }
}

impl OperationId {
    /// Reads an id.
    ///
    /// # Errors
    /// [`BadMessage`] if it is empty or long.
    pub fn parse(text: &str) -> Result<Self, BadMessage> {
        if (1..=ID_BYTES).contains(&text.len()) {
            Ok(Self(text.into()))
        } else {
            Err(BadMessage("an `id` has 1 to 128 bytes"))
        }
    }

    /// The id as the client spelt it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn id(text: &str) -> OperationId {
        OperationId::parse(text).unwrap()
    }

    #[test]
    fn messages_are_read() {
        let map = |text: &str| serde_json::from_str::<Map<_, _>>(text).unwrap();
        let table = [
            (
                r#"{"type":"connection_init"}"#,
                Message::ConnectionInit(Map::new()),
            ),
            (
                r#"{"type":"connection_init","payload":{"a":1}}"#,
                Message::ConnectionInit(map(r#"{"a":1}"#)),
            ),
            (r#"{"type":"ping"}"#, Message::Ping(None)),
            (
                r#"{"type":"ping","payload":{"n":1}}"#,
                Message::Ping(Some(json!({"n": 1}))),
            ),
            (r#"{"type":"pong","payload":null}"#, Message::Pong),
            (
                r#"{"type":"subscribe","id":"1","payload":{"query":"{a}"}}"#,
                Message::Subscribe {
                    id: id("1"),
                    request: map(r#"{"query":"{a}"}"#),
                },
            ),
            (
                r#"{"type":"complete","id":"1"}"#,
                Message::Complete(id("1")),
            ),
        ];
        for (text, expected) in table {
            assert_eq!(Message::parse(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_breaks_the_protocol_is_a_bad_request() {
        let long = format!(r#"{{"type":"complete","id":"{}"}}"#, "x".repeat(129));
        for text in [
            "",
            "[]",
            "{",
            r#"{"type":1}"#,
            r#"{"type":"start","id":"1"}"#,
            r#"{"type":"subscribe","payload":{}}"#,
            r#"{"type":"subscribe","id":"","payload":{}}"#,
            r#"{"type":"subscribe","id":"1"}"#,
            r#"{"type":"subscribe","id":"1","payload":[]}"#,
            r#"{"type":"subscribe","id":1,"payload":{}}"#,
            r#"{"type":"connection_init","payload":"token"}"#,
            r#"{"type":"ping","payload":1}"#,
            r#"{"type":"complete"}"#,
            "{\"type\":\"ping\0\"}",
            &long,
        ] {
            assert!(Message::parse(text).is_err(), "{text}");
        }
    }
}
