//! The cache of entities, under a loader that reads in batches.
//!
//! An entity that is served here was judged by a copy of the log that ends at or after the
//! `as_of` of the answer that it becomes part of. It contains every write up to the copy's head
//! that concerns it, so the answer keeps the promise of its own `as_of`: the minimum of its parts.
//! That is why a softly purged entity counts as a miss here: the answer would claim to be newer.

use std::{collections::HashMap, hash::Hash, sync::Arc};

use cache_core::{CacheKey, EntryHead, KeyBuilder, Lifetime, Revision, Tag, entry::ContentHash};
use moka::sync::Cache;
use serde::{Serialize, de::DeserializeOwned};

use crate::{cached::Cached, feed::PurgeFeed, memory, metrics::Metrics, remote::Remote};

/// What is kept of one kind of entity.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// In keys and metrics.
    pub name: &'static str,
    /// How long an entity is kept, seconds.
    pub max_age_s: u32,
}

/// Entities by their ids.
#[derive(Clone, Debug)]
pub struct Loaded<I, V> {
    /// Those that exist.
    pub entities: HashMap<I, V>,
    /// Every write that was committed before this moment, by the steady clock, is in those that were
    /// kept; none when all were read now. An answer that is made of them has seen no more.
    pub seen_at_ms: Option<u64>,
}

impl<I: Eq + Hash, V> Loaded<I, V> {
    fn with_capacity(capacity: usize) -> Self {
        Self {
            entities: HashMap::with_capacity(capacity),
            seen_at_ms: None,
        }
    }

    fn kept(&mut self, id: I, value: V, seen_at_ms: u64) {
        let oldest_ms = self.seen_at_ms.unwrap_or(seen_at_ms);
        self.seen_at_ms = Some(oldest_ms.min(seen_at_ms));
        self.entities.insert(id, value);
    }
}

/// Entities of one kind, by id.
#[derive(Debug)]
pub struct EntityCache {
    kind: Kind,
    feed: Arc<PurgeFeed>,
    memory: Cache<CacheKey, Arc<Cached>>,
    remote: Option<Remote>,
    metrics: Metrics,
}

impl EntityCache {
    /// A cache of at most `capacity_bytes` in memory.
    pub fn new(
        kind: Kind,
        feed: Arc<PurgeFeed>,
        capacity_bytes: u64,
        remote: Option<Remote>,
        metrics: Metrics,
    ) -> Self {
        let memory = memory::of(&feed, capacity_bytes);
        Self {
            kind,
            feed,
            memory,
            remote,
            metrics,
        }
    }

    /// Its kind's name.
    pub const fn name(&self) -> &'static str {
        self.kind.name
    }

    /// Entities in memory, and their weight in bytes; about.
    pub fn size(&self) -> (u64, u64) {
        self.memory.run_pending_tasks();
        (self.memory.entry_count(), self.memory.weighted_size())
    }

    fn key(&self, id: &str) -> CacheKey {
        KeyBuilder::new()
            .part(self.kind.name.as_bytes())
            .part(id.as_bytes())
            .finish()
    }

    /// The entities among `ids` that exist, for a client that insists on `required`; `read` reads
    /// from the tier below those that are not kept, in one batch, and `tags` names what an entity
    /// depends on.
    pub async fn load<I, V, E, F>(
        &self,
        ids: &[I],
        required: Option<Revision>,
        tags: impl Fn(&I, &V) -> Vec<Tag>,
        read: impl FnOnce(Vec<I>) -> F,
    ) -> Result<Loaded<I, V>, E>
    where
        I: AsRef<str> + Clone + Eq + Hash,
        V: Serialize + DeserializeOwned,
        F: Future<Output = Result<HashMap<I, V>, E>>,
    {
        let mut found = Loaded::with_capacity(ids.len());
        let missing = self.kept_here(ids, required, &mut found);
        let kept_here = found.entities.len();
        self.metrics.lookup(self.kind.name, "l1", kept_here);
        let missing = self.kept_in_redis(missing, required, &mut found).await;
        self.metrics
            .lookup(self.kind.name, "l2", found.entities.len() - kept_here);
        self.metrics.lookup(self.kind.name, "miss", missing.len());
        if missing.is_empty() {
            return Ok(found);
        }
        // Before the read, as with answers.
        let as_of = self.feed.as_of();
        let began = self.feed.clock().now();
        let read = read(missing).await?;
        if let Some(as_of) = as_of {
            for (id, value) in &read {
                let Ok(body) = serde_json::to_vec(value) else {
                    continue;
                };
                let head = EntryHead {
                    as_of,
                    born_ms: began.wall_ms,
                    lifetime: Lifetime {
                        max_age_s: self.kind.max_age_s,
                        ..Lifetime::default()
                    },
                    content: ContentHash::of(&body),
                    tags: tags(id, value),
                };
                let entry = Arc::new(Cached::new(head, body.into(), Some(began.steady_ms)));
                self.store(self.key(id.as_ref()), entry, began.wall_ms);
            }
        }
        found.entities.extend(read);
        Ok(found)
    }

    /// Moves what memory has from `ids` to `found`; gives the others.
    fn kept_here<I, V>(
        &self,
        ids: &[I],
        required: Option<Revision>,
        found: &mut Loaded<I, V>,
    ) -> Vec<I>
    where
        I: AsRef<str> + Clone + Eq + Hash,
        V: DeserializeOwned,
    {
        let mut missing = Vec::new();
        for id in ids {
            let kept = self.memory.get(&self.key(id.as_ref())).and_then(|entry| {
                let seen_at_ms = self.feed.vouch(&entry, required)?;
                Some((serde_json::from_slice(&entry.body).ok()?, seen_at_ms))
            });
            match kept {
                Some((value, seen_at_ms)) => found.kept(id.clone(), value, seen_at_ms),
                None => missing.push(id.clone()),
            }
        }
        missing
    }

    async fn kept_in_redis<I, V>(
        &self,
        ids: Vec<I>,
        required: Option<Revision>,
        found: &mut Loaded<I, V>,
    ) -> Vec<I>
    where
        I: AsRef<str> + Clone + Eq + Hash,
        V: DeserializeOwned,
    {
        let Some(remote) = &self.remote else {
            return ids;
        };
        let keys: Vec<CacheKey> = ids.iter().map(|id| self.key(id.as_ref())).collect();
        let entries = remote.get_many(&keys).await;
        let mut missing = Vec::new();
        for ((id, key), entry) in ids.into_iter().zip(keys).zip(entries) {
            let kept = entry.and_then(|entry| {
                let seen_at_ms = self.feed.vouch(&entry, required)?;
                let value = serde_json::from_slice(&entry.body).ok()?;
                self.memory.insert(key, Arc::new(entry));
                Some((value, seen_at_ms))
            });
            match kept {
                Some((value, seen_at_ms)) => found.kept(id, value, seen_at_ms),
                None => missing.push(id),
            }
        }
        missing
    }

    fn store(&self, key: CacheKey, entry: Arc<Cached>, wall_ms: u64) {
        self.memory.insert(key, Arc::clone(&entry));
        if let Some(remote) = &self.remote {
            remote.put(key, entry, wall_ms);
        }
    }
}
