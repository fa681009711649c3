//! The cache of entities (parts of answers); a batching loader reads through it.
//!
//! An entity that is served from here was found valid by a copy of the log that ends at or after
//! the `as_of` of the answer that it becomes part of. So the entity contains every write up to that
//! `as_of` that concerns it, and the answer's `as_of` is true for all of its parts. A softly purged
//! entity would not be as new as that, so it counts as a miss.

use std::{collections::HashMap, hash::Hash, sync::Arc};

use cache_core::{CacheKey, EntryHead, KeyBuilder, Lifetime, Revision, Tag, entry::ContentHash};
use moka::sync::Cache;
use serde::{Serialize, de::DeserializeOwned};

use crate::{cached::Cached, feed::PurgeFeed, memory, metrics::Metrics, remote::Remote};

/// A kind of entity, and how it is cached.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// Its name in cache keys and metrics.
    pub name: &'static str,
    /// How long an entity is cached, in seconds.
    pub max_age_s: u32,
}

/// The result of [`EntityCache::load`].
#[derive(Clone, Debug)]
pub struct Loaded<I, V> {
    /// The entities that exist, by id.
    pub entities: HashMap<I, V>,
    /// The entities that came from the cache contain every write that was committed before this
    /// moment, in milliseconds of the steady clock; `None` when all were read now. An answer made of
    /// them must not claim to be newer.
    pub current_at_ms: Option<u64>,
}

impl<I: Eq + Hash, V> Loaded<I, V> {
    fn with_capacity(capacity: usize) -> Self {
        Self {
            entities: HashMap::with_capacity(capacity),
            current_at_ms: None,
        }
    }

    fn add_cached(&mut self, id: I, value: V, current_at_ms: u64) {
        let oldest_ms = self.current_at_ms.unwrap_or(current_at_ms);
        self.current_at_ms = Some(oldest_ms.min(current_at_ms));
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
    /// A cache that holds at most `capacity_bytes` in memory.
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

    /// The name of its kind of entity.
    pub const fn name(&self) -> &'static str {
        self.kind.name
    }

    /// The approximate number of entities in memory, and their approximate size in bytes.
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

    /// Loads the entities among `ids` that exist, from memory, then Redis, then `read`.
    ///
    /// `required` is the minimum revision that they must contain. `read` reads from the database, in
    /// one batch, those that are not cached. `tags` gives the tags of an entity.
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
        let missing = self.find_in_memory(ids, required, &mut found);
        let in_memory = found.entities.len();
        self.metrics.lookup(self.kind.name, "l1", in_memory);
        let missing = self.find_in_redis(missing, required, &mut found).await;
        self.metrics
            .lookup(self.kind.name, "l2", found.entities.len() - in_memory);
        self.metrics.lookup(self.kind.name, "miss", missing.len());
        if missing.is_empty() {
            return Ok(found);
        }
        // `as_of` is taken before the read, as for answers.
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

    /// Adds the entities that are valid in memory to `found`; returns the ids of the others.
    fn find_in_memory<I, V>(
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
            let add_cached = self.memory.get(&self.key(id.as_ref())).and_then(|entry| {
                let current_at_ms = self.feed.judge_part(&entry, required)?;
                Some((serde_json::from_slice(&entry.body).ok()?, current_at_ms))
            });
            match add_cached {
                Some((value, current_at_ms)) => found.add_cached(id.clone(), value, current_at_ms),
                None => missing.push(id.clone()),
            }
        }
        missing
    }

    /// Adds the entities that are valid in Redis to `found`; returns the ids of the others.
    async fn find_in_redis<I, V>(
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
            let add_cached = entry.and_then(|entry| {
                let current_at_ms = self.feed.judge_part(&entry, required)?;
                let value = serde_json::from_slice(&entry.body).ok()?;
                self.memory.insert(key, Arc::new(entry));
                Some((value, current_at_ms))
            });
            match add_cached {
                Some((value, current_at_ms)) => found.add_cached(id, value, current_at_ms),
                None => missing.push(id),
            }
        }
        missing
    }

    fn store(&self, key: CacheKey, entry: Arc<Cached>, wall_ms: u64) {
        self.memory.insert(key, Arc::clone(&entry));
        if let Some(remote) = &self.remote {
            let as_of = self.feed.as_of_for_others(entry.head.as_of);
            remote.put(key, entry, as_of, wall_ms);
        }
    }
}
