//! A GET to a server on this machine: enough HTTP to ask whether it is ready.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail};

const TIMEOUT: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

pub(crate) fn get(port: u16, path: &str) -> Result<Answer> {
    let mut stream = TcpStream::connect_timeout(&loopback(port), TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    // HTTP/1.0: the answer is not chunked.
    write!(
        stream,
        "GET {path} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\nAccept: application/json\r\n\r\n"
    )?;
    parse(BufReader::new(stream))
}

fn parse(mut answer: impl BufRead) -> Result<Answer> {
    let mut line = String::new();
    answer.read_line(&mut line)?;
    let status = line.split(' ').nth(1).and_then(|code| code.parse().ok());
    let status = status.context("the answer has no status")?;
    // Without a length the body ends with the connection; with one, workerd leaves it open.
    let mut body_bytes = u64::MAX;
    loop {
        line.clear();
        if answer.read_line(&mut line)? == 0 {
            bail!("the answer ends in its header");
        }
        match line.trim_end().split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                body_bytes = value.trim().parse()?;
            }
            Some(_) => {}
            None => break,
        }
    }
    let mut body = Vec::new();
    answer.take(body_bytes).read_to_end(&mut body)?;
    let body = String::from_utf8_lossy(&body).into_owned();
    Ok(Answer { status, body })
}

pub(crate) fn require_free(port: u16, option: &str) -> Result<()> {
    match TcpListener::bind(loopback(port)) {
        Ok(_) => Ok(()),
        Err(error) => bail!(
            "port {port} cannot be used ({error}): stop what listens there, or choose another one with {option}"
        ),
    }
}

/// A port that is free now.
pub(crate) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(loopback(0))?.local_addr()?.port())
}

fn loopback(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

/// Percent-encodes everything but RFC 3986's unreserved characters.
pub(crate) fn percent_encode(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{parse, percent_encode};

    #[test]
    fn an_answer_ends_where_its_length_says_or_with_the_connection() {
        for (text, body) in [
            (
                "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}and more",
                "{}",
            ),
            ("HTTP/1.1 200 OK\r\nA: b\r\n\r\n{}", "{}"),
        ] {
            let answer = parse(text.as_bytes()).unwrap();
            assert_eq!((answer.status, answer.body.as_str()), (200, body));
        }
        assert!(parse(&b""[..]).is_err());
        assert!(parse(&b"HTTP/1.1 200 OK\r\nA: b\r\n"[..]).is_err());
    }

    #[test]
    fn variables_are_percent_encoded() {
        assert_eq!(percent_encode(r#"{"é":1.5}"#), "%7B%22%C3%A9%22%3A1.5%7D");
    }
}
