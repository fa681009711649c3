//! Inputs that ask for more than one request should cost: memory, a slow pattern, or rows that are
//! kept.

use std::time::{Duration, Instant};

use e2e::Target;
use futures_util::{SinkExt as _, StreamExt as _};
use pq_core::limits::REQUEST_BYTES;
use serde_json::{Value, json};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::http::header::SEC_WEBSOCKET_PROTOCOL;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

use super::tally::{Seen, Tally};
use crate::people::{Person, answer, data};

const PART: &str = "bounds";
/// How long a refusal may take, on a busy machine and with a debug build.
const WITHIN: Duration = Duration::from_secs(3);
const SOCKETS: usize = 50;

/// Counts a refusal without a code.
fn refused(tally: &Tally, status: u16, what: &str) {
    let code = "";
    tally.answered(PART, &Seen { status, code, what });
}

/// E12: an append to the purge log that nobody signed is refused before it is read.
pub(crate) async fn unsigned_appends(target: &Target, tally: &Tally) {
    for megabytes in [1, 7, 9] {
        let request = target
            .client
            .post(format!("{}/_yousoon/purge-log", target.edge_url))
            .header("yousoon-signature", "t=1,v1=00")
            .body(vec![b'['; megabytes << 20]);
        let began = Instant::now();
        // Closing the connection while the body is sent is a refusal too.
        let status = request
            .send()
            .await
            .map_or(413, |seen| seen.status().as_u16());
        refused(tally, status, "an unsigned append");
        let took = began.elapsed();
        tally.holds([401, 413].contains(&status) && took < WITHIN, || {
            format!("{PART}: {megabytes} MiB of unsigned appends: {status} after {took:?}")
        });
    }
}

/// E14: searches that are too long are refused.
pub(crate) async fn long_words(target: &Target, tally: &Tally) {
    let words = ["é".repeat(40_000), "a ".repeat(20_000), "%_".repeat(20_000)];
    for search in words {
        let ask = target.ask("OfferSearch", json!({"search": search}));
        for base in [&target.origin_url, &target.edge_url] {
            let began = Instant::now();
            let body = json!({"documentId": ask.id, "variables": ask.variables});
            let request = target.client.post(format!("{base}/graphql")).json(&body);
            let seen = answer(request).await;
            tally.read(PART, &seen, "long words");
            let took = began.elapsed();
            tally.holds(seen.code() == "BAD_USER_INPUT" && took < WITHIN, || {
                format!(
                    "{PART}: long words: {} after {took:?}: {}",
                    seen.status, seen.text
                )
            });
        }
    }
}

/// E9: the same consent a hundred times.
pub(crate) async fn repeated_consents(target: &Target, tally: &Tally, person: &Person) {
    let input = json!({"purpose": "MARKETING", "version": "1", "granted": true});
    let ask = target.ask("RecordConsent", json!({"input": input}));
    for _ in 0..100 {
        let seen = ask
            .post(&target.client, &target.origin_url, &person.access)
            .await
            .unwrap();
        tally.read(PART, &seen, "the same consent");
        tally.holds(seen.code().is_empty(), || format!("{PART}: {}", seen.text));
    }
    let kept = target.ask("MyConsents", json!({}));
    let seen = kept
        .post(&target.client, &target.origin_url, &person.access)
        .await
        .unwrap();
    let number = data(&seen)["myConsents"].as_array().map(Vec::len);
    tally.holds(number == Some(1), || {
        format!("{PART}: the same consent was kept {number:?} times")
    });
}

/// E15: messages that are larger than a request, and never end.
pub(crate) async fn endless_messages(target: &Target, tally: &Tally) {
    let url = format!("{}/graphql", target.origin_url.replace("http:", "ws:"));
    let mut sockets = tokio::task::JoinSet::new();
    for _ in 0..SOCKETS {
        let url = url.clone();
        sockets.spawn(async move { bytes_taken(&url).await });
    }
    for taken in sockets.join_all().await {
        match taken {
            // The handshake is refused: there are too many of this address.
            None => refused(tally, 429, "an endless message"),
            Some(taken) => {
                tally.sent(PART);
                tally.holds(taken <= 4 * REQUEST_BYTES, || {
                    format!("{PART}: {taken} bytes of a message that does not end were taken")
                });
            }
        }
    }
}

/// How many bytes of one message a server takes before it closes the connection.
async fn bytes_taken(url: &str) -> Option<usize> {
    const PIECE: usize = 16 * 1_024;
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert(
        SEC_WEBSOCKET_PROTOCOL,
        HeaderValue::from_static("graphql-transport-ws"),
    );
    let (mut socket, _answer) = connect_async(request).await.ok()?;
    let init = json!({"type": "connection_init"}).to_string();
    socket.send(Message::text(init)).await.ok()?;
    let acknowledged = socket.next().await?.ok()?.into_text().ok()?;
    let acknowledged: Value = serde_json::from_str(&acknowledged).ok()?;
    assert_eq!(acknowledged["type"], "connection_ack");
    let mut taken = 0;
    while taken < 64 * REQUEST_BYTES {
        let kind = if taken == 0 {
            Data::Text
        } else {
            Data::Continue
        };
        let piece = Frame::message(vec![b' '; PIECE], OpCode::Data(kind), false);
        let sent = tokio::time::timeout(WITHIN, socket.send(Message::Frame(piece))).await;
        if !matches!(sent, Ok(Ok(()))) {
            break;
        }
        taken += PIECE;
        // Gives the server's close the time to arrive: what is on the way is not what it keeps.
        let heard = tokio::time::timeout(Duration::from_millis(20), socket.next()).await;
        if matches!(heard, Ok(None | Some(Err(_) | Ok(Message::Close(_))))) {
            break;
        }
    }
    Some(taken)
}
