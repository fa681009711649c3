//! Processes with different roles on one database and one Redis.

use std::{
    io::ErrorKind,
    net::{Ipv4Addr, TcpListener},
    path::Path,
    time::Duration,
};

use e2e::{Durability, Process, Redis, port};
use reqwest::{Client, Method, RequestBuilder, StatusCode, header};
use serde_json::{Value, json};
use tokio::{
    process::Command,
    time::{Instant, sleep},
};

use crate::app::Answer;

const IN_THE_END: Duration = Duration::from_secs(20);
/// What makes the index too large for a process that loads it, see
/// `commands::a_catalogue_index_that_takes_too_much_memory_stops_the_server`.
const OFFERS: &str = "3000";
const TOO_LITTLE_MIB: &str = "1";

/// A process, and the edge that only it knows.
struct Server {
    url: String,
    edge: TcpListener,
    process: Process,
}

impl Server {
    fn start(roles: &str, data_dir: &Path, redis: &Redis, environment: &[(&str, &str)]) -> Self {
        let listen = format!("127.0.0.1:{}", port::free().unwrap());
        let edge = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        edge.set_nonblocking(true).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_yousoon"));
        command
            .args(["serve", "--roles", roles])
            .env("YOUSOON_DATA_DIR", data_dir)
            .env("YOUSOON_LISTEN", &listen)
            .env("YOUSOON_REDIS_URL", redis.url())
            .env("YOUSOON_DOCUMENT_MODE", "off")
            .env(
                "YOUSOON_EDGE_URL",
                format!("http://{}", edge.local_addr().unwrap()),
            )
            .env("YOUSOON_EDGE_SECRET", "0f1e2d3c4b5a69788796a5b4c3d2e1f0")
            .envs(environment.iter().copied());
        Self {
            url: format!("http://{listen}"),
            edge,
            process: Process::start("yousoon serve", &mut command).unwrap(),
        }
    }

    fn get(&self, path: &str) -> RequestBuilder {
        Client::new().request(Method::GET, format!("{}{path}", self.url))
    }

    fn ask(&self, query: &str) -> RequestBuilder {
        let request = Client::new().post(format!("{}/graphql", self.url));
        request.json(&json!({"query": query}))
    }

    async fn status(&self, request: RequestBuilder) -> StatusCode {
        let sent = request.send().await;
        sent.unwrap_or_else(|error| panic!("{error}\n{}", self.process.last_words()))
            .status()
    }

    async fn readiness(&self) -> Option<(u16, Value)> {
        let answer = self.get("/readyz").send().await.ok()?;
        Some((answer.status().as_u16(), answer.json().await.ok()?))
    }

