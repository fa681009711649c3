//! A Sentry: takes envelopes as it does, and keeps the events in them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Result, bail};
use axum::{
    Json, Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

const LOOK_EVERY: Duration = Duration::from_millis(50);
const LOOKS: usize = 200;
const KEY: &str = "0123456789abcdef0123456789abcdef";

#[derive(Debug, Default)]
struct Kept {
    events: Vec<Value>,
    /// What it answers instead of taking an envelope.
    refuses_with: Option<StatusCode>,
    refused: usize,
}

/// A running Sentry.
#[derive(Debug)]
pub struct Sentry {
    /// For `SENTRY_DSN`.
    pub dsn: String,
    kept: Arc<Mutex<Kept>>,
}

impl Sentry {
    /// Starts one.
    pub async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let dsn = format!("http://{KEY}@{}/7", listener.local_addr()?);
        let kept = Arc::<Mutex<Kept>>::default();
        let routes = Router::new()
            .route("/api/{project}/envelope/", post(take))
            .with_state(Arc::clone(&kept));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Ok(Self { dsn, kept })
    }

    /// Waits until an event fits.
    pub async fn event(&self, fits: impl Fn(&Value) -> bool) -> Result<Value> {
        for _ in 0..LOOKS {
            if let Some(event) = self.events().into_iter().find(|event| fits(event)) {
                return Ok(event);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        bail!("no event fits; there are {:#?}", self.events())
    }

    /// All events so far.
    pub fn events(&self) -> Vec<Value> {
        lock(&self.kept).events.clone()
    }

    /// Refuses what comes from now on with this status.
    pub fn refuse(&self, status: StatusCode) {
        lock(&self.kept).refuses_with = Some(status);
    }

    /// How many envelopes were refused.
    pub fn refused(&self) -> usize {
        lock(&self.kept).refused
    }
}

fn lock(kept: &Mutex<Kept>) -> MutexGuard<'_, Kept> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn take(
    State(kept): State<Arc<Mutex<Kept>>>,
    Path(project): Path<String>,
    headers: HeaderMap,
    envelope: String,
) -> Response {
    let auth = headers
        .get("x-sentry-auth")
        .and_then(|text| text.to_str().ok());
    let has_key = auth.is_some_and(|auth| auth.contains(&format!("sentry_key={KEY}")));
    if project != "7" || !has_key {
        return StatusCode::FORBIDDEN.into_response();
    }
    let mut kept = lock(&kept);
    if let Some(status) = kept.refuses_with {
        kept.refused += 1;
        return status.into_response();
    }
    // A header, then pairs of an item's header and its payload, a line each.
    let lines: Vec<&str> = envelope.lines().skip(1).collect();
    for item in lines.chunks_exact(2) {
        let (Ok(header), Ok(payload)) = (
            serde_json::from_str::<Value>(item[0]),
            serde_json::from_str(item[1]),
        ) else {
            return StatusCode::BAD_REQUEST.into_response();
        };
        if header["type"] == "event" {
            kept.events.push(payload);
        }
    }
    Json(json!({})).into_response()
}
