//! `GET /console`: the operators' page, and what it asks that nothing else does. Its files are in the program, so that
//! it works without a network. An administrator signs in on it. It keeps the tokens in the tab and sends them as a header. It
//! sets no cookie, so another site cannot send requests in the administrator's name.

use std::{collections::BTreeMap, sync::LazyLock};

use access::caller::Caller;
use api::{nodes::moment::timestamp, operators::recording::deed_of};
use axum::{
    Extension, Router, body::Body, extract::State, http::header::CONTENT_TYPE, response::Response,
    routing::get,
};
use cache_core::{Tag, geo};
use domain::{
    operators::{
        deed::{Deed, Target},
        input::reason,
    },
    purges::AuditFilter,
    queue::{self, REVIVED_FOR_MS, store::TaskFilter},
};
use pq_core::{DocumentHash, ErrorCode, Refusal};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    admin::{self, AdminError},
    http::page::{self, File},
    state::AppState,
};

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
const PAGE: &str = include_str!("../assets/console/index.html");
const FILES: [File; 5] = [
    File::javascript("console.js", include_bytes!("../assets/console/console.js")),
    File::javascript("parts.js", include_bytes!("../assets/console/parts.js")),
    File::javascript("session.js", include_bytes!("../assets/console/session.js")),
    File::javascript("texts.js", include_bytes!("../assets/console/texts.js")),
    File::css(
        "console.css",
        include_bytes!("../assets/console/console.css"),
    ),
];

/// The published documents that the page sends, by name.
macro_rules! documents {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../../../persisted-queries/operations/admin/", $name, ".graphql")))),*]
    };
}

const DOCUMENTS: [(&str, &str); 9] = documents![
    "ApprovePartner",
    "DecideReview",
    "OperatorAudit",
    "OperatorLogin",
    "OperatorLogout",
    "OperatorRefreshToken",
    "PartnersToReview",
    "ReportedReviews",
    "ReturnPartner",
];

/// Their hashes, as JSON.
static HASHES: LazyLock<String> = LazyLock::new(|| {
    let hash = |(name, text): (_, &str)| (name, DocumentHash::of(text).to_string());
    json!(DOCUMENTS.map(hash).into_iter().collect::<BTreeMap<_, _>>()).to_string()
});

/// More purges than a page shows at once are in `yousoon purge log`.
const PURGES: usize = 50;
const TASKS: usize = 100;
/// Cells of one purge that a map shows.
const CELLS: usize = 2_000;

/// The page and its files; they tell nothing.
pub(crate) fn pages<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let hashes = async || ([(CONTENT_TYPE, "application/json")], HASHES.as_str());
    page::routes("/console", PAGE, POLICY, FILES).route("/console/documents.json", get(hashes))
}

/// `GET /admin/queue`: how full each lane is, and the tasks that were given up.
pub(crate) async fn queue(State(state): State<AppState>) -> Result<Response, AdminError> {
    let now_ms = state.services.clock.now_ms();
    let figures = state.queue.figures(now_ms).await?;
    let dead = TaskFilter {
        state: Some(queue::State::Dead),
        ..TaskFilter::default()
    };
    let dead = state.queue.list(dead, TASKS).await?;
    let lanes = figures.iter().map(|lane| {
        json!({"lane": lane.lane.as_str(), "due": lane.due, "later": lane.later, "dead": lane.dead,
            "oldestDueMs": lane.oldest_due_at_ms.map(|at_ms| now_ms - at_ms)})
    });
    let dead = dead.iter().map(|task| {
        json!({"key": task.key, "kind": task.kind, "lane": task.lane.as_str(), "attempts": task.attempts,
            "createdAt": timestamp(task.created_at_ms).to_string(), "error": task.error})
    });
    Ok(admin::json(
        &json!({"lanes": lanes.collect::<Vec<_>>(), "dead": dead.collect::<Vec<_>>()}),
    ))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Retry {
    key: String,
    reason: String,
}

/// `POST /admin/queue/retry`: has a task tried again that was given up, for a day. In the audit of operators before it
/// is done.
pub(crate) async fn retry(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    body: Body,
) -> Result<Response, AdminError> {
    let Retry { key, reason: why } = admin::read_json(body).await?;
    let Ok(why) = reason(&why) else {
        let message = "a reason is one line of 1 to 200 characters";
        return Err(Refusal::new(ErrorCode::INVALID_REQUEST, message).into());
    };
    let task = state.queue.get(&key).await?;
    if task.is_none_or(|task| task.state != queue::State::Dead) {
        return Err(not_given_up());
    }
    let now_ms = state.services.clock.now_ms();
    let deed = deed_of(
        caller.actor(),
        now_ms,
        Deed::RetryTask,
        Target::task(&key),
        why,
    );
    state.services.operators.record(deed).await?;
    // False if another administrator was faster: then the audit has both.
    let revived = state.queue.revive(&key, now_ms, now_ms + REVIVED_FOR_MS);
    if !revived.await? {
        return Err(not_given_up());
    }
    state.services.queue_wake.send_replace(());
    Ok(admin::json(&json!({"retried": true})))
}

fn not_given_up() -> AdminError {
    Refusal::new(ErrorCode::NOT_FOUND, "no task with this key was given up").into()
}

/// `GET /admin/purges`: the newest purges of the audit.
pub(crate) async fn purges(State(state): State<AppState>) -> Result<Response, AdminError> {
    let rows = state
        .services
        .purges
        .audit(None, PURGES, AuditFilter::default())
        .await?;
    let rows = rows.iter().map(|row| {
        json!({"at": timestamp(row.at_ms).to_string(), "actor": row.actor, "reason": row.reason,
            "kind": row.kind.as_str(), "tags": row.tags.iter().take(20).map(Tag::as_str).collect::<Vec<_>>(),
            "tagCount": row.tags.len(), "revision": row.revision.map(|revision| revision.to_string())})
    });
    Ok(admin::json(&json!({"purges": rows.collect::<Vec<_>>()})))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cells {
    tags: Vec<String>,
}

/// `POST /admin/cells`: the corners of the H3 cells that tags name (`geo:<cell>`), for a map; other tags are left out.
pub(crate) async fn cells(body: Body) -> Result<Response, AdminError> {
    let Cells { tags } = admin::read_json(body).await?;
    let cells = tags.iter().filter_map(|tag| {
        let cell = u64::from_str_radix(tag.strip_prefix("geo:")?, 16).ok()?;
        Some(json!({"tag": tag, "boundary": geo::boundary(cell)?}))
    });
    let cells: Vec<Value> = cells.take(CELLS).collect();
    Ok(admin::json(&json!({"cells": cells})))
}
