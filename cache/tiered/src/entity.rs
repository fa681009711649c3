//! The cache of entities, under a loader that reads in batches.
//!
//! An entity that is served here was judged by a copy of the log that ends at or after the
//! `as_of` of the answer that it becomes part of. It contains every write up to the copy's head
//! that concerns it, so the answer keeps the promise of its own `as_of`: the minimum of its parts.
//! That is why a softly purged entity counts as a miss here: the answer would claim to be newer.
//! And the moment up to which the answer is known to be current is the minimum of its parts' too:
//! else the licence of a silent log would be granted once for the part and once more for the whole.

use std::{collections::HashMap, hash::Hash, sync::Arc};

use cache_core::{CacheKey, EntryHead, KeyBuilder, Lifetime, Tag, Verdict, entry::ContentHash};
use moka::sync::Cache;
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    cached::Cached, feed::PurgeFeed, metrics::Metrics, remote::Remote, response::UntilOver,
};

/// What is kept of one kind of entity.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// In keys and metrics.
    pub name: &'static str,
    /// How long an entity is kept, seconds.
    pub max_age_s: u32,
}

/// Entities that were asked for.
#[derive(Clone, Debug)]
pub struct Loaded<I, V> {
    /// Those that exist.
    pub found: HashMap<I, V>,
    /// Every write that was committed before this moment of the steady clock is in them.
    pub seen_at_ms: u64,
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
        let memory = Cache::builder()
            .max_capacity(capacity_bytes)
            .weigher(|_key, entry: &Arc<Cached>| entry.weight_bytes())
            .expire_after(UntilOver {
                feed: Arc::clone(&feed),
            })
            .build();
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

    /// Takes an entity that is valid; says whether it is.
    fn take<I, V>(&self, id: &I, entry: &Cached, loaded: &mut Loaded<I, V>) -> bool
    where
        I: Clone + Eq + Hash,
        V: DeserializeOwned,
    {
        if !matches!(self.feed.judge(entry, None), Verdict::Serve { .. }) {
            return false;
        }
        let Ok(value) = serde_json::from_slice(&entry.body) else {
            return false;
        };
        let now_ms = self.feed.clock().steady_ms();
        let seen_at_ms = now_ms.saturating_sub(self.feed.seen_ago_ms(entry));
        loaded.seen_at_ms = loaded.seen_at_ms.min(seen_at_ms);
        loaded.found.insert(id.clone(), value);
        true
    }

    /// The entities among `ids` that exist; `read` reads from the tier below those that are not
    /// kept, in one batch, and `tags` names what an entity depends on.
    pub async fn load<I, V, E, F>(
        &self,
        ids: &[I],
        tags: impl Fn(&I, &V) -> Vec<Tag>,
        read: impl FnOnce(Vec<I>) -> F,
    ) -> Result<Loaded<I, V>, E>
    where
        I: AsRef<str> + Clone + Eq + Hash,
        V: Serialize + DeserializeOwned,
        F: Future<Output = Result<HashMap<I, V>, E>>,
    {
        let began = self.feed.clock().now();
        let mut loaded = Loaded {
            found: HashMap::with_capacity(ids.len()),
            seen_at_ms: began.steady_ms,
        };
        let missing = self.kept_here(ids, &mut loaded);
        self.metrics
            .lookup(self.kind.name, "l1", loaded.found.len());
        let before = loaded.found.len();
        let missing = self.kept_in_redis(missing, &mut loaded).await;
        self.metrics
            .lookup(self.kind.name, "l2", loaded.found.len() - before);
        self.metrics.lookup(self.kind.name, "miss", missing.len());
        if missing.is_empty() {
            return Ok(loaded);
        }
        // Before the read, as with answers.
        let as_of = self.feed.as_of();
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
        loaded.found.extend(read);
        Ok(loaded)
    }

    /// Moves what memory has from `ids` to `found`; gives the others.
    fn kept_here<I, V>(&self, ids: &[I], loaded: &mut Loaded<I, V>) -> Vec<I>
    where
        I: AsRef<str> + Clone + Eq + Hash,
        V: DeserializeOwned,
    {
        let mut missing = Vec::new();
        for id in ids {
            let kept = self.memory.get(&self.key(id.as_ref()));
            if !kept.is_some_and(|entry| self.take(id, &entry, loaded)) {
                missing.push(id.clone());
            }
        }
        missing
    }

    async fn kept_in_redis<I, V>(&self, ids: Vec<I>, loaded: &mut Loaded<I, V>) -> Vec<I>
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
            match entry.map(Arc::new) {
                Some(entry) if self.take(&id, &entry, loaded) => self.memory.insert(key, entry),
                Some(_) | None => missing.push(id),
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
