//! Explains, tier by tier, why a request is answered from a cache or not.

use std::sync::Arc;

use api::documents::Document;
use cache_core::{CacheKey, Verdict, variables::CanonicalVariables};
use cache_tiered::{Cached, LinkError, PurgeFeed, Tier, feed::DISTRUST_MS};
use domain::error_chain::chain;
use edge_core::{
    explain::{Found, LogState, Stored, TierReport},
    nearest::RESOLUTIONS,
    plan::{self, Plan},
};
use pq_core::{
    CachePolicy, Clients, DocumentHash, ErrorCode, Operation, Refusal, manifest::OperationKind,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::edges::{self, EdgeReport};
use crate::{admin::AdminError, state::AppState};

/// The request to explain.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExplainRequest {
    /// A published document's hash, or its operation's name if no other document has that name.
    pub document: String,
    #[serde(default)]
    pub variables: Map<String, Value>,
}

/// Everything that decides whether an answer comes from a cache, and what each tier would do now.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    pub document: DocumentHash,
    pub operation: String,
    pub client: Clients,
    pub policy: CachePolicy,
    /// The given variables in canonical form.
    pub variables: Value,
    /// The canonical variables with the location moved to the centre of its cell, as the edge sends
    /// them. If present, the key is made from these.
    pub snapped: Option<Value>,
    /// A remark on the key for the reader.
    pub note: Option<String>,
    /// The cache key. None if the answer is not shared, so that no tier stores it.
    pub key: Option<String>,
    /// The state of this server's copy of the purge log.
    pub log: LogState,
    pub tiers: Vec<TierReport>,
    pub edges: Vec<EdgeReport>,
}

/// Explains the request against the caches of this server and of all edges.
pub async fn explain(state: &AppState, request: ExplainRequest) -> Result<Explanation, AdminError> {
    let document = find(state, &request.document).await?;
    let operation = &document.operation;
    let variables = CanonicalVariables::coerce(
        &operation.variables,
        &operation.input_types,
        &request.variables,
    )
    .map_err(Refusal::from)?;
    let as_given = variables.to_json();
    let plan = plan::plan_for(operation, variables);
    let note = note(operation, &plan);
    let read = match plan {
        Plan::Forward => None,
        Plan::Read(read) => Some(read),
        Plan::Nearest(mut read) => read.candidates(RESOLUTIONS[0]),
    };
    let key = read.as_ref().map(|read| read.key);
    let sent = read.map(|read| parsed(&read.origin_body)["variables"].take());
    let (tiers, edges) = match &key {
        None => (vec![], vec![]),
        Some(key) => {
            let now_ms = state.services.clock.now_ms().unsigned_abs();
            let edges = edges::ask(&state.config.edge, key, now_ms);
            tokio::join!(tiers(state, key), edges)
        }
    };
    let feed = &state.services.caches.feed;
    Ok(Explanation {
        document: operation.id,
        operation: operation.name.clone(),
        client: operation.clients.clone(),
        policy: operation.policy.clone(),
        variables: parsed(&as_given),
        snapped: sent.filter(|sent| *sent != parsed(&as_given)),
        note: note.map(str::to_owned),
        key: key.map(|key| key.to_string()),
        log: feed.inspect(|copy, age_ms| LogState::of(copy, age_ms, DISTRUST_MS)),
        tiers,
        edges,
    })
}

/// Parses canonical variables, which are always JSON because this server wrote them.
fn parsed(canonical: &str) -> Value {
    serde_json::from_str(canonical).unwrap_or_default()
}

fn note(operation: &Operation, plan: &Plan) -> Option<&'static str> {
    if operation.kind != OperationKind::Query {
        return Some("not a query: never kept");
    }
    if operation.split.is_some() {
        return Some(
            "its answer is partly private: the part that is kept is a document of its own, of the same name and `__public`",
        );
    }
    if !operation.policy.is_shared() {
        return Some("its answer is private or not cacheable: never kept");
    }
    match plan {
        Plan::Forward => Some(
            "the answer depends on the exact location, or that is off the earth: the edge forwards the request",
        ),
        Plan::Nearest(_) => Some(
            "the key is that of the candidates for the location's largest cell, of which the edge makes the list; requests sent directly to the origin keep the given location and have another key",
        ),
        Plan::Read(_) if operation.policy.snap.is_none() => None,
        Plan::Read(_) if operation.policy.nearest.is_some() => {
            Some("the key is made from the snapped location, at the edge and at the origin")
        }
        Plan::Read(_) => Some(
            "the key is made from the snapped location, as at the edge; requests sent directly to the origin keep the given location and have another key",
        ),
    }
}

/// Finds the document by its hash or by its operation's name.
async fn find(state: &AppState, text: &str) -> Result<Arc<Document>, AdminError> {
    let hash = match DocumentHash::parse(text) {
        Ok(hash) => hash,
        Err(_) => hash_of(state, text).await?,
    };
    let found = state.services.documents.get(hash).await?;
    found.ok_or_else(|| not_found("no document with this hash is published").into())
}

async fn hash_of(state: &AppState, name: &str) -> Result<DocumentHash, AdminError> {
    let names = state.services.documents.names().await?;
    let mut hashes: Vec<_> = names
        .into_iter()
        .filter_map(|(hash, known)| (known == name).then_some(hash))
        .collect();
    hashes.sort_unstable();
    match hashes.as_slice() {
        [] => Err(not_found("no document with an operation of this name is published").into()),
        [hash] => Ok(*hash),
        several => {
            let hashes: Vec<_> = several.iter().map(DocumentHash::to_string).collect();
            let message = format!(
                "{} documents have an operation of this name; name one by its hash: {}",
                several.len(),
                hashes.join(", ")
            );
            Err(Refusal::new(ErrorCode::BAD_USER_INPUT, message).into())
        }
    }
}

fn not_found(message: &str) -> Refusal {
    Refusal::new(ErrorCode::DOCUMENT_NOT_FOUND, message)
}

async fn tiers(state: &AppState, key: &CacheKey) -> Vec<TierReport> {
    let caches = &state.services.caches;
    let in_memory = match caches.responses.explain_memory(key) {
        None => Found::Absent,
        Some((entry, verdict)) => stored(&caches.feed, &entry, &verdict),
    };
    let in_redis = match (
        caches.responses.remote(),
        caches.responses.explain_remote(key).await,
    ) {
        (None, _) => Found::Off,
        (Some(_), Ok(None)) => Found::Absent,
        (Some(_), Ok(Some((entry, verdict)))) => stored(&caches.feed, &entry, &verdict),
        (Some(_), Err(error)) => failed(&error),
    };
    [(Tier::Memory, in_memory), (Tier::Redis, in_redis)]
        .map(|(tier, found)| TierReport {
            tier: tier.as_str().to_owned(),
            found,
        })
        .into()
}

fn failed(error: &LinkError) -> Found {
    Found::Failed {
        error: chain(error),
    }
}

fn stored(feed: &PurgeFeed, entry: &Cached, verdict: &Verdict) -> Found {
    let age_ms = entry.head.age_ms(feed.clock().now().wall_ms);
    let stored = feed
        .inspect(|copy, _age_ms| Stored::of(&entry.head, &entry.as_of(), age_ms, verdict, copy));
    Found::Stored(Box::new(stored))
}
