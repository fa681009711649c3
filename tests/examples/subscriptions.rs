//! What an open subscription costs a server, and how long an event takes to reach all of them.
//!
//! Run by `cargo xtask bench-subscriptions` with one JSON argument for each server, in turns: the
//! same client, the same subscriptions, the same offers. Each connection is one subscription to
//! offers near a place of its own, all of them within reach of what is published.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use futures_util::{SinkExt, StreamExt};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::client_async_with_config;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

/// Handshakes that are under way at once.
const AT_ONCE: usize = 50;
/// A thousand clients' buffers must not be most of this machine's memory.
const READ_BUFFER_BYTES: usize = 2_048;
/// How long everybody may take to hear of one offer.
const DELIVERY_LIMIT: Duration = Duration::from_secs(30);
/// Between two offers, after the last one was heard of by all.
const PAUSE: Duration = Duration::from_millis(200);

/// A server under test.
#[derive(Deserialize)]
struct Server {
    label: String,
    port: u16,
    pid: u32,
    /// The document's hash.
    document: String,
    /// Where to POST, with which token, and the bodies: one for each offer.
    publish_path: String,
    token: Option<String>,
    bodies: Vec<Value>,
    connections: usize,
    centre: (f64, f64),
}

/// What one server was found to cost.
struct Figures {
    label: String,
    bytes_each: f64,
    connected_s: f64,
    p50_ms: f64,
    p99_ms: f64,
    last_ms: f64,
    heard: usize,
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<()> {
    let mut all = Vec::new();
    for text in std::env::args().skip(1) {
        let server: Server = serde_json::from_str(&text)?;
        all.push(measure(server).await?);
    }
    for figures in &all {
        let Figures {
            label,
            bytes_each,
            connected_s,
            p50_ms,
            p99_ms,
            last_ms,
            heard,
        } = figures;
        println!(
            "  {label}: {:.1} KiB a connection; of {heard} results half within {p50_ms:.0} ms, \
             p99 {p99_ms:.0} ms, all of an offer's {last_ms:.0} ms (median); connected in {connected_s:.1} s",
            bytes_each / 1024.0
        );
    }
    let mut for_table = Vec::new();
    if let [first, others @ ..] = all.as_slice() {
        for other in others {
            let line = |what, value, unit, ratio, most| {
                json!({"what": format!("{what} ÷ {}", other.label), "value": value, "unit": unit,
                    "ratio": ratio, "target": {"ratio_at_most": most}})
            };
            let memory = first.bytes_each / other.bytes_each;
            let p99 = first.p99_ms / other.p99_ms;
            for_table.push(line(
                "memory",
                first.bytes_each / 1024.0,
                "KiB",
                memory,
                0.6,
            ));
            for_table.push(line("p99", first.p99_ms, "ms", p99, 0.8));
            println!(
                "  {} ÷ {}: memory {:.2}, p99 {:.2}",
                first.label, other.label, memory, p99
            );
        }
    }
    // For the table of `cargo xtask bench`.
    if let Some(file) = std::env::var_os("FIGURES") {
        std::fs::write(file, serde_json::to_string(&for_table)?)?;
    }
    Ok(())
}

async fn measure(server: Server) -> Result<Figures> {
    let server = Arc::new(server);
    let before = memory_bytes(server.pid)?;
    let began = Instant::now();
    let (heard, mut results) = mpsc::unbounded_channel();
    let mut clients = JoinSet::new();
    let open = Arc::new(AtomicUsize::new(0));
    let gate = Arc::new(tokio::sync::Semaphore::new(AT_ONCE));
    for number in 0..server.connections {
        let permit = Arc::clone(&gate).acquire_owned().await?;
        let (server, heard, open) = (Arc::clone(&server), heard.clone(), Arc::clone(&open));
        clients.spawn(async move {
            let mut socket = subscribe(&server, number).await?;
            drop(permit);
            open.fetch_add(1, Ordering::Relaxed);
            loop {
                match socket.next().await.context("a server closed")?? {
                    Message::Text(text) if text.contains(r#""next""#) => {
                        ensure!(!text.contains("errors"), "{text}");
                        heard.send(Instant::now())?;
                    }
                    Message::Text(text) if text.contains(r#""ping""#) => {
                        socket.send(Message::text(r#"{"type":"pong"}"#)).await?;
                    }
                    Message::Text(text) => bail!("{text}"),
                    Message::Close(frame) => bail!("closed: {frame:?}"),
                    _other => {}
                }
            }
            #[expect(unreachable_code, reason = "says what the task gives")]
            anyhow::Ok(())
        });
    }
    while open.load(Ordering::Relaxed) < server.connections {
        if let Some(ended) = clients.try_join_next() {
            ended??;
        }
        sleep(Duration::from_millis(20)).await;
    }
    let connected_s = began.elapsed().as_secs_f64();
    // What a handshake needed is given back.
    sleep(Duration::from_secs(2)).await;
    let after = memory_bytes(server.pid)?;
    let client = reqwest::Client::new();
    let (mut all, mut lasts) = (Vec::new(), Vec::new());
    for body in &server.bodies {
        let url = format!("http://127.0.0.1:{}{}", server.port, server.publish_path);
        let mut request = client.post(url).json(body);
        if let Some(token) = &server.token {
            request = request.bearer_auth(token);
        }
        let published = Instant::now();
        let answer = tokio::spawn(request.send());
        for number in 0..server.connections {
            let at = timeout(DELIVERY_LIMIT, results.recv()).await;
            let at = at.with_context(|| format!("{number} heard of an offer, and no others"))?;
            let at = at.context("all clients ended")?;
            all.push(at.duration_since(published));
            if number + 1 == server.connections {
                lasts.push(at.duration_since(published));
            }
        }
        answer.await??.error_for_status()?;
        sleep(PAUSE).await;
    }
    clients.shutdown().await;
    all.sort_unstable();
    lasts.sort_unstable();
    let ms = |sorted: &[Duration], of_100: usize| {
        let rank = (sorted.len() * of_100).div_ceil(100).max(1);
        sorted[rank - 1].as_secs_f64() * 1_000.0
    };
    #[expect(clippy::cast_precision_loss, reason = "for people")]
    let bytes_each = after.saturating_sub(before) as f64 / server.connections as f64;
    Ok(Figures {
        label: server.label.clone(),
        bytes_each,
        connected_s,
        p50_ms: ms(&all, 50),
        p99_ms: ms(&all, 99),
        last_ms: ms(&lasts, 50),
        heard: all.len(),
    })
}

type Socket = tokio_tungstenite::WebSocketStream<TcpStream>;

/// Connected, acknowledged and subscribed.
async fn subscribe(server: &Server, number: usize) -> Result<Socket> {
    let stream = TcpStream::connect(("127.0.0.1", server.port)).await?;
    stream.set_nodelay(true)?;
    let url = format!("ws://127.0.0.1:{}/graphql", server.port);
    let mut request = url.into_client_request()?;
    let protocol = "graphql-transport-ws".parse()?;
    request
        .headers_mut()
        .insert("sec-websocket-protocol", protocol);
    let config = WebSocketConfig::default().read_buffer_size(READ_BUFFER_BYTES);
    let (mut socket, _answer) = client_async_with_config(request, stream, Some(config)).await?;
    socket
        .send(Message::text(r#"{"type":"connection_init"}"#))
        .await?;
    let ack = socket.next().await.context("no acknowledgement")??;
    ensure!(ack.to_text()?.contains("connection_ack"), "{ack}");
    // Each somewhere else, some metres from the next one.
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    let step = number as f64 * 1e-6;
    let (lat, lng) = server.centre;
    let variables = json!({"location": {"lat": lat + step, "lng": lng + step}, "maxDistance": 20});
    // The peer's library sends nothing without a `query`, and reads none.
    let payload = json!({"documentId": server.document, "query": "", "variables": variables});
    let subscribe = json!({"type": "subscribe", "id": "1", "payload": payload});
    socket.send(Message::text(subscribe.to_string())).await?;
    // Answered once what came before it was: the subscription has begun.
    socket.send(Message::text(r#"{"type":"ping"}"#)).await?;
    let pong = socket.next().await.context("no pong")??;
    ensure!(pong.to_text()?.contains("pong"), "{pong}");
    Ok(socket)
}

/// The resident memory of a process.
fn memory_bytes(pid: u32) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB"));
    let kib: u64 = kib.context("no VmRSS")?.trim().parse()?;
    Ok(kib * 1024)
}
