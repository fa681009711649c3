//! The cache of ready answers: memory, then Redis, then one fill for all who ask the same.

use std::sync::Arc;

use bytes::Bytes;
use cache_core::{CacheKey, EntryHead, FetchReason, Revision, StaleReason, Verdict};
use moka::sync::Cache;
use tokio_util::task::TaskTracker;

use crate::{
    cached::Cached,
    feed::PurgeFeed,
    flights::{Boarding, FlightNumber, Flights, Ticket},
    link::LinkError,
    memory,
    remote::Remote,
    stats::{Label, Outcome, Stats},
};

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Question {
    /// Where the answer is stored.
    pub key: CacheKey,
    /// Whose answer it is, for the counts.
    pub label: Label,
    /// The revision that the answer must have seen, see [`PurgeFeed::require`].
    pub required: Option<Revision>,
}

/// What a fill brought. `U` is an answer that is not to be stored.
#[derive(Clone, Debug)]
pub enum Fill<U> {
    /// May be stored and shared.
    Shared {
        head: EntryHead,
        body: Bytes,
        /// See [`crate::Loaded::seen_at_ms`]; none when all of it was read now.
        seen_at_ms: Option<u64>,
    },
    /// Only for whoever waits for it now.
    Unshared(U),
    /// The tier below failed; this says so.
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
    /// The word in `Cache-Status`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Memory => "l1",
            Self::Redis => "l2",
        }
    }
}

/// The answer, and how it came about.
#[derive(Clone, Debug)]
pub enum Answer<U> {
    /// Out of a tier.
    Hit {
        entry: Arc<Cached>,
        tier: Tier,
        stale: Option<StaleReason>,
    },
    /// Made now, by this question or by another one that asked the same.
    Filled {
        entry: Arc<Cached>,
        instead_of: Option<FetchReason>,
        collapsed: bool,
    },
    /// Made now, and nobody keeps it.
    Unshared {
        answer: U,
        instead_of: Option<FetchReason>,
        collapsed: bool,
    },
    /// The tier below failed, and nothing is known against this one.
    Covered { entry: Arc<Cached> },
    /// The tier below failed.
    Failed(U),
}

/// What was found and may not simply be served.
struct Candidate {
    entry: Arc<Cached>,
    why: FetchReason,
}

/// The cache. What is not to be stored is a `U`.
#[derive(Debug)]
pub struct ResponseCache<U> {
    feed: Arc<PurgeFeed>,
    memory: Cache<CacheKey, Arc<Cached>>,
    remote: Option<Remote>,
    flights: Flights<CacheKey, Filled<U>>,
    stats: Stats,
}

impl<U: Clone + Send + Sync + 'static> ResponseCache<U> {
    /// A cache of at most `capacity_bytes` in memory. Fills are tasks of `tasks`.
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

    /// What became of questions.
    pub const fn stats(&self) -> &Stats {
        &self.stats
    }

    /// Answers a question; `fill` makes the answer anew, and takes its `as_of` before it reads.
    pub async fn answer<F>(
        self: &Arc<Self>,
        question: &Question,
        fill: impl Fn() -> F + Clone + Send + 'static,
    ) -> Answer<U>
    where
        F: Future<Output = Fill<U>> + Send + 'static,
    {
        let answer = self.find_or_fill(question, fill).await;
        self.stats.count(&question.label, outcome_of(&answer));
        answer
    }

    async fn find_or_fill<F>(
        self: &Arc<Self>,
        question: &Question,
        fill: impl Fn() -> F + Clone + Send + 'static,
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
        let (filled, collapsed) = self.fill(question, came, &fill).await;
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

    /// Begins to make the answer, unless somebody does already.
    fn begin_fill<F>(
        self: &Arc<Self>,
        key: CacheKey,
        fill: impl Fn() -> F + Send + 'static,
    ) -> Ticket<Filled<U>>
    where
        F: Future<Output = Fill<U>> + Send + 'static,
    {
        let cache = Arc::clone(self);
        self.flights.board(key, move || async move {
            let read_at_ms = cache.feed.clock().steady_ms();
            match fill().await {
                Fill::Shared {
                    head,
                    body,
                    seen_at_ms,
                } => {
                    let seen_at_ms = seen_at_ms.unwrap_or(read_at_ms).min(read_at_ms);
                    let entry = Arc::new(Cached::new(head, body, Some(seen_at_ms)));
                    cache.store(key, &entry);
                    Filled::Shared(entry)
                }
                Fill::Unshared(answer) => Filled::Unshared(answer),
                Fill::Failed(answer) => Filled::Failed(answer),
            }
        })
    }

    fn store(&self, key: CacheKey, entry: &Arc<Cached>) {
        self.memory.insert(key, Arc::clone(entry));
        if let Some(remote) = &self.remote {
            remote.put(key, Arc::clone(entry), self.feed.clock().now().wall_ms);
        }
    }

    /// Makes the answer, together with whoever asks the same now; whether somebody else began.
    ///
    /// A flight that began before this question may bring what was purged in between. So it has to
    /// stand before the same judge as what is stored; else one more flight serves all who joined.
    async fn fill<F>(
        self: &Arc<Self>,
        question: &Question,
        came: FlightNumber,
        fill: &(impl Fn() -> F + Clone + Send + 'static),
    ) -> (Filled<U>, bool)
    where
        F: Future<Output = Fill<U>> + Send + 'static,
    {
        for _ in 0..2 {
            let ticket = self.begin_fill(question.key, fill.clone());
            let joined = ticket.boarding == Boarding::Joined;
            let began_later = ticket.number >= came;
            let Some(filled) = ticket.landed().await else {
                break;
            };
            // Who began it made it for its own client, who may insist on less.
            let sees_enough = began_later && (!joined || question.required.is_none());
            if sees_enough || self.may_be_shared(&filled, question.required) {
                return (filled, joined);
            }
        }
        // It crashed, or began twice before this question.
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

    /// What memory has under a key, and what the judge says of it now.
    pub fn explain_memory(&self, key: &CacheKey) -> Option<(Arc<Cached>, Verdict)> {
        let entry = self.memory.get(key)?;
        let verdict = self.feed.judge(&entry, None);
        Some((entry, verdict))
    }

    /// What Redis has under a key, and what the judge says of it now; nothing without a Redis.
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

    /// The second tier, if there is one.
    pub const fn remote(&self) -> Option<&Remote> {
        self.remote.as_ref()
    }

    /// The heads of everything in memory.
    pub fn heads(&self) -> Vec<Arc<Cached>> {
        self.memory.iter().map(|(_key, entry)| entry).collect()
    }

    /// Entries in memory, and their weight in bytes; about.
    pub fn size(&self) -> (u64, u64) {
        // Else what came and went just now is not counted yet.
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
