//! What clients and servers see through a gate.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::TcpGate;

const LONG_ENOUGH: Duration = Duration::from_millis(150);

/// Answers each byte with `word`, then the byte.
async fn echo(word: u8) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                while let Ok(byte) = stream.read_u8().await {
                    stream.write_all(&[word, byte]).await.unwrap();
                }
            });
        }
    });
    address
}

async fn ask(stream: &mut TcpStream, byte: u8) -> std::io::Result<[u8; 2]> {
    stream.write_u8(byte).await?;
    let mut answer = [0; 2];
    stream.read_exact(&mut answer).await?;
    Ok(answer)
}

async fn is_silent(stream: &mut TcpStream, byte: u8) -> bool {
    tokio::time::timeout(LONG_ENOUGH, ask(stream, byte))
        .await
        .is_err()
}

#[tokio::test]
async fn an_open_gate_passes_bytes_and_their_end_both_ways() {
    let gate = TcpGate::open_to(echo(b'a').await).await.unwrap();
    let mut stream = TcpStream::connect(gate.address).await.unwrap();
    assert_eq!(ask(&mut stream, b'1').await.unwrap(), *b"a1");
    stream.shutdown().await.unwrap();
    assert_eq!(
        stream.read(&mut [0; 1]).await.unwrap(),
        0,
        "the server's end comes back"
    );
}

#[tokio::test]
async fn a_cut_gate_resets_what_is_there_and_refuses_what_comes() {
    let gate = TcpGate::open_to(echo(b'a').await).await.unwrap();
    let mut stream = TcpStream::connect(gate.address).await.unwrap();
    ask(&mut stream, b'1').await.unwrap();
    gate.cut().await;
    let refused = TcpStream::connect(gate.address).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    let lost = stream.read(&mut [0; 1]).await.unwrap_err();
    assert_eq!(lost.kind(), ErrorKind::ConnectionReset);
    gate.open().await;
    let mut stream = TcpStream::connect(gate.address).await.unwrap();
    assert_eq!(ask(&mut stream, b'2').await.unwrap(), *b"a2");
}

#[tokio::test]
async fn a_hung_gate_swallows_bytes_and_resets_connections_that_lost_some() {
    let gate = TcpGate::open_to(echo(b'a').await).await.unwrap();
    let mut before = TcpStream::connect(gate.address).await.unwrap();
    ask(&mut before, b'1').await.unwrap();
    gate.hang().await;
    let mut during = TcpStream::connect(gate.address).await.unwrap();
    assert!(is_silent(&mut before, b'2').await && is_silent(&mut during, b'3').await);
    gate.open().await;
    assert!(ask(&mut before, b'4').await.is_err() && ask(&mut during, b'5').await.is_err());
    let mut after = TcpStream::connect(gate.address).await.unwrap();
    assert_eq!(ask(&mut after, b'6').await.unwrap(), *b"a6");
}

#[tokio::test]
async fn a_held_gate_delivers_late_and_loses_nothing() {
    let gate = TcpGate::open_to(echo(b'a').await).await.unwrap();
    let mut stream = TcpStream::connect(gate.address).await.unwrap();
    ask(&mut stream, b'1').await.unwrap();
    gate.hold().await;
    assert!(is_silent(&mut stream, b'2').await);
    gate.open().await;
    let mut answer = [0; 2];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer, *b"a2");
}

#[tokio::test]
async fn a_gate_that_leads_elsewhere_resets_its_earlier_connections() {
    let gate = TcpGate::open_to(echo(b'a').await).await.unwrap();
    let mut before = TcpStream::connect(gate.address).await.unwrap();
    ask(&mut before, b'1').await.unwrap();
    gate.lead_to(echo(b'b').await);
    assert!(before.read(&mut [0; 1]).await.is_err());
    let mut after = TcpStream::connect(gate.address).await.unwrap();
    assert_eq!(ask(&mut after, b'2').await.unwrap(), *b"b2");
}

#[tokio::test]
async fn a_delay_makes_every_way_longer() {
    let gate = TcpGate::open_to(echo(b'a').await).await.unwrap();
    let mut stream = TcpStream::connect(gate.address).await.unwrap();
    gate.delay_ms(40);
    let began = Instant::now();
    ask(&mut stream, b'1').await.unwrap();
    assert!(
        began.elapsed() >= Duration::from_millis(80),
        "there and back"
    );
}

#[tokio::test]
async fn a_server_that_is_gone_resets_its_clients() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gate = TcpGate::open_to(listener.local_addr().unwrap())
        .await
        .unwrap();
    drop(listener);
    let mut stream = TcpStream::connect(gate.address).await.unwrap();
    let lost = stream.read(&mut [0; 1]).await.unwrap_err();
    assert_eq!(lost.kind(), ErrorKind::ConnectionReset);
}
