//! A GET to a server on this machine: enough HTTP to ask whether it is ready, and to time its answers.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail};

const TIMEOUT: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// In the answer's order and spelling.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    /// The first header of this name, in whatever case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

/// Sends no `Accept`, as wrk does not: what it is answered with is what is measured.
pub(crate) fn get(port: u16, path: &str) -> Result<Answer> {
    let mut stream = connect(port)?;
    // HTTP/1.0: the answer is not chunked.
    write!(
        stream,
        "GET {path} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\n\r\n"
    )?;
    parse(BufReader::new(stream))
}

/// Sends JSON.
pub(crate) fn post(port: u16, path: &str, body: &[u8]) -> Result<Answer> {
    let mut stream = connect(port)?;
    let length = body.len();
    write!(
        stream,
        "POST {path} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    )?;
    stream.write_all(body)?;
    parse(BufReader::new(stream))
}

/// A connection that is kept: what it takes to open one is in no later answer's time.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
    port: u16,
}

impl Connection {
    pub(crate) fn open(port: u16) -> Result<Self> {
        let stream = connect(port)?;
        stream.set_nodelay(true)?;
        let stream = BufReader::new(stream);
        Ok(Self { stream, port })
    }

    pub(crate) fn get(&mut self, path: &str) -> Result<Answer> {
        let port = self.port;
        let request = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n");
        // In one piece: one packet.
        self.stream.get_mut().write_all(request.as_bytes())?;
        parse(&mut self.stream)
    }
}

fn connect(port: u16) -> Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&loopback(port), TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    Ok(stream)
}

/// Whether a server answers that it is ready.
pub(crate) fn is_ready(port: u16, path: &str) -> bool {
    get(port, path).is_ok_and(|answer| answer.status == 200)
}

/// Whether something listens there.
pub(crate) fn accepts(port: u16) -> bool {
    TcpStream::connect_timeout(&loopback(port), TIMEOUT).is_ok()
}

fn parse(mut answer: impl BufRead) -> Result<Answer> {
    let mut line = String::new();
    answer.read_line(&mut line)?;
    let status = line.split(' ').nth(1).and_then(|code| code.parse().ok());
    let status = status.context("the answer has no status")?;
    // Without a length the body ends with the connection; with one, workerd leaves it open.
    let mut body_bytes = u64::MAX;
    let mut headers = Vec::new();
    loop {
        line.clear();
        if answer.read_line(&mut line)? == 0 {
            bail!("the answer ends in its header");
        }
        match line.trim_end().split_once(':') {
            Some((name, value)) => {
                if name.eq_ignore_ascii_case("content-length") {
                    body_bytes = value.trim().parse()?;
                }
                headers.push((name.to_owned(), value.trim().to_owned()));
            }
            None => break,
        }
    }
    let mut body = Vec::new();
    answer.take(body_bytes).read_to_end(&mut body)?;
    if body_bytes != u64::MAX && body.len() as u64 != body_bytes {
        bail!("the answer ends in its body");
    }
    let body = String::from_utf8(body).context("the answer is not UTF-8")?;
    Ok(Answer {
        status,
        headers,
        body,
    })
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

pub(crate) fn loopback(port: u16) -> SocketAddr {
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
        let short = &b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}"[..];
        assert!(parse(short).is_err());
        assert!(parse(&b""[..]).is_err());
        assert!(parse(&b"HTTP/1.1 200 OK\r\nA: b\r\n"[..]).is_err());
    }

    #[test]
    fn a_header_is_found_whatever_its_case() {
        let answer = parse(&b"HTTP/1.1 200 OK\r\nETag: \"1\"\r\n\r\n"[..]).unwrap();
        assert_eq!(answer.header("etag"), Some("\"1\""));
        assert_eq!(answer.header("age"), None);
    }

    #[test]
    fn variables_are_percent_encoded() {
        assert_eq!(percent_encode(r#"{"é":1.5}"#), "%7B%22%C3%A9%22%3A1.5%7D");
    }
}
