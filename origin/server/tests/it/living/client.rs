//! A client of `graphql-transport-ws`, as bare as can be: what it sends is the test's.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt as _, net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{
        Error, Message,
        client::IntoClientRequest as _,
        http::{HeaderName, HeaderValue, header::SEC_WEBSOCKET_PROTOCOL},
        protocol::{
            CloseFrame,
            frame::{
                Frame,
                coding::{Data, OpCode},
            },
        },
    },
};

use crate::app::TestApp;

const SOON: Duration = Duration::from_secs(10);
const A_WHILE: Duration = Duration::from_millis(300);

pub(super) struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    /// A handshake with these headers; the status if it is refused.
    pub(super) async fn handshake(
        app: &TestApp,
        protocol: Option<&'static str>,
        headers: &[(&str, &str)],
    ) -> Result<Self, StatusCode> {
        let url = format!("{}/graphql", app.url.replace("http:", "ws:"));
        let mut request = url.into_client_request().unwrap();
        let fields = request.headers_mut();
        if let Some(protocol) = protocol {
            fields.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(protocol));
        }
        for (name, value) in headers {
            let name: HeaderName = name.parse().unwrap();
            fields.insert(name, value.parse().unwrap());
        }
        match connect_async(request).await {
            Ok((socket, _answer)) => Ok(Self(socket)),
            Err(Error::Http(answer)) => Err(answer.status().as_u16().try_into().unwrap()),
            // It closes at once.
            Err(error) => panic!("{error}"),
        }
    }

    /// Speaks the protocol, and has said nothing yet.
    pub(super) async fn open(app: &TestApp) -> Self {
        Self::handshake(app, Some("graphql-transport-ws"), &[])
            .await
            .unwrap()
    }

    /// Acknowledged, with this payload of `connection_init`.
    pub(super) async fn init(app: &TestApp, payload: Value) -> Self {
        let mut socket = Self::open(app).await;
        socket
            .say(json!({"type": "connection_init", "payload": payload}))
            .await;
        assert_eq!(socket.hear().await, json!({"type": "connection_ack"}));
        socket
    }

    pub(super) async fn anonymous(app: &TestApp) -> Self {
        Self::init(app, json!({})).await
    }

    pub(super) async fn signed_in(app: &TestApp, token: &str) -> Self {
        Self::init(app, json!({"Authorization": format!("Bearer {token}")})).await
    }

    pub(super) async fn say(&mut self, message: Value) {
        self.say_text(&message.to_string()).await;
    }

    pub(super) async fn say_text(&mut self, text: &str) {
        self.0.send(Message::text(text)).await.unwrap();
    }

    pub(super) async fn say_bytes(&mut self) {
        self.0.send(Message::binary(vec![1])).await.unwrap();
    }

    /// Closes the connection, and waits for nothing.
    pub(super) async fn close(&mut self, code: u16) {
        let frame = CloseFrame {
            code: code.into(),
            reason: "".into(),
        };
        self.0.send(Message::Close(Some(frame))).await.unwrap();
    }

    /// The beginning of a message: a text frame that announces so many bytes, and 100 of them.
    pub(super) async fn begin_text(&mut self, bytes: u64) {
        let mut part = vec![0x81, 0x80 | 127];
        part.extend(bytes.to_be_bytes());
        part.extend([0; 4 + 100]);
        self.0.get_mut().write_all(&part).await.unwrap();
        self.0.get_mut().flush().await.unwrap();
    }

    /// The beginning of a message: a text frame that is not the last one.
    pub(super) async fn say_part(&mut self, bytes: usize, opcode: Data) {
        let part = Frame::message(vec![b' '; bytes], OpCode::Data(opcode), false);
        self.0.send(Message::Frame(part)).await.unwrap();
    }

    pub(super) async fn subscribe(&mut self, id: &str, payload: Value) {
        self.say(json!({"type": "subscribe", "id": id, "payload": payload}))
            .await;
    }

    /// The next message.
    pub(super) async fn hear(&mut self) -> Value {
        match self.next().await {
            Message::Text(text) => serde_json::from_str(&text).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    /// The code and reason with which the server closes.
    pub(super) async fn closed(&mut self) -> (u16, String) {
        match self.next().await {
            Message::Close(Some(frame)) => (frame.code.into(), frame.reason.to_string()),
            other => panic!("{other:?}"),
        }
    }

    /// Nothing comes for a while.
    pub(super) async fn hears_nothing(&mut self) {
        if let Ok(heard) = timeout(A_WHILE, self.0.next()).await {
            panic!("{heard:?}");
        }
    }

    /// The next message; none if the connection ends.
    pub(super) async fn hear_unless_it_ends(&mut self) -> Option<Value> {
        let next = timeout(SOON, self.0.next()).await;
        match next.expect("nothing came in time") {
            Some(Ok(Message::Text(text))) => Some(serde_json::from_str(&text).unwrap()),
            Some(Ok(Message::Close(_)) | Err(_)) | None => None,
            Some(Ok(other)) => panic!("{other:?}"),
        }
    }

    async fn next(&mut self) -> Message {
        let next = timeout(SOON, self.0.next()).await;
        next.expect("nothing came in time").unwrap().unwrap()
    }
}
