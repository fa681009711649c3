//! The cache of whole answers: it looks in memory, then in Redis, then fills once for all requests
//! that ask for the same.

mod warming;

use std::sync::Arc;

use bytes::Bytes;
use cache_core::{CacheKey, EntryHead, FetchReason, Revision, StaleReason, Verdict};
use moka::sync::Cache;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

use crate::{
    cached::Cached,
    feed::PurgeFeed,
    flights::{Boarding, FlightNumber, Flights, Ticket},
    link::LinkError,
    memory,
    metrics::TRACED,
    remote::Remote,
    stats::{Label, Outcome, Stats},
};

pub use warming::Warmed;

/// A request for a cacheable answer.
#[derive(Clone, Copy, Debug)]
pub struct Question {
    /// The cache key.
    pub key: CacheKey,
    /// The document that is executed, under which the outcome is counted.
    pub label: Label,
    /// The minimum revision that the answer must contain, see [`PurgeFeed::require`].
    pub required: Option<Revision>,
}

/// The result of a fill. `U` is the type of answers that are not stored.
#[derive(Clone, Debug)]
pub enum Fill<U> {
    /// An answer that may be stored and shared.
    Shared {
        head: EntryHead,
        body: Bytes,
        /// See [`crate::Loaded::current_at_ms`]; `None` when all of it was read now.
        current_at_ms: Option<u64>,
    },
    /// An answer only for the requests that wait for it now.
    Unshared(U),
    /// The fill failed; this answer says so.
    Failed(U),
}

#[derive(Clone, Debug)]
enum Filled<U> {
    Shared(Arc<Cached>),
    Unshared(U),
    Failed(U),
}

/// Where a hit was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tier {
    /// This server's memory.
    Memory,
    /// Redis.
    Redis,
}

impl Tier {
    /// The name used in `Cache-Status` (as its `detail`).
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Memory => "l1",
            Self::Redis => "l2",
        }
    }
}

/// The answer, and how it was obtained. `instead_of` says why an entry that was found could not be
/// served; `collapsed` that the request shared the fill of another one.
#[derive(Clone, Debug)]
pub enum Answer<U> {
    /// Served from a tier; `stale` if it is being refreshed.
    Hit {
        entry: Arc<Cached>,
        tier: Tier,
        stale: Option<StaleReason>,
    },
    /// Made now, and stored.
    Filled {
        entry: Arc<Cached>,
        instead_of: Option<FetchReason>,
        collapsed: bool,
    },
    /// Made now, and not stored.
    Unshared {
        answer: U,
        instead_of: Option<FetchReason>,
        collapsed: bool,
    },
    /// The fill failed; this stored entry may be served instead (stale-if-error).
    Covered { entry: Arc<Cached> },
    /// The fill failed, and no stored entry may be served instead.
    Failed(U),
}

/// An entry that was found but may only be served if the fill fails, and why.
struct Candidate {
    entry: Arc<Cached>,
    why: FetchReason,
}

/// The cache of answers. `U` is the type of answers that are not stored.
#[derive(Debug)]
pub struct ResponseCache<U> {
    feed: Arc<PurgeFeed>,
    memory: Cache<CacheKey, Arc<Cached>>,
    remote: Option<Remote>,
    flights: Flights<CacheKey, Filled<U>>,
    stats: Stats,
}

