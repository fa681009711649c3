//! What goes wrong on command.

use std::{collections::VecDeque, time::Duration};

use axum::{
    extract::{OriginalUri, Request, State as Extract},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use crate::state::State;

/// The longest that a connection hangs.
const HANGS_FOR: Duration = Duration::from_mins(10);

/// One request that goes wrong.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub(crate) enum Trouble {
    /// Answers with a status, a body and headers, and takes nothing.
    Fail {
        status: u16,
        #[serde(default)]
        body: String,
        #[serde(default)]
        error_type: Option<String>,
        #[serde(default)]
        retry_after: Option<String>,
    },
    /// Never answers, and takes nothing.
    Hang,
    /// Takes the request, and never answers.
    Swallow,
    /// Takes the request and answers later.
    Delay { ms: u64 },
    /// OneSignal's 200 that sends nothing.
    EmptyId,
}

/// Does to a request what was ordered for the next one of its provider.
pub(crate) async fn make(
    Extract(state): Extract<State>,
    OriginalUri(uri): OriginalUri,
    request: Request,
    next: Next,
) -> Response {
    let provider = uri.path().split('/').nth(1).unwrap_or_default().to_owned();
    let (trouble, slowness) = {
        let mut locked = state.lock();
        let waiting = locked.troubles.get_mut(&provider);
        (waiting.and_then(VecDeque::pop_front), locked.slowness)
    };
    tokio::time::sleep(slowness).await;
    match trouble {
        None => next.run(request).await,
        Some(Trouble::Fail {
            status,
            body,
            error_type,
            retry_after,
        }) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let mut headers = HeaderMap::new();
            insert(&mut headers, header::RETRY_AFTER, retry_after);
            insert(
                &mut headers,
                HeaderName::from_static("x-amzn-errortype"),
                error_type,
            );
            (status, headers, body).into_response()
        }
        Some(Trouble::Hang) => {
            tokio::time::sleep(HANGS_FOR).await;
            StatusCode::GATEWAY_TIMEOUT.into_response()
        }
        Some(Trouble::Swallow) => {
            next.run(request).await;
            tokio::time::sleep(HANGS_FOR).await;
            StatusCode::GATEWAY_TIMEOUT.into_response()
        }
        Some(Trouble::Delay { ms }) => {
            tokio::time::sleep(Duration::from_millis(ms)).await;
            next.run(request).await
        }
        Some(Trouble::EmptyId) => {
            let body = r#"{"id":"","errors":["All included players are not subscribed"]}"#;
            ([(header::CONTENT_TYPE, "application/json")], body).into_response()
        }
    }
}

fn insert(headers: &mut HeaderMap, name: HeaderName, value: Option<String>) {
    if let Some(value) = value.and_then(|value| HeaderValue::from_str(&value).ok()) {
        headers.insert(name, value);
    }
}
