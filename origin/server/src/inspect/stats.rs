//! Cache statistics: the outcomes of requests by document, and the sizes of the caches.

use std::collections::BTreeMap;

use api::caches::Caches;
use cache_tiered::{
    EntityCache, Remote,
    feed::DISTRUST_MS,
    stats::{Counts, Outcome},
};
use domain::{StoreError, error_chain::chain};
use edge_core::explain::LogState;
use pq_core::DocumentHash;
use purging::relay::RelayStatus;
use serde::{Deserialize, Serialize};

use crate::state::AppState;

/// The statistics of one server since it started.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CacheStats {
    /// The most requested document first.
    pub documents: Vec<DocumentStats>,
    /// Complete answers in memory.
    pub answers: Size,
    pub entities: Vec<EntityStats>,
    /// None if the server has no Redis.
    pub redis: Option<RedisStats>,
    pub log: LogState,
    pub live: LiveStats,
    /// The edges that this server relays the purge log to; empty without the role `relay`.
    #[serde(default)]
    pub edges: Vec<EdgeLink>,
    /// Whether the catalogue index is loaded.
    #[serde(default)]
    pub index_loaded: bool,
}

/// The relay of the purge log to one edge.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EdgeLink {
    pub edge: String,
    /// Whether it took the last append.
    pub connected: bool,
    /// How long ago it last confirmed that its log is complete, in milliseconds; `None` is never.
    pub confirmed_ms: Option<u64>,
}

/// Open subscription connections and the subscriptions on them.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct LiveStats {
    pub connections: usize,
    pub subscriptions: usize,
}

/// The outcomes of the requests for one document.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DocumentStats {
    /// None: the sum of all documents that were first requested when the table was already full.
    pub document: Option<DocumentHash>,
    /// The operation's name. None if the document is not published.
    pub operation: Option<String>,
    pub requests: u64,
    /// The share of requests, 0 to 1, for which no answer had to be computed.
    pub hit_rate: f64,
    /// The number of requests by [`Outcome::as_str`].
    pub outcomes: BTreeMap<String, u64>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Size {
    pub entries: u64,
    pub bytes: u64,
}

/// The size and the look-ups of one entity cache.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EntityStats {
    pub kind: String,
    pub entries: u64,
    pub bytes: u64,
    /// Look-ups answered by memory (`l1`), by Redis (`l2`), and by neither (`miss`).
    pub l1: u64,
    pub l2: u64,
    pub miss: u64,
}

/// The state of Redis, the second cache tier.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RedisStats {
    /// Whether the circuit breaker is open: the last calls failed, so Redis is not called for now.
    pub circuit_open: bool,
    /// All keys on the Redis server, also those of other programs. None if it does not answer.
    pub server: Option<Size>,
    /// Why it does not answer.
    pub error: Option<String>,
}

/// Collects the statistics of this server.
pub async fn stats(state: &AppState) -> Result<CacheStats, StoreError> {
    let Caches {
        feed, responses, ..
    } = &state.services.caches;
    let names = state.services.documents.names().await?;
    let mut documents: Vec<_> = responses
        .stats()
        .all()
        .into_iter()
        .map(|(label, counts)| {
            let document = label.map(DocumentHash::from_bytes);
            let operation = document.and_then(|hash| names.get(&hash).cloned());
            document_stats(document, operation, &counts)
        })
        .collect();
    documents.sort_by(|a, b| (b.requests, a.document).cmp(&(a.requests, b.document)));
    let (entries, bytes) = responses.size();
    let redis = match responses.remote() {
        None => None,
        Some(remote) => Some(redis_stats(remote).await),
    };
    let live = LiveStats {
        connections: state.live.connections(),
        subscriptions: state.live.subscriptions(),
    };
    Ok(CacheStats {
        live,
        documents,
        answers: Size { entries, bytes },
        entities: [
            &state.services.caches.offers,
            &state.services.caches.partners,
            &state.services.caches.establishments,
            &state.services.caches.profiles,
        ]
        .map(|cache| entity_stats(&state.services.caches, cache))
        .into(),
        redis,
        edges: state
            .relays
            .iter()
            .map(|relay| edge_link(state, relay))
            .collect(),
        index_loaded: state.services.lists.is_loaded(),
        log: feed.inspect(|copy, age_ms| LogState::of(copy, age_ms, DISTRUST_MS)),
    })
}

fn edge_link(state: &AppState, relay: &RelayStatus) -> EdgeLink {
    let now_ms = state.services.clock.now_ms().unsigned_abs();
    let confirmed_at_ms = Some(relay.confirmed_at_ms()).filter(|at_ms| *at_ms > 0);
    EdgeLink {
        edge: relay.edge().to_owned(),
        connected: relay.is_connected(),
        confirmed_ms: confirmed_at_ms.map(|at_ms| now_ms.saturating_sub(at_ms)),
    }
}

fn document_stats(
    document: Option<DocumentHash>,
    operation: Option<String>,
    counts: &Counts,
) -> DocumentStats {
    let outcomes: BTreeMap<_, _> = Outcome::ALL
        .iter()
        .map(|outcome| (outcome.as_str().to_owned(), counts.of(*outcome)))
        .collect();
    let requests: u64 = outcomes.values().sum();
    DocumentStats {
        document,
        operation,
        requests,
        hit_rate: ratio(counts.hits(), requests),
        outcomes,
    }
}

#[expect(clippy::cast_precision_loss, reason = "a ratio of counts, for people")]
fn ratio(part: u64, whole: u64) -> f64 {
    // The two counters are read one after the other while requests go on, so `part` may exceed
    // `whole`.
    (part as f64 / whole.max(1) as f64).min(1.0)
}

fn entity_stats(caches: &Caches, cache: &EntityCache) -> EntityStats {
    let (entries, bytes) = cache.size();
    let looked_up = |outcome| caches.metrics.looked_up(cache.name(), outcome);
    EntityStats {
        kind: cache.name().to_owned(),
        entries,
        bytes,
        l1: looked_up("l1"),
        l2: looked_up("l2"),
        miss: looked_up("miss"),
    }
}

async fn redis_stats(remote: &Remote) -> RedisStats {
    let size = remote.server_size().await;
    RedisStats {
        // Read after the call above, whose failure may open the circuit.
        circuit_open: remote.is_open(),
        error: size.as_ref().err().map(|error| chain(error)),
        server: size.ok().map(|(entries, bytes)| Size { entries, bytes }),
    }
}
