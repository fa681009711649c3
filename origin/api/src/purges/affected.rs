//! Dry runs of a purge: how many cached answers it would invalidate or make stale, by document.

use std::{collections::HashMap, sync::Arc};

use async_graphql::SimpleObject;
use cache_core::{AsOf, PurgeKind, Tag, Validity};
use cache_tiered::{PurgeFeed, remote::Scan};
use domain::{StoreError, error_chain::chain, tags};
use pq_core::DocumentHash;
use serde::{Deserialize, Serialize};

use crate::services::Services;

/// Maximum Redis entries that a dry run scans.
const MOST: usize = 100_000;

/// How many cached answers of one document a purge would invalidate, or make stale if it is soft.
#[derive(Clone, Debug, PartialEq, Eq, SimpleObject, Serialize, Deserialize)]
#[graphql(name = "PurgeAffected")]
pub struct AffectedDocument {
    /// The document's hash.
    pub document: Option<String>,
    /// The name of the document's operation, if the document is published.
    pub operation: Option<String>,
    /// Answers in the memory of the server that runs the dry run.
    pub memory: u64,
    /// Answers in Redis; null if there is no Redis or it does not respond.
    pub redis: Option<u64>,
}

/// All affected documents, most answers first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Affected {
    pub documents: Vec<AffectedDocument>,
    /// Whether the count may be incomplete: Redis did not respond, or has more entries than are
    /// scanned.
    pub cut: bool,
}

/// The cache entries that a purge affects.
struct Reach {
    tags: Vec<Tag>,
    kind: PurgeKind,
    everything: bool,
    feed: Arc<PurgeFeed>,
}

/// Numbers of entries in memory and in Redis.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    memory: u64,
    redis: u64,
}

type ByDocument = HashMap<Option<DocumentHash>, Counts>;

/// Counts the entries that a purge of these tags would affect now.
pub async fn affected(
    services: &Services,
    tags: &[Tag],
    kind: PurgeKind,
) -> Result<Affected, StoreError> {
    let reach = Reach {
        tags: tags.to_vec(),
        kind,
        everything: tags.contains(&Tag::everything()),
        feed: Arc::clone(&services.caches.feed),
    };
    let (scan, cut) = scan(services).await;
    let in_redis = scan.is_some();
    let responses = Arc::clone(&services.caches.responses);
    // Everything that is kept is looked at: not on a thread that answers requests.
    let counting = tokio::task::spawn_blocking(move || {
        let mut counts = ByDocument::new();
        for entry in responses.heads() {
            if reach.has(&entry.as_of(), &entry.head.tags) {
                let document = document_of(&entry.head.tags);
                counts.entry(document).or_default().memory += 1;
            }
        }
        for head in scan.into_iter().flat_map(|scan| scan.heads) {
            if reach.has(&head.as_of, &head.tags) {
                let document = document_of(&head.tags);
                counts.entry(document).or_default().redis += 1;
            }
        }
        counts
    });
    let counts = counting.await.map_err(StoreError::backend)?;
    let documents = by_document(services, counts, in_redis).await?;
    Ok(Affected { documents, cut })
}

/// The entry heads in Redis, if it responds, and whether there may be more.
async fn scan(services: &Services) -> (Option<Scan>, bool) {
    let Some(remote) = services.caches.responses.remote() else {
        return (None, false);
    };
    match remote.scan(MOST).await {
        Ok(scan) => {
            let cut = scan.cut;
            (Some(scan), cut)
        }
        Err(error) => {
            tracing::warn!(error = chain(&error), "the keys in Redis cannot be listed");
            (None, true)
        }
    }
}

async fn by_document(
    services: &Services,
    counts: ByDocument,
    in_redis: bool,
) -> Result<Vec<AffectedDocument>, StoreError> {
    let names = services.documents.names().await?;
    let mut documents: Vec<_> = counts
        .into_iter()
        .map(|(document, counts)| AffectedDocument {
            operation: document.and_then(|hash| names.get(&hash).cloned()),
            document: document.map(|hash| hash.to_string()),
            memory: counts.memory,
            redis: in_redis.then_some(counts.redis),
        })
        .collect();
    documents.sort_by(|a, b| {
        let size = |of: &AffectedDocument| of.memory + of.redis.unwrap_or_default();
        (size(b), &a.document).cmp(&(size(a), &b.document))
    });
    Ok(documents)
}

impl Reach {
    /// Whether the purge names this entry and would shorten its life.
    fn has(&self, as_of: &AsOf, tags: &[Tag]) -> bool {
        let named = self.everything || tags.iter().any(|tag| self.tags.contains(tag));
        let validity = || {
            self.feed
                .inspect(|copy, _age_ms| copy.map(|copy| copy.judge(as_of, tags)))
        };
        named
            && match validity() {
                Some(Validity::Valid) => true,
                Some(Validity::Stale) => self.kind == PurgeKind::Hard,
                // Nobody serves it anyway.
                Some(Validity::Invalid(_)) | None => false,
            }
    }
}

/// The document that an entry answers.
fn document_of(tags: &[Tag]) -> Option<DocumentHash> {
    tags.iter().find_map(tags::tagged_document)
}
