//! What a purge would do: how many kept answers it would make invalid or stale, by document.

use std::{collections::HashMap, sync::Arc};

use async_graphql::SimpleObject;
use cache_core::{AsOf, PurgeKind, Tag, Validity};
use cache_tiered::{PurgeFeed, remote::Scan};
use domain::{StoreError, error_chain::chain, tags};
use pq_core::DocumentHash;
use serde::{Deserialize, Serialize};

use crate::services::Services;

/// The most entries of Redis that are looked at.
const MOST: usize = 100_000;

/// The answers of one document that a purge would make invalid, or stale if it is a soft one.
#[derive(Clone, Debug, PartialEq, Eq, SimpleObject, Serialize, Deserialize)]
#[graphql(name = "PurgeAffected")]
pub struct AffectedDocument {
    /// Its hash.
    pub document: Option<String>,
    /// Its operation's name, if it is published.
    pub operation: Option<String>,
    /// In the memory of the server that answers.
    pub memory: u64,
    /// In Redis; none when there is none, or it does not answer.
    pub redis: Option<u64>,
}

/// All of them, the most first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Affected {
    pub documents: Vec<AffectedDocument>,
    /// Whether Redis may have more: it did not answer, or has more than are looked at.
    pub cut: bool,
}

/// Which entries a purge reaches.
struct Reach {
    tags: Vec<Tag>,
    kind: PurgeKind,
    everything: bool,
    feed: Arc<PurgeFeed>,
}

/// In memory, and in Redis.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    memory: u64,
    redis: u64,
}

type ByDocument = HashMap<Option<DocumentHash>, Counts>;

/// Counts what a purge of these tags would do now.
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

/// The heads in Redis, if it can be asked, and whether it may have more.
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
            tracing::warn!(error = chain(&error), "Redis cannot be looked through");
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
    /// Whether an entry is named, and would be worse off.
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

/// Which document an entry is an answer of.
fn document_of(tags: &[Tag]) -> Option<DocumentHash> {
    tags.iter().find_map(tags::tagged_document)
}
