//! The second tier (L2): entries in Redis. A failure counts as a miss.

use std::{collections::HashSet, sync::Arc, time::Duration};

use bytes::Bytes;
use cache_core::{AsOf, CacheKey, EntryHead};
use redis::AsyncCommands;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

#[cfg(feature = "simulation")]
use crate::simulated::SimulatedValues;
use crate::{
    cached::Cached,
    link::{Link, LinkError},
    stored,
};

/// How long a look-up may take; then the database is read instead.
pub const CALL_WITHIN: Duration = Duration::from_millis(20);
/// How many keys a step of a scan reads.
const SCAN_KEYS: usize = 500;
/// How long a step of a scan may take. It may be longer, because no request waits for it.
const SCAN_WITHIN: Duration = Duration::from_secs(2);

/// Roughly how long a whole scan may take.
const SCAN_AT_MOST: Duration = Duration::from_secs(5);

/// The result of a scan, which may be incomplete.
#[derive(Debug, Default)]
pub struct Scan {
    /// The heads of the entries.
    pub heads: Vec<EntryHead>,
    /// Whether the scan ended before it had seen every entry.
    pub cut: bool,
}

/// The entries in Redis, which all servers share. Clones are handles to the same.
#[derive(Clone, Debug)]
pub struct Remote {
    link: Arc<Link>,
    prefix: Arc<str>,
    tasks: TaskTracker,
    /// Replaces Redis in simulations.
    #[cfg(feature = "simulation")]
    simulated: Option<Arc<SimulatedValues>>,
}

impl Remote {
    /// Entries whose keys begin with `prefix`. Writes run as tasks of `tasks`.
    pub fn new(link: Link, prefix: &str, tasks: TaskTracker) -> Self {
        Self {
            link: Arc::new(link),
            prefix: prefix.into(),
            tasks,
            #[cfg(feature = "simulation")]
            simulated: None,
        }
    }

    /// Entries that a simulation keeps; `link` is not used.
    #[cfg(feature = "simulation")]
    pub fn simulated(values: SimulatedValues, link: Link, tasks: TaskTracker) -> Self {
        Self {
            simulated: Some(Arc::new(values)),
            ..Self::new(link, "simulated", tasks)
        }
    }

    fn name(&self, key: &CacheKey) -> String {
        format!("{}:{key}", self.prefix)
    }

    /// Looks an entry up; `None` also when Redis fails or the value cannot be decoded.
    pub async fn get(&self, key: &CacheKey) -> Option<Cached> {
        self.try_get(key).await.ok()?
    }

    /// Like [`Remote::get`], but tells a failure from an absent entry.
    pub async fn try_get(&self, key: &CacheKey) -> Result<Option<Cached>, LinkError> {
        #[cfg(feature = "simulation")]
        if let Some(values) = &self.simulated {
            return Ok(values.get(key).await.and_then(|value| cached(key, &value)));
        }
        let name = self.name(key);
        let value: Option<Bytes> = self
            .link
            .call("get", async |mut connection| connection.get(&name).await)
            .await?;
        Ok(value.and_then(|value| cached(key, &value)))
    }

    /// Whether the circuit breaker is open, because the last calls failed.
    pub fn is_open(&self) -> bool {
        self.link.is_open()
    }

    /// The number of keys and bytes on the whole server, including those of other applications.
    pub async fn server_size(&self) -> Result<(u64, u64), LinkError> {
        let (keys, memory): (u64, String) = self
            .link
            .call("size", async |mut connection| {
                // Not a pipeline, whose error would not tell that the user may not call `INFO`.
                let keys = redis::cmd("DBSIZE").query_async(&mut connection).await?;
                let mut memory = redis::cmd("INFO");
                memory.arg("memory");
                Ok((keys, memory.query_async(&mut connection).await?))
            })
            .await?;
        let bytes = memory
            .lines()
            .find_map(|line| line.strip_prefix("used_memory:")?.trim().parse().ok())
            .ok_or_else(|| LinkError::Answer("INFO memory without used_memory".into()))?;
        Ok((keys, bytes))
    }

