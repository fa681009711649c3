//! Is what is measured what is meant? The answer's bytes, and the tier that it came from.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::{Contender, Workload};

const TIMEOUT: Duration = Duration::from_secs(10);

/// What a contender's answers look like, beside the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    /// `Cache-Status` says that it was a hit in this tier.
    Hit(&'static str),
    /// No more is said.
    Plain,
}

/// Checks one answer of a contender.
pub(super) fn check(contender: &Contender, workload: &Workload) -> Result<()> {
    let path = workload.paths.first().context("no paths")?;
    check_path(contender, path, &workload.body)
}

/// Checks the answer to one path.
pub(super) fn check_path(contender: &Contender, path: &str, body: &str) -> Result<()> {
    let label = contender.label;
    let (head, answer) = get(contender.port, path)?;
    let status_line = head.lines().next().unwrap_or_default();
    if status_line.split(' ').nth(1) != Some("200") {
        bail!("{label} answers {status_line}");
    }
    if answer != body.as_bytes() {
        bail!(
            "{label} answers other bytes ({} of {})",
            answer.len(),
            body.len()
        );
    }
    if let Expected::Hit(tier) = contender.expected {
        let status = header(&head, "cache-status").unwrap_or_default();
        if !(status.contains("; hit") && status.ends_with(&format!("detail={tier}"))) {
            bail!("{label} does not answer from {tier}: Cache-Status: {status}");
        }
    }
    for name in ["etag", "cache-control"] {
        header(&head, name).with_context(|| format!("{label} answers without {name}"))?;
    }
    Ok(())
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

fn get(port: u16, path: &str) -> Result<(String, Vec<u8>)> {
    let mut stream = TcpStream::connect_timeout(&(Ipv4Addr::LOCALHOST, port).into(), TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    // HTTP/1.0: the answer is not chunked.
    write!(
        stream,
        "GET {path} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\n\r\n"
    )?;
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head)? == 0 {
            bail!("the answer is not HTTP");
        }
    }
    // The runtime may leave the connection open for some seconds after the answer.
    let length: usize = header(&head, "content-length")
        .context("the answer does not say how long it is")?
        .parse()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok((head, body))
}

#[cfg(test)]
mod tests {
    use super::header;

    #[test]
    fn a_header_is_found_whatever_its_case() {
        let head = "HTTP/1.1 200 OK\r\nCache-Status: x; hit; detail=kv\r\nETag: \"1\"\r\n\r\n";
        assert_eq!(header(head, "cache-status"), Some("x; hit; detail=kv"));
        assert_eq!(header(head, "age"), None);
    }
}
