//! HTTP headers and bodies that are too large, or that never end.

use std::sync::Arc;
use std::time::{Duration, Instant};

use e2e::Target;
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::tally::{Seen, Tally};
use super::wire::{self, authority};

const PART: &str = "slow";
const LARGE: &str = "large";
/// The cases whose `Content-Length` is invalid HTTP.
const MALFORMED: [&str; 2] = ["a length below zero", "two lengths"];
const AT_EDGE: &str = "a body at the edge";
/// The number of slow connections of each kind.
const HELD: usize = 100;
/// Longer than the origin waits: 20 s for the headers, 10 s for the body.
const GIVEN_UP: Duration = Duration::from_secs(30);
/// How long another client's request may take in the meantime, on a busy machine.
const MEANWHILE: Duration = Duration::from_secs(3);

fn head(base: &str, more: &str) -> String {
    let host = authority(base);
    format!("POST /graphql HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\n{more}")
}

/// Sends requests that are too large; each must be refused, with any 4xx status.
pub(crate) async fn large(target: &Target, tally: &Tally) {
    for base in [&target.origin_url, &target.edge_url] {
        let long = |bytes: usize| "x".repeat(bytes);
        let body = format!("{{\"query\": \"{}\"}}", long(1 << 20));
        let chunk = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
        let length = body.len();
        let many: Vec<String> = (0..5_000)
            .map(|number| format!("x-{number}: 1\r\n"))
            .collect();
        let many = many.concat();
        let host = authority(base);
        let requests = [
            (
                "1 MiB of body",
                head(base, &format!("content-length: {length}\r\n\r\n{body}")),
            ),
            (
                "1 MiB in a chunk",
                head(base, &format!("transfer-encoding: chunked\r\n\r\n{chunk}")),
            ),
            (
                "a body of 2^63",
                head(base, "content-length: 9223372036854775807\r\n\r\n{}"),
            ),
            (
                "a body of 2^70",
                head(base, "content-length: 1180591620717411303424\r\n\r\n{}"),
            ),
            (
                "a length below zero",
                head(base, "content-length: -1\r\n\r\n{}"),
            ),
            (
                "two lengths",
                head(base, "content-length: 2\r\ncontent-length: 9\r\n\r\n{}"),
            ),
            (
                "a chunk of 2^70",
                head(
                    base,
                    "transfer-encoding: chunked\r\n\r\n400000000000000000\r\n",
                ),
            ),
            (
                "1 MiB of a header",
                head(
                    base,
                    &format!("x-long: {}\r\ncontent-length: 2\r\n\r\n{{}}", long(1 << 20)),
                ),
            ),
            (
                "5,000 headers",
                head(base, &format!("{many}content-length: 2\r\n\r\n{{}}")),
            ),
            (
                "1 MiB of path",
                format!(
                    "GET /graphql/{} HTTP/1.1\r\nhost: {host}\r\n\r\n",
                    long(1 << 20)
                ),
            ),
            (
                "200 KB of variables",
                format!(
                    "GET /graphql/a?variables={} HTTP/1.1\r\nhost: {host}\r\n\r\n",
                    long(200_000)
                ),
            ),
        ];
        for (what, bytes) in requests {
            match wire::send(base, bytes.as_bytes()).await {
                // workerd refuses these itself; the worker never sees them.
                Ok(Some(reply)) if MALFORMED.contains(&what) && reply.status == 500 => {
                    tally.refused_by_platform(LARGE);
                    tally.holds(base == &target.edge_url, || format!("{LARGE}: {what}: 500"));
                }
                Ok(Some(reply)) => {
                    let (status, code) = (reply.status, reply.code());
                    tally.answered(
                        LARGE,
                        &Seen {
                            status,
                            code: &code,
                            what,
                        },
                    );
                    let is_refused = (400..500).contains(&status) || code == "TIMEOUT";
                    tally.holds(is_refused, || {
                        format!("{LARGE}: {what} at {base}: {status} {}", reply.body)
                    });
                }
                Ok(None) => tally.sent(LARGE),
                Err(error) => tally.fault(format!("{LARGE}: {what} at {base}: {error:#}")),
            }
        }
    }
}

/// Opens connections that send a byte every 2 s. The origin must close them, and other clients must
/// be answered in the meantime.
pub(crate) async fn slow(target: &Target, tally: &Arc<Tally>) {
    let mut held = tokio::task::JoinSet::new();
    // workerd has no timeouts of its own (in production Cloudflare's servers are in front of it). So
    // the edge need not close its connections, only answer other clients.
    let doors = [
        (
            "a body at the origin",
            &target.origin_url,
            "content-length: 1000\r\n\r\n{",
        ),
        ("a head at the origin", &target.origin_url, "x-slow: "),
        (AT_EDGE, &target.edge_url, "content-length: 1000\r\n\r\n{"),
    ];
    for (what, base, start) in doors {
        for _ in 0..HELD {
            let (base, bytes, tally) = (base.clone(), head(base, start), Arc::clone(tally));
            held.spawn(async move { hold(what, &base, &bytes, &tally).await });
        }
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let ask = target.ask("Categories", json!({}));
    for base in [&target.origin_url, &target.edge_url] {
        let began = Instant::now();
        let status = ask
            .get(&target.client, base)
            .await
            .map_or(0, |seen| seen.status);
        let took = began.elapsed();
        tally.holds(status == 200 && took < MEANWHILE, || {
            format!("{PART}: another client got {status} after {took:?} at {base}")
        });
    }
    held.join_all().await;
}

async fn hold(what: &'static str, base: &str, start: &str, tally: &Tally) {
    let ended = tokio::time::timeout(GIVEN_UP, dribble(base, start)).await;
    match ended {
        Ok(Ok(Some(reply))) => {
            let (status, code) = (reply.status, reply.code());
            tally.answered(
                PART,
                &Seen {
                    status,
                    code: &code,
                    what,
                },
            );
            tally.holds(status >= 400, || format!("{PART}: {what}: {status}"));
        }
        // The server closed the connection without an answer.
        Ok(Ok(None) | Err(_)) => tally.sent(PART),
        Err(_) => {
            tally.sent(PART);
            tally.holds(what == AT_EDGE, || {
                format!("{PART}: {what} was held for {GIVEN_UP:?}")
            });
        }
    }
}

async fn dribble(base: &str, start: &str) -> anyhow::Result<Option<wire::Reply>> {
    let mut stream = TcpStream::connect(authority(base)).await?;
    let (mut from, mut to) = stream.split();
    to.write_all(start.as_bytes()).await?;
    let writing = async {
        while to.write_all(b" ").await.is_ok() {
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        reply = wire::read(&mut from) => reply,
        () = writing => Ok(None),
    }
}
