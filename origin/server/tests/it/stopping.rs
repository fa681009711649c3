//! What clients see of a server that is told to stop.

use std::{net::Ipv4Addr, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use tokio_util::sync::CancellationToken;
use yousoon::{connections, router::router, server::accepting};

use crate::app::TestApp;

/// Asks on an open connection; gives the head of the answer, in lower case.
async fn ask(stream: &mut TcpStream) -> String {
    let request = b"GET /healthz HTTP/1.1\r\nhost: origin\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"ok") {
        let mut some = [0; 1_024];
        let read = stream.read(&mut some).await.unwrap();
        assert_ne!(read, 0, "the connection was closed instead of answered");
        answer.extend_from_slice(&some[..read]);
    }
    String::from_utf8(answer).unwrap().to_lowercase()
}

#[tokio::test]
async fn a_request_on_an_idle_connection_is_answered_while_the_server_stops() {
    let app = TestApp::start().await;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let routes = router(app.state.clone());
    let serving = connections::serve(accepting(listener), routes, stop.clone());
    let serving = tokio::spawn(serving);
    let mut stream = TcpStream::connect(address).await.unwrap();
    assert!(!ask(&mut stream).await.contains("connection: close"));

    stop.cancel();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let last = ask(&mut stream).await;
    assert!(last.starts_with("http/1.1 200"), "{last}");
    assert!(last.contains("connection: close"), "{last}");
    assert_eq!(stream.read(&mut [0]).await.unwrap(), 0, "and then it ends");
    // No connection is left, so nothing is waited for.
    let ended = tokio::time::timeout(Duration::from_secs(1), serving).await;
    ended.expect("it stops").unwrap();
}