    /// Waits until `/readyz` answers with this status and this first reason.
    async fn until_ready_is(&self, status: u16, reason: Option<&str>) {
        let began = Instant::now();
        loop {
            let last = self.readiness().await;
            let is_so = last.as_ref().is_some_and(|(found, body)| {
                *found == status && body["reasons"][0]["code"].as_str() == reason
            });
            if is_so {
                return;
            }
            let words = self.process.last_words();
            assert!(began.elapsed() < IN_THE_END, "{last:?}\n{words}");
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Whether the process has connected to its edge.
    fn has_called_its_edge(&self) -> bool {
        match self.edge.accept() {
            Ok(_) => true,
            Err(error) if error.kind() == ErrorKind::WouldBlock => false,
            Err(error) => panic!("{error}"),
        }
    }
}

/// A database with more offers than an index of 1 MiB holds.
async fn seeded(dir: &Path) {
    let mut seed = Command::new(env!("CARGO_BIN_EXE_yousoon"));
    seed.args(["seed", "--offers", OFFERS])
        .env("YOUSOON_DATA_DIR", dir);
    assert!(seed.status().await.unwrap().success());
}

/// Whether a process has announced offers that begin or end.
fn jobs_were_done(dir: &Path) -> bool {
    let db = rusqlite::Connection::open(dir.join("yousoon.sqlite")).unwrap();
    let count = db.query_row("SELECT COUNT(*) FROM turns_told", [], |row| row.get(0));
    count.unwrap_or(0) > 0
}

#[tokio::test]
async fn each_role_opens_only_what_it_needs() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    seeded(dir).await;
    let redis = Redis::start(Durability::Memory).await.unwrap();
    let small = [("YOUSOON_INDEX_MEMORY_MIB", TOO_LITTLE_MIB)];
    let api = Server::start("api", dir, &redis, &[]);
    let live = Server::start("live", dir, &redis, &[]);
    let relay = Server::start("relay", dir, &redis, &small);
    api.until_ready_is(200, None).await;
    live.until_ready_is(200, None).await;
    // Its edge accepts connections and answers nothing.
    relay.until_ready_is(503, Some("EDGE_NOT_REACHED")).await;
    let began = Instant::now();
    while !relay.has_called_its_edge() {
        assert!(
            began.elapsed() < IN_THE_END,
            "{}",
            relay.process.last_words()
        );
        sleep(Duration::from_millis(50)).await;
    }
    assert!(!jobs_were_done(dir), "no process has the role");
    // It would end if it loaded the index.
    let jobs = Server::start("jobs", dir, &redis, &small);
    jobs.until_ready_is(200, None).await;
    let began = Instant::now();
    while !jobs_were_done(dir) {
        assert!(
            began.elapsed() < IN_THE_END,
            "{}",
            jobs.process.last_words()
        );
        sleep(Duration::from_millis(50)).await;
    }
    for other in [&api, &live, &jobs] {
        assert!(!other.has_called_its_edge(), "only a relay calls edges");
    }
    let answered = Answer::of(api.ask("{ __typename }")).await;
    assert_eq!(answered.data(), json!({"__typename": "Query"}));
    for (server, status) in [(&api, 200), (&live, 404), (&jobs, 404), (&relay, 404)] {
        for request in [
            server.ask("{ __typename }"),
            server.get("/graphql?query=%7B__typename%7D"),
            server.get("/.well-known/jwks.json"),
        ] {
            assert_eq!(server.status(request).await.as_u16(), status);
        }
        assert_eq!(server.status(server.get("/healthz")).await.as_u16(), 200);
    }
    // Requests by hash go around the router.
    for (server, status) in [(&api, 200), (&jobs, 404), (&relay, 404)] {
        let by_hash = server.get(&format!("/graphql/{}", "0".repeat(64)));
        assert_eq!(server.status(by_hash).await.as_u16(), status);
    }
    let subscription = "subscription { newOfferNearby(location: {lat: 48.8, lng: 2.3}) { id } }";
    for (server, stream, socket) in [(&live, 200, 101), (&api, 404, 404), (&jobs, 404, 404)] {
        let request = server
            .ask(subscription)
            .header(header::ACCEPT, "text/event-stream");
        assert_eq!(server.status(request).await.as_u16(), stream);
        let request = server
            .get("/graphql")
            .header(header::CONNECTION, "upgrade")
            .header(header::UPGRADE, "websocket")
            .header(header::SEC_WEBSOCKET_VERSION, "13")
            .header(header::SEC_WEBSOCKET_KEY, "dGhlIHNhbXBsZSBub25jZQ==")
            .header(header::SEC_WEBSOCKET_PROTOCOL, "graphql-transport-ws");
        assert_eq!(server.status(request).await.as_u16(), socket);
    }
    for server in [api, live, jobs, relay] {
        server.process.stop().await.unwrap();
    }
}

#[tokio::test]
async fn an_unknown_role_ends_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_yousoon"));
    command
        .args(["serve", "--roles", "api,web"])
        .env("YOUSOON_DATA_DIR", dir.path());
    let output = command.output().await.unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("YOUSOON_ROLES: \"web\" is none of api,live,jobs,relay"),
        "{said}"
    );
}
