//! Published documents: looked up by hash, parsed once.

pub mod publish;
pub mod sent;
pub mod shown;
pub mod usage;

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use async_graphql::parser::{parse_query, types::ExecutableDocument};
use bytes::Bytes;
use cache_core::{AsOf, EntryHead, Lifetime, Verdict, entry::ContentHash};
use cache_tiered::{Cached, Moment, PurgeFeed};
use domain::{
    StoreError,
    documents::{DocumentStore, Usage, UsageSum},
    paris::Day,
    tags,
};
use pq_core::{DocumentHash, Operation};
use shown::OfferPage;

#[derive(Clone, Debug)]
pub struct DocumentsConfig {
    /// Which documents may be executed, enforce | audit | off: `YOUSOON_DOCUMENT_MODE`, default
    /// enforce.
    pub mode: DocumentMode,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentMode {
    /// Only published documents.
    Enforce,
    /// All documents; unpublished ones are logged.
    Audit,
    /// All documents.
    Off,
}

impl fmt::Display for DocumentMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Enforce => "enforce",
            Self::Audit => "audit",
            Self::Off => "off",
        })
    }
}

/// A parsed document, ready to be executed.
#[derive(Debug)]
pub struct Document {
    pub operation: Operation,
    pub parsed: ExecutableDocument,
    /// Whether the document is an offer's page.
    pub offer_page: Option<OfferPage>,
}

/// A document in this server's memory.
#[derive(Clone, Debug)]
struct Known {
    document: Arc<Document>,
    record: Arc<str>,
    /// Decides whether the copy is still valid, like a cached answer, by the tag `document:<hash>`:
    /// its policy may change with the schema, and another server may publish it again.
    entry: Arc<Cached>,
}

/// The published documents. A document's text never changes; its policy changes only when it is
/// published again.
#[derive(Debug)]
pub struct Documents {
    store: Arc<dyn DocumentStore>,
    feed: Arc<PurgeFeed>,
    ready: RwLock<HashMap<DocumentHash, Known>>,
}

impl Document {
    /// Parses a compiled operation.
    pub fn parse(operation: Operation) -> Result<Self, async_graphql::parser::Error> {
        let parsed = parse_query(&operation.body)?;
        Ok(Self {
            offer_page: shown::offer_page(&parsed),
            operation,
            parsed,
        })
    }
}

impl Documents {
    pub fn new(store: Arc<dyn DocumentStore>, feed: Arc<PurgeFeed>) -> Self {
        Self {
            store,
            feed,
            ready: RwLock::default(),
        }
    }

    /// The published document with this hash. A miss is never cached, because the document may be
    /// published at any moment.
    pub async fn get(&self, hash: DocumentHash) -> Result<Option<Arc<Document>>, StoreError> {
        let known = {
            let ready = self.ready.read().unwrap_or_else(PoisonError::into_inner);
            let known = ready.get(&hash);
            if let Some(known) = known
                && self.is_current(known)
            {
                return Ok(Some(Arc::clone(&known.document)));
            }
            known.cloned()
        };
        // Rare, and large: boxed, so that lookups that end above do not carry it.
        let looked_up = Box::pin(self.look_up(hash, known.clone())).await;
        match (looked_up, known) {
            // As with stale-if-error: when the store fails, the older copy is better than nothing.
            (Err(error), Some(known)) if self.feed.may_stand_in(&known.entry, None) => {
                tracing::warn!(%hash, "{error}: the copy in memory is used instead");
                Ok(Some(known.document))
            }
            (looked_up, _) => looked_up,
        }
    }

    /// Whether this is the current copy of a published document, without a look into the store.
    pub fn is_held(&self, document: &Arc<Document>) -> bool {
        let ready = self.ready.read().unwrap_or_else(PoisonError::into_inner);
        let known = ready.get(&document.operation.id);
        known.is_some_and(|known| Arc::ptr_eq(&known.document, document) && self.is_current(known))
    }

    fn is_current(&self, known: &Known) -> bool {
        matches!(self.feed.judge(&known.entry, None), Verdict::Serve { .. })
    }

    async fn look_up(
        &self,
        hash: DocumentHash,
        known: Option<Known>,
    ) -> Result<Option<Arc<Document>>, StoreError> {
        let as_of = self.feed.as_of();
        let began = self.feed.clock().now();
        let Some(record) = self.store.record(hash).await? else {
            return Ok(None);
        };
        let (document, record) = match known {
            Some(known) if *known.record == *record => (known.document, known.record),
            Some(_) | None => (Arc::new(read(&record)?), record.into()),
        };
        if let Some(as_of) = as_of {
            let known = Known {
                document: Arc::clone(&document),
                record,
                entry: Arc::new(entry_of(hash, as_of, began)),
            };
            self.ready
                .write()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(hash, known);
        }
        Ok(Some(document))
    }

    /// Operation names of all published documents.
    pub async fn names(&self) -> Result<HashMap<DocumentHash, String>, StoreError> {
        self.store.names().await
    }

    /// The document's operation name, if the document is in memory.
    pub fn ready_name(&self, hash: DocumentHash) -> Option<String> {
        let ready = self.ready.read().unwrap_or_else(PoisonError::into_inner);
        let known = ready.get(&hash)?;
        Some(known.document.operation.name.clone())
    }

    /// Whether the document is published, and this server has read it.
    pub fn is_ready(&self, hash: DocumentHash) -> bool {
        let ready = self.ready.read().unwrap_or_else(PoisonError::into_inner);
        ready.contains_key(&hash)
    }

    /// Deletes documents, and has them purged; returns those that were published.
    pub async fn retire(
        &self,
        hashes: Vec<DocumentHash>,
        now_ms: i64,
    ) -> Result<Vec<DocumentHash>, StoreError> {
        let retired = self.store.retire(hashes, now_ms).await?;
        self.forget(&retired);
        Ok(retired)
    }

    /// Adds to the counts of requests.
    pub async fn add_usage(&self, rows: Vec<Usage>) -> Result<(), StoreError> {
        self.store.add_usage(rows).await
    }

    /// The counts of requests of all days since this one.
    pub async fn usage(&self, since: Day) -> Result<Vec<UsageSum>, StoreError> {
        self.store.usage(since).await
    }

    /// The first day that has a count.
    pub async fn usage_since(&self) -> Result<Option<Day>, StoreError> {
        self.store.usage_since().await
    }

    /// Deletes the counts of all days before this one.
    pub async fn forget_usage(&self, before: Day) -> Result<(), StoreError> {
        self.store.forget_usage(before).await
    }

    /// Drops documents whose record changed, so that they are read again.
    fn forget(&self, hashes: &[DocumentHash]) {
        let mut ready = self.ready.write().unwrap_or_else(PoisonError::into_inner);
        for hash in hashes {
            ready.remove(hash);
        }
    }
}

fn read(record: &str) -> Result<Document, StoreError> {
    let operation =
        serde_json::from_str(record).map_err(|e| StoreError::corrupt("document", &e))?;
    Document::parse(operation).map_err(|e| StoreError::corrupt("document", &e))
}

/// The cache entry that decides a document's validity; it never expires by age.
fn entry_of(hash: DocumentHash, as_of: AsOf, began: Moment) -> Cached {
    let head = EntryHead {
        as_of,
        born_ms: began.wall_ms,
        lifetime: Lifetime {
            max_age_s: u32::MAX,
            ..Lifetime::default()
        },
        content: ContentHash::of(hash.as_bytes()),
        tags: vec![tags::document(&hash)],
    };
    Cached::new(head, Bytes::new(), Some(began.steady_ms))
}