    /// Looks several entries up; the result has one place per key, in the same order.
    pub async fn get_many(&self, keys: &[CacheKey]) -> Vec<Option<Cached>> {
        let nothing = || keys.iter().map(|_| None).collect();
        if keys.is_empty() {
            return nothing();
        }
        #[cfg(feature = "simulation")]
        if let Some(values) = &self.simulated {
            let values = values.get_many(keys).await.into_iter();
            return keys
                .iter()
                .zip(values)
                .map(|(key, value)| cached(key, &value?))
                .collect();
        }
        let names: Vec<String> = keys.iter().map(|key| self.name(key)).collect();
        let values: Result<Vec<Option<Bytes>>, LinkError> = self
            .link
            .call("mget", async |mut connection| connection.mget(&names).await)
            .await;
        match values {
            Ok(values) if values.len() == keys.len() => keys
                .iter()
                .zip(values)
                .map(|(key, value)| cached(key, &value?))
                .collect(),
            Ok(_) | Err(_) => nothing(),
        }
    }

    /// Stores an entry until its lifetime ends, with this `as_of` for the others. Nobody waits for it:
    /// an entry that is lost is read from the database again, and one that arrives late is judged
    /// when it is read.
    pub fn put(&self, key: CacheKey, entry: Arc<Cached>, as_of: AsOf, wall_ms: u64) {
        let life_ms = entry.head.lifetime.total_s().saturating_mul(1_000);
        let left_ms = life_ms.saturating_sub(entry.head.age_ms(wall_ms));
        // Redis refuses `PX 0`, and an entry past its lifetime need not be stored.
        if left_ms == 0 {
            return;
        }
        let remote = self.clone();
        self.tasks.spawn(async move {
            let head = EntryHead {
                as_of,
                ..entry.head.clone()
            };
            let Ok(value) = stored::encode(&key, &head, &entry.body) else {
                return;
            };
            #[cfg(feature = "simulation")]
            if let Some(values) = &remote.simulated {
                return values.set(&key, value).await;
            }
            let name = remote.name(&key);
            // The link counts failures in a metric.
            let _failed_or_not = remote
                .link
                .call("set", async |mut connection| {
                    connection.pset_ex::<_, _, ()>(&name, value, left_ms).await
                })
                .await;
        });
    }

    /// Reads the heads of roughly `most` entries at most, within about 5 s. Only for
    /// operators' commands: it scans the whole key space.
    pub async fn scan(&self, most: usize) -> Result<Scan, LinkError> {
        let pattern = format!("{}:*", self.prefix);
        let deadline = Instant::now() + SCAN_AT_MOST;
        let mut found = Scan::default();
        // `SCAN` may return a key more than once.
        let mut seen = HashSet::new();
        let mut cursor = 0_u64;
        loop {
            let (next, mut names): (u64, Vec<String>) = self
                .link
                .call_within("scan", SCAN_WITHIN, async |mut connection| {
                    redis::cmd("SCAN")
                        .arg(cursor)
                        .arg("MATCH")
                        .arg(&pattern)
                        .arg("COUNT")
                        .arg(SCAN_KEYS)
                        .query_async(&mut connection)
                        .await
                })
                .await?;
            names.retain(|name| seen.insert(name.clone()));
            if !names.is_empty() {
                self.heads(&names, &mut found).await?;
            }
            if next == 0 {
                return Ok(found);
            }
            if found.heads.len() >= most || Instant::now() >= deadline {
                found.cut = true;
                return Ok(found);
            }
            cursor = next;
        }
    }

    async fn heads(&self, names: &[String], found: &mut Scan) -> Result<(), LinkError> {
        let mut reads = redis::pipe();
        for name in names {
            reads.getrange(
                name,
                0,
                isize::try_from(stored::HEAD_BYTES).unwrap_or(isize::MAX) - 1,
            );
        }
        let values: Vec<Bytes> = self
            .link
            .call_within("scan", SCAN_WITHIN, async |mut connection| {
                reads.query_async(&mut connection).await
            })
            .await?;
        for value in &values {
            match stored::decode_head(value) {
                Ok(head) => found.heads.push(head),
                // The head is longer than the part that was read.
                Err(_) if value.len() >= stored::HEAD_BYTES => found.cut = true,
                // It has another version, or was deleted after its name was read.
                Err(_) => {}
            }
        }
        Ok(())
    }
}

fn cached(key: &CacheKey, value: &[u8]) -> Option<Cached> {
    match stored::decode(key, value) {
        Ok((head, body)) => Some(Cached::new(head, body, None)),
        Err(error) => {
            tracing::debug!(%error, "cannot decode an entry from Redis");
            None
        }
    }
}
