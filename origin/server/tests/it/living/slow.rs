//! A client that takes nothing of what is sent.

use socket2::SockRef;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
};

use super::{begun, client::Socket, nearby, paris, publish, subscribed};
use crate::app::TestApp;

/// What fills the buffers of a connection soon: the same text many times.
fn large() -> String {
    let many: Vec<String> = (0..28).map(|n| format!("a{n}: description")).collect();
    let many = many.join(" ");
    format!(
        "subscription L($location: LocationInput!, $maxDistance: Float) {{
            newOfferNearby(location: $location, maxDistance: $maxDistance) {{ {many} }} }}"
    )
}

/// A connection with a small buffer, acknowledged and subscribed 20 times; nobody reads it.
async fn deaf(app: &TestApp) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(2_048).unwrap();
    let address = app.url.trim_start_matches("http://").parse().unwrap();
    let mut stream = socket.connect(address).await.unwrap();
    SockRef::from(&stream).set_tcp_nodelay(true).unwrap();
    let handshake = format!(
        "GET /graphql HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
    );
    stream.write_all(handshake.as_bytes()).await.unwrap();
    let mut read = vec![];
    while !read.ends_with(b"\r\n\r\n") {
        read.push(stream.read_u8().await.unwrap());
    }
    assert!(read.starts_with(b"HTTP/1.1 101"));
    send(&mut stream, r#"{"type":"connection_init"}"#).await;
    let variables = paris();
    for id in 0..20 {
        let payload = serde_json::json!({"query": large(), "variables": variables});
        let subscribe =
            serde_json::json!({"type": "subscribe", "id": id.to_string(), "payload": payload});
        send(&mut stream, &subscribe.to_string()).await;
    }
    stream
}

/// One text frame, masked with zeros.
async fn send(stream: &mut TcpStream, text: &str) {
    let length = u16::try_from(text.len()).unwrap();
    let mut frame = vec![0x81];
    if length < 126 {
        frame.push(0x80 | u8::try_from(length).unwrap());
    } else {
        frame.push(0x80 | 0x7e);
        frame.extend(length.to_be_bytes());
    }
    frame.extend([0; 4]);
    frame.extend(text.as_bytes());
    stream.write_all(&frame).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_let_go_and_others_hear_of_everything_meanwhile() {
    let app = TestApp::start().await;
    begun(&app).await;
    let deaf = deaf(&app).await;
    subscribed(&app, 20).await;
    let mut listening = Socket::anonymous(&app).await;
    listening.subscribe("1", nearby(paris())).await;
    subscribed(&app, 21).await;
    let mut number = 0;
    // 20 messages each, of which so many bytes are in the kernel's buffers before it stalls.
    while app.state.live.connections() == 2 {
        number += 1;
        assert!(number < 10_000, "it is never let go");
        let title = format!("Galette {}", number % 50);
        let _new = republish(&app, number % 50).await;
        let heard = listening.hear().await;
        assert_eq!(
            heard["payload"]["data"]["newOfferNearby"]["title"],
            title.as_str()
        );
    }
    assert_eq!(app.state.live.subscriptions(), 1);
    drop(deaf);
}

async fn republish(app: &TestApp, number: i32) {
    let known = crate::fixtures::offer("a", number);
    let found = app
        .state
        .services
        .offers
        .by_ids(std::slice::from_ref(&known.id))
        .await
        .unwrap();
    if found.is_empty() {
        publish(app, number).await;
    } else {
        super::say_published(app, &known).await;
    }
}
