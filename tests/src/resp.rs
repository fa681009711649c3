//! A minimal client of Redis' protocol (RESP 2): one command and one reply per connection.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

const TIMEOUT: Duration = Duration::from_secs(5);

/// Sends one command; returns the reply as text.
///
/// # Errors
/// The server's own message when it refuses.
pub(crate) async fn command(address: SocketAddr, words: &[&str]) -> Result<String> {
    let asked = async {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(&encode(words)).await?;
        read_reply(&mut BufReader::new(stream)).await
    };
    let what = || format!("Redis at {address}: {}", words.join(" "));
    tokio::time::timeout(TIMEOUT, asked)
        .await
        .with_context(what)?
        .with_context(what)
}

fn encode(words: &[&str]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        bytes.extend(format!("${}\r\n{word}\r\n", word.len()).into_bytes());
    }
    bytes
}

async fn read_reply(from: &mut (impl AsyncBufRead + Unpin)) -> Result<String> {
    let mut line = String::new();
    ensure!(
        from.read_line(&mut line).await? > 0,
        io::Error::from(io::ErrorKind::UnexpectedEof)
    );
    let line = line.trim_end();
    let Some((kind, rest)) = line.split_at_checked(1) else {
        bail!("an empty reply");
    };
    match kind {
        "+" | ":" => Ok(rest.to_owned()),
        "-" => bail!("{rest}"),
        // A length of -1 means that there is no value.
        "$" if rest == "-1" => Ok(String::new()),
        "$" => {
            let mut text = vec![0; rest.parse::<usize>()? + 2];
            from.read_exact(&mut text).await?;
            text.truncate(text.len() - 2);
            Ok(String::from_utf8(text)?)
        }
        _ => bail!("a reply that is not a single value: {line}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{encode, read_reply};

    #[test]
    fn a_command_is_an_array_of_bulk_strings() {
        assert_eq!(
            encode(&["SET", "k", ""]),
            b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$0\r\n\r\n"
        );
    }

    #[tokio::test]
    async fn single_values_are_read_and_errors_are_the_servers_words() {
        for (bytes, text) in [
            ("+PONG\r\n", "PONG"),
            (":42\r\n", "42"),
            ("$4\r\na\r\nb\r\n", "a\r\nb"),
            ("$-1\r\n", ""),
        ] {
            assert_eq!(read_reply(&mut bytes.as_bytes()).await.unwrap(), text);
        }
        let refused = read_reply(&mut &b"-ERR no\r\n"[..]).await.unwrap_err();
        assert_eq!(refused.to_string(), "ERR no");
        for broken in ["", "\r\n", "*1\r\n", "$4\r\nab"] {
            assert!(
                read_reply(&mut broken.as_bytes()).await.is_err(),
                "{broken:?}"
            );
        }
    }
}
