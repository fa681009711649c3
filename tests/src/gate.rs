//! An HTTP proxy between two processes ("gate"): a test can close it, hold answers back, and see what
//! has passed.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Result;
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;
use tokio::sync::watch;

const MAX_BODY_BYTES: usize = 64 * 1024 * 1024;

/// A request that has passed.
#[derive(Clone, Debug)]
pub struct Passed {
    /// Method, path and query.
    pub line: String,
    /// The request's headers, unchanged.
    pub headers: HeaderMap,
    /// The request's body, unchanged.
    pub body: Bytes,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Position {
    Open,
    /// Requests pass; answers are held back.
    HoldAnswers,
    /// Requests are answered with 503.
    Shut,
}

#[derive(Debug)]
struct Inner {
    target: Mutex<String>,
    client: reqwest::Client,
    position: watch::Sender<Position>,
    held: watch::Sender<usize>,
    passed: Mutex<Vec<Passed>>,
    refused: Mutex<Option<String>>,
    delay: watch::Sender<Duration>,
}

/// The gate; it is open at the start.
#[derive(Clone, Debug)]
pub struct Gate {
    inner: Arc<Inner>,
    /// The URL on which it listens.
    pub url: String,
}

impl Gate {
    /// Starts a gate; [`Gate::lead_to`] sets its target.
    pub async fn open() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let inner = Arc::new(Inner {
            target: Mutex::default(),
            client: reqwest::Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .build()?,
            position: watch::channel(Position::Open).0,
            held: watch::channel(0).0,
            passed: Mutex::default(),
            refused: Mutex::default(),
            delay: watch::channel(Duration::ZERO).0,
        });
        let router = Router::new().fallback(pass).with_state(Arc::clone(&inner));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { inner, url })
    }

    /// Sets the target.
    pub fn lead_to(&self, url: &str) {
        if let Ok(mut target) = self.inner.target.lock() {
            url.clone_into(&mut target);
        }
    }

    /// Holds answers back until [`Gate::release`].
    pub fn hold_answers(&self) {
        self.inner.position.send_replace(Position::HoldAnswers);
    }

    /// Lets everything pass again.
    pub fn release(&self) {
        self.inner.position.send_replace(Position::Open);
    }

    /// Answers all requests with 503 until [`Gate::release`].
    pub fn shut(&self) {
        self.inner.position.send_replace(Position::Shut);
    }

    /// Answers requests whose path begins so with 503, and lets all others pass.
    pub fn refuse(&self, path: &str) {
        if let Ok(mut refused) = self.inner.refused.lock() {
            *refused = Some(path.to_owned());
        }
    }

    /// Passes each request that comes from now on after this time.
    pub fn delay(&self, by: Duration) {
        self.inner.delay.send_replace(by);
    }

    /// Waits until at least one answer is held back.
    pub async fn until_one_is_held(&self) -> Result<()> {
        self.inner
            .held
            .subscribe()
            .wait_for(|held| *held > 0)
            .await?;
        Ok(())
    }

    /// The requests that have passed so far.
    pub fn passed(&self) -> Vec<Passed> {
        self.inner
            .passed
            .lock()
            .map(|passed| passed.clone())
            .unwrap_or_default()
    }

    /// The number of requests for `/graphql` that have passed so far.
    pub fn reads(&self) -> usize {
        self.passed()
            .iter()
            .filter(|passed| passed.line.contains(" /graphql"))
            .count()
    }
}

fn is_refused(gate: &Inner, path: &str) -> bool {
    let refused = gate.refused.lock();
    refused.is_ok_and(|refused| {
        refused
            .as_ref()
            .is_some_and(|begin| path.starts_with(begin))
    })
}

async fn pass(State(gate): State<Arc<Inner>>, request: Request) -> Response {
    if *gate.position.borrow() == Position::Shut || is_refused(&gate, request.uri().path()) {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let delay = *gate.delay.borrow();
    tokio::time::sleep(delay).await;
    match forward(&gate, request).await {
        Ok(response) => response,
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}

async fn forward(gate: &Inner, request: Request) -> Result<Response> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, MAX_BODY_BYTES).await?;
    let path = parts
        .uri
        .path_and_query()
        .map_or("/", |path| path.as_str())
        .to_owned();
    if let Ok(mut passed) = gate.passed.lock() {
        let line = format!("{} {path}", parts.method);
        passed.push(Passed {
            line,
            headers: parts.headers.clone(),
            body: body.clone(),
        });
    }
    let target = gate
        .target
        .lock()
        .map(|target| target.clone())
        .unwrap_or_default();
    let mut headers = parts.headers;
    for hop_by_hop in ["host", "connection", "content-length", "transfer-encoding"] {
        headers.remove(hop_by_hop);
    }
    let answer = gate
        .client
        .request(parts.method, format!("{target}{path}"))
        .headers(headers)
        .body(body)
        .send()
        .await?;
    let mut response = Response::builder().status(answer.status());
    for (name, value) in answer.headers() {
        if !["connection", "transfer-encoding", "content-length"].contains(&name.as_str()) {
            response = response.header(name, value);
        }
    }
    let body = answer.bytes().await?;
    let mut position = gate.position.subscribe();
    if *position.borrow() == Position::HoldAnswers {
        gate.held.send_modify(|held| *held += 1);
        position
            .wait_for(|position| *position != Position::HoldAnswers)
            .await?;
        gate.held.send_modify(|held| *held -= 1);
    }
    Ok(response.body(Body::from(body))?)
}
