//! The readiness probe, `GET /readyz`: whether this server should get requests and, if not, why.

use axum::{Json, extract::State, http::StatusCode};
use domain::error_chain::chain;
use serde::Serialize;

use crate::{config::Role, state::AppState};

/// A server whose purge log could not be followed for so long is not ready. For less, answers come
/// from the database, and another server would do no better.
const UNFOLLOWED_MS: u64 = 60_000;

/// The answer's body.
#[derive(Debug, Serialize)]
pub struct Readiness {
    ready: bool,
    /// Every reason why it is not.
    reasons: Vec<Reason>,
}

/// A reason for operators; never has addresses or texts of errors, which the log has.
#[derive(Debug, Serialize)]
struct Reason {
    code: &'static str,
    message: String,
}

impl Reason {
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }
}

pub async fn ready(State(state): State<AppState>) -> (StatusCode, Json<Readiness>) {
    let reasons: Vec<Reason> = [
        index(&state),
        edges(&state),
        purge_log(state.services.caches.feed.unconfirmed_ms()),
        database(&state).await,
    ]
    .into_iter()
    .flatten()
    .collect();
    let ready = reasons.is_empty();
    let status = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(Readiness { ready, reasons }))
}

fn index(state: &AppState) -> Option<Reason> {
    let is_loading = state.config.roles.serves_clients() && !state.services.lists.is_loaded();
    is_loading.then(|| Reason::new("INDEX_LOADING", "the catalogue index is being loaded"))
}

/// A process that serves clients is useful without edges, one that only relays is not.
fn edges(state: &AppState) -> Option<Reason> {
    let roles = state.config.roles;
    if roles.serves_clients() || !roles.has(Role::Relay) {
        return None;
    }
    let silent = state.relays.iter().find(|relay| !relay.is_connected())?;
    let message = format!("the edge {} did not take the last append", silent.edge());
    Some(Reason::new("EDGE_NOT_REACHED", message))
}

fn purge_log(unconfirmed_ms: u64) -> Option<Reason> {
    (unconfirmed_ms >= UNFOLLOWED_MS).then(|| {
        let message = format!(
            "the purge log could not be followed for {} s",
            unconfirmed_ms / 1_000
        );
        Reason::new("PURGE_LOG_NOT_FOLLOWED", message)
    })
}

async fn database(state: &AppState) -> Option<Reason> {
    let error = state.services.purges.in_force().await.err()?;
    tracing::error!(error = chain(&error), "not ready");
    Some(Reason::new(
        "DATABASE_UNAVAILABLE",
        "the database does not answer",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_that_was_not_followed_for_a_minute_is_a_reason() {
        assert!(purge_log(0).is_none() && purge_log(59_999).is_none());
        let reason = purge_log(60_000).map(|reason| (reason.code, reason.message));
        let message = "the purge log could not be followed for 60 s".to_owned();
        assert_eq!(reason, Some(("PURGE_LOG_NOT_FOLLOWED", message)));
        assert!(purge_log(u64::MAX).is_some());
    }
}