impl<U: Clone + Send + Sync + 'static> ResponseCache<U> {
    /// A cache that holds at most `capacity_bytes` in memory. Fills run as tasks of `tasks`.
    pub fn new(
        feed: Arc<PurgeFeed>,
        capacity_bytes: u64,
        remote: Option<Remote>,
        tasks: TaskTracker,
    ) -> Self {
        let memory = memory::of(&feed, capacity_bytes);
        Self {
            feed,
            memory,
            remote,
            flights: Flights::new(tasks),
            stats: Stats::default(),
        }
    }

    /// The outcomes of all requests, counted per document.
    pub const fn stats(&self) -> &Stats {
        &self.stats
    }

    /// Answers a request. `fill` makes a new answer; it must take `as_of` before it reads.
    pub async fn answer<F>(
        self: &Arc<Self>,
        question: &Question,
        fill: impl Fn() -> F + Send + Sync,
    ) -> Answer<U>
    where
        F: Future<Output = Fill<U>> + Send + 'static,
    {
        let answer = self.answer_uncounted(question, fill).await;
        self.stats.count(&question.label, outcome_of(&answer));
        answer
    }

    /// Like [`Self::answer`], for a cache above this one that warms itself: nobody asks for the answer.
    pub async fn answer_uncounted<F>(
        self: &Arc<Self>,
        question: &Question,
        fill: impl Fn() -> F + Send + Sync,
    ) -> Answer<U>
    where
        F: Future<Output = Fill<U>> + Send + 'static,
    {
        let span = tracing::trace_span!(target: TRACED, "cache", outcome = tracing::field::Empty);
        let answer = self
            .find_or_fill(question, &fill)
            .instrument(span.clone())
            .await;
        span.record("outcome", outcome_of(&answer).as_str());
        answer
    }

    /// The entry, if memory has one that may be served as it is. Costs less than [`Self::answer`], which
    /// prepares to wait.
    pub fn hit(&self, question: &Question) -> Option<Arc<Cached>> {
        let entry = self.memory.get(&question.key)?;
        match self.feed.judge(&entry, question.required) {
            Verdict::Serve { .. } => {
                self.stats.count(&question.label, Outcome::Memory);
                Some(entry)
            }
            Verdict::ServeAndRefresh { .. } | Verdict::Fetch { .. } => None,
        }
    }

    async fn find_or_fill<F>(
        self: &Arc<Self>,
        question: &Question,
        fill: &(impl Fn() -> F + Send + Sync),
    ) -> Answer<U>
    where
        F: Future<Output = Fill<U>> + Send + 'static,
    {
        let came = self.flights.next_number();
        let mut candidate: Option<Candidate> = None;
        for tier in [Tier::Memory, Tier::Redis] {
            let Some(entry) = self.look_up(tier, &question.key).await else {
                continue;
            };
            let stale = match self.feed.judge(&entry, question.required) {
                Verdict::Serve { .. } => None,
                Verdict::ServeAndRefresh { why } => Some(why),
                Verdict::Fetch { why, .. } => {
                    let newer = candidate
                        .as_ref()
                        .is_none_or(|known| entry.head.is_newer_than(&known.entry.head));
                    if newer {
                        candidate = Some(Candidate { entry, why });
                    }
                    continue;
                }
            };
            if tier == Tier::Redis {
                self.memory.insert(question.key, Arc::clone(&entry));
            }
            if stale.is_some() {
                let _for_the_next_question = self.begin_fill(question.key, fill);
            }
            return Answer::Hit { entry, tier, stale };
        }
        let (filled, collapsed) = self.fill(question, came, fill).await;
        self.settle(filled, collapsed, candidate, question.required)
    }

    fn settle(
        &self,
        filled: Filled<U>,
        collapsed: bool,
        candidate: Option<Candidate>,
        required: Option<Revision>,
    ) -> Answer<U> {
        let instead_of = candidate.as_ref().map(|candidate| candidate.why.clone());
        match filled {
            Filled::Shared(entry) => Answer::Filled {
                entry,
                instead_of,
                collapsed,
            },
            Filled::Unshared(answer) => Answer::Unshared {
                answer,
                instead_of,
                collapsed,
            },
            Filled::Failed(answer) => match candidate {
                Some(Candidate { entry, .. }) if self.feed.may_stand_in(&entry, required) => {
                    Answer::Covered { entry }
                }
                Some(_) | None => Answer::Failed(answer),
            },
        }
    }

    async fn look_up(&self, tier: Tier, key: &CacheKey) -> Option<Arc<Cached>> {
        match tier {
            Tier::Memory => self.memory.get(key),
            Tier::Redis => match &self.remote {
                Some(remote) => remote.get(key).await.map(Arc::new),
                None => None,
            },
        }
    }

    /// Joins the fill of this key that is in progress, or begins one.
    fn begin_fill<F>(self: &Arc<Self>, key: CacheKey, fill: &impl Fn() -> F) -> Ticket<Filled<U>>
    where
        F: Future<Output = Fill<U>> + Send + 'static,
    {
        let (cache, filling) = (Arc::clone(self), fill());
        self.flights.board(key, move || async move {
            let read_at_ms = cache.feed.clock().steady_ms();
            match filling.await {
                Fill::Shared {
                    head,
                    body,
                    current_at_ms,
                } => {
                    let current_at_ms = current_at_ms.unwrap_or(read_at_ms).min(read_at_ms);
                    let entry = Arc::new(Cached::new(head, body, Some(current_at_ms)));
                    cache.store(key, &entry);
                    Filled::Shared(entry)
                }
                Fill::Unshared(answer) => Filled::Unshared(answer),
                Fill::Failed(answer) => Filled::Failed(answer),
            }
        })
    }

    /// Stores an entry, unless memory has a newer one.
    fn store(&self, key: CacheKey, entry: &Arc<Cached>) {
        if let Some(known) = self.memory.get(&key)
            && known.head.as_of.log == entry.head.as_of.log
            && known.head.is_newer_than(&entry.head)
        {
            return;
        }
        self.memory.insert(key, Arc::clone(entry));
        if let Some(remote) = &self.remote {
            let as_of = self.feed.as_of_for_others(entry.head.as_of);
            let wall_ms = self.feed.clock().now().wall_ms;
            remote.put(key, Arc::clone(entry), as_of, wall_ms);
        }
    }

    /// Fills, together with other requests for the same key; returns whether another request began
    /// the fill.
    ///
    /// A fill that began before this request may return an answer that was purged in between. So its
    /// result is judged like a stored entry; if it may not be served, one more fill serves all that
    /// had joined.
    async fn fill<F>(
        self: &Arc<Self>,
        question: &Question,
        came: FlightNumber,
        fill: &(impl Fn() -> F + Send + Sync),
    ) -> (Filled<U>, bool)
    where
        F: Future<Output = Fill<U>> + Send + 'static,
    {
        for _ in 0..2 {
            let ticket = self.begin_fill(question.key, fill);
            let joined = ticket.boarding == Boarding::Joined;
            let began_later = ticket.number >= came;
            let Some(filled) = ticket.landed().await else {
                break;
            };
            // The request that began the fill may demand a smaller revision than this one.
            let sees_enough = began_later && (!joined || question.required.is_none());
            if sees_enough || self.may_be_shared(&filled, question.required) {
                return (filled, joined);
            }
        }
        // The fill panicked, or neither result could be used: fills for this request alone.
        let filled = match fill().await {
            Fill::Shared { head, body, .. } => {
                Filled::Shared(Arc::new(Cached::new(head, body, None)))
            }
            Fill::Unshared(answer) => Filled::Unshared(answer),
            Fill::Failed(answer) => Filled::Failed(answer),
        };
        (filled, false)
    }

    fn may_be_shared(&self, filled: &Filled<U>, required: Option<Revision>) -> bool {
        match filled {
            Filled::Shared(entry) => {
                !matches!(self.feed.judge(entry, required), Verdict::Fetch { .. })
            }
            Filled::Unshared(_) | Filled::Failed(_) => false,
        }
    }

    /// The entry in memory under a key, and the verdict on it now. For `cache explain`.
    pub fn explain_memory(&self, key: &CacheKey) -> Option<(Arc<Cached>, Verdict)> {
        let entry = self.memory.get(key)?;
        let verdict = self.feed.judge(&entry, None);
        Some((entry, verdict))
    }

    /// The entry in Redis under a key, and the verdict on it now; `None` without Redis. For `cache
    /// explain`.
    pub async fn explain_remote(
        &self,
        key: &CacheKey,
    ) -> Result<Option<(Arc<Cached>, Verdict)>, LinkError> {
        let Some(remote) = &self.remote else {
            return Ok(None);
        };
        Ok(remote.try_get(key).await?.map(|entry| {
            let verdict = self.feed.judge(&entry, None);
            (Arc::new(entry), verdict)
        }))
    }

    /// The second tier (Redis), if there is one.
    pub const fn remote(&self) -> Option<&Remote> {
        self.remote.as_ref()
    }

    /// All entries in memory.
    pub fn heads(&self) -> Vec<Arc<Cached>> {
        self.memory.iter().map(|(_key, entry)| entry).collect()
    }

    /// The approximate number of entries in memory, and their approximate size in bytes.
    pub fn size(&self) -> (u64, u64) {
        // Otherwise the latest inserts and evictions would not be counted yet.
        self.memory.run_pending_tasks();
        (self.memory.entry_count(), self.memory.weighted_size())
    }
}

const fn outcome_of<U>(answer: &Answer<U>) -> Outcome {
    match answer {
        Answer::Hit { stale: Some(_), .. } => Outcome::Stale,
        Answer::Hit {
            tier: Tier::Memory, ..
        } => Outcome::Memory,
        Answer::Hit {
            tier: Tier::Redis, ..
        } => Outcome::Redis,
        Answer::Filled {
            collapsed: true, ..
        } => Outcome::Collapsed,
        Answer::Filled { .. } => Outcome::Filled,
        Answer::Unshared { .. } => Outcome::Unshared,
        Answer::Covered { .. } => Outcome::Covered,
        Answer::Failed(_) => Outcome::Failed,
    }
}
