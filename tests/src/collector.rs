//! A collector of traces: takes what is exported over OTLP as JSON, and keeps it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Result, bail};
use axum::{Json, Router, extract::State, routing::post};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;

const LOOK_EVERY: Duration = Duration::from_millis(50);
const LOOKS: usize = 200;

/// A span, as it was exported.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Span {
    /// In hexadecimal.
    pub trace_id: String,
    /// In hexadecimal.
    pub span_id: String,
    /// Empty for a root.
    #[serde(default)]
    pub parent_span_id: String,
    /// Its name.
    pub name: String,
    start_time_unix_nano: Value,
    end_time_unix_nano: Value,
    #[serde(default)]
    attributes: Vec<Value>,
    #[serde(default)]
    status: Value,
}

impl Span {
    /// The value of an attribute, as text.
    pub fn attribute(&self, name: &str) -> Option<String> {
        let found = self.attributes.iter().find(|one| one["key"] == name)?;
        let value = found["value"].as_object()?.values().next()?;
        Some(
            value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned),
        )
    }

    /// Whether its status is an error.
    pub fn is_error(&self) -> bool {
        self.status["code"] == 2
    }

    /// When it began and ended, in nanoseconds since the Unix epoch.
    pub fn times(&self) -> (u64, u64) {
        let number = |value: &Value| match value {
            Value::String(text) => text.parse().unwrap_or_default(),
            other => other.as_u64().unwrap_or_default(),
        };
        (
            number(&self.start_time_unix_nano),
            number(&self.end_time_unix_nano),
        )
    }
}

type Kept = Arc<Mutex<Vec<Span>>>;

/// A running collector.
#[derive(Debug)]
pub struct Collector {
    /// Its address, for `OTEL_EXPORTER_OTLP_ENDPOINT`.
    pub url: String,
    kept: Kept,
}

impl Collector {
    /// Starts one.
    pub async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let kept = Kept::default();
        let routes = Router::new()
            .route("/v1/traces", post(take))
            .with_state(Arc::clone(&kept));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Ok(Self { url, kept })
    }

    /// Waits until there is a span that fits, and gives all spans of its trace then.
    pub async fn trace_with(&self, fits: impl Fn(&Span) -> bool) -> Result<Vec<Span>> {
        for _ in 0..LOOKS {
            let trace = lock(&self.kept)
                .iter()
                .find(|span| fits(span))
                .map(|span| span.trace_id.clone());
            if let Some(trace) = trace {
                // What ended at the same time is sent together.
                tokio::time::sleep(LOOK_EVERY).await;
                return Ok(self.spans_of(&trace));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        bail!("no span fits; there are {:?}", lock(&self.kept))
    }

    /// The spans of a trace.
    pub fn spans_of(&self, trace: &str) -> Vec<Span> {
        let kept = lock(&self.kept);
        kept.iter()
            .filter(|span| span.trace_id == trace)
            .cloned()
            .collect()
    }

    /// Everything that was exported, as text.
    pub fn everything(&self) -> String {
        format!("{:?}", lock(&self.kept))
    }
}

fn lock(kept: &Kept) -> MutexGuard<'_, Vec<Span>> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn take(State(kept): State<Kept>, Json(exported): Json<Value>) -> Json<Value> {
    let all = |value: &Value, name: &str| value[name].as_array().cloned().unwrap_or_default();
    for resource in all(&exported, "resourceSpans") {
        for scope in all(&resource, "scopeSpans") {
            for span in all(&scope, "spans") {
                match serde_json::from_value(span) {
                    Ok(span) => lock(&kept).push(span),
                    Err(error) => panic!("a span that cannot be read: {error}"),
                }
            }
        }
    }
    Json(json!({}))
}
