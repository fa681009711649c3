//! Sends requests as raw bytes; most of them no HTTP library would send.

use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Longer than the origin's own limit (10 s) and the edge's (11 s).
const PATIENCE: Duration = Duration::from_secs(20);

/// An HTTP answer.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// The status line and headers, in lower case.
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Reply {
    /// The code of the first error; empty when there is none.
    pub(crate) fn code(&self) -> String {
        let json: Value = serde_json::from_str(&self.body).unwrap_or_default();
        let code = json["errors"][0]["extensions"]["code"].as_str();
        code.unwrap_or_default().to_owned()
    }
}

/// The host and port of a server's URL.
pub(crate) fn authority(base: &str) -> &str {
    base.trim_start_matches("http://")
}

/// Sends bytes and reads the answer; `None` when the server closed the connection without one.
pub(crate) async fn send(base: &str, bytes: &[u8]) -> Result<Option<Reply>> {
    tokio::time::timeout(PATIENCE, exchange(base, bytes))
        .await
        .with_context(|| format!("no answer within {PATIENCE:?}"))?
}

async fn exchange(base: &str, bytes: &[u8]) -> Result<Option<Reply>> {
    let mut stream = TcpStream::connect(authority(base)).await?;
    let (mut from, mut to) = stream.split();
    // A server that refuses early may close the connection while we write. The write error does not
    // matter, because the answer is read at the same time.
    let writing = async {
        let _refused_early = to.write_all(bytes).await;
        std::future::pending::<Result<Option<Reply>>>().await
    };
    tokio::select! {
        reply = read(&mut from) => reply,
        never = writing => never,
    }
}

/// Reads one answer.
pub(crate) async fn read(from: &mut (impl AsyncReadExt + Unpin)) -> Result<Option<Reply>> {
    let mut seen = Vec::new();
    let mut part = vec![0; 64 * 1024];
    loop {
        if let Some(reply) = whole(&seen, Ended::NotYet)? {
            return Ok(Some(reply));
        }
        // A reset counts as the end of the answer.
        let length = from.read(&mut part).await.unwrap_or(0);
        if length == 0 {
            return whole(&seen, Ended::Yes);
        }
        seen.extend_from_slice(&part[..length]);
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Ended {
    NotYet,
    Yes,
}

/// The answer, when all of it is there.
fn whole(seen: &[u8], ended: Ended) -> Result<Option<Reply>> {
    let Some(at) = seen.windows(4).position(|window| window == b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = String::from_utf8_lossy(&seen[..at]).to_lowercase();
    let status = head.split(' ').nth(1).and_then(|word| word.parse().ok());
    let status: u16 = status.with_context(|| format!("no status: {head}"))?;
    let rest = &seen[at + 4..];
    // An interim answer (1xx) precedes the final one.
    if (100..200).contains(&status) && status != 101 {
        return whole(rest, ended);
    }
    let reply = |body: &[u8]| Reply {
        status,
        head: head.clone(),
        body: String::from_utf8_lossy(body).into_owned(),
    };
    let header = |name: &str| {
        let mut lines = head.split("\r\n").filter_map(|line| line.split_once(':'));
        lines.find_map(|(known, value)| (known == name).then(|| value.trim().to_owned()))
    };
    let length = header("content-length").and_then(|text| text.parse::<usize>().ok());
    if ended == Ended::Yes || [101, 204, 304].contains(&status) {
        return Ok(Some(reply(rest)));
    }
    Ok(match length {
        Some(length) => rest.get(..length).map(reply),
        None if header("transfer-encoding").is_some() => dechunked(rest).map(|body| reply(&body)),
        None => None,
    })
}

/// The parts of a chunked body, when its last one is there.
fn dechunked(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let at = rest.windows(2).position(|window| window == b"\r\n")?;
        let length = std::str::from_utf8(&rest[..at]).ok()?;
        let length = usize::from_str_radix(length.trim(), 16).ok()?;
        if length == 0 {
            return Some(body);
        }
        body.extend_from_slice(rest.get(at + 2..at + 2 + length)?);
        rest = rest.get(at + 4 + length..)?;
    }
}

#[test]
fn an_answer_is_read_by_its_length_in_chunks_or_to_the_end() {
    let read = |text: &str, ended| {
        let reply = whole(text.as_bytes(), ended).unwrap();
        reply.map(|reply| (reply.status, reply.body))
    };
    let with_length = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n";
    assert_eq!(read(with_length, Ended::NotYet), None);
    let all = format!("{with_length}abc");
    assert_eq!(read(&all, Ended::NotYet), Some((200, "abc".to_owned())));
    let chunks = "HTTP/1.1 400 No\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n";
    assert_eq!(read(chunks, Ended::NotYet), None);
    let all = format!("{chunks}0\r\n\r\n");
    assert_eq!(read(&all, Ended::NotYet), Some((400, "abc".to_owned())));
    let to_the_end = "HTTP/1.1 400 No\r\n\r\nabc";
    assert_eq!(read(to_the_end, Ended::Yes), Some((400, "abc".to_owned())));
}
