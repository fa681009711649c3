//! Lists of offers, answered by the catalogue index in this server's memory.
//!
//! The index obeys the rule of coherence: it has applied the purge log up to a revision, and a list
//! claims to know no more than that. [`following`] keeps it current, [`checking`] compares it with the
//! database.

pub mod checking;
pub mod following;

use std::{
    collections::HashSet,
    fmt,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use cache_core::{AsOf, LogId, Revision};
use cache_tiered::{Position, PurgeFeed, feed::DISTRUST_MS};
use catalogue_index::{Found, Index, Size};
use domain::{
    OfferId, StoreError,
    offers::store::{OfferQuery, OfferStore},
    purges::PurgeStore,
};
use tokio::{
    sync::{Mutex, Notify, watch},
    time::timeout,
};

/// How long a list waits for the index to apply what the log's copy has.
const CATCH_UP_WITHIN: Duration = Duration::from_millis(300);
/// While the log cannot be followed, the database is asked again for a list after so long.
const LOOK_AGAIN_MS: u64 = 250;

const DEFAULT_MEMORY_MIB: u64 = 1_024;

/// Limits of the catalogue index.
#[derive(Clone, Copy, Debug)]
pub struct ListsConfig {
    /// The most memory that the index may take when the server starts, MiB:
    /// `YOUSOON_INDEX_MEMORY_MIB`, default 1024. With a larger one the server does not start.
    pub memory_mib: u64,
}

impl Default for ListsConfig {
    fn default() -> Self {
        Self {
            memory_mib: DEFAULT_MEMORY_MIB,
        }
    }
}

/// A handle on the index; cloning it is cheap.
#[derive(Clone)]
pub struct Lists(Arc<Shared>);

struct Shared {
    state: RwLock<State>,
    reached: watch::Sender<Reached>,
    offers: Arc<dyn OfferStore>,
    purges: Arc<dyn PurgeStore>,
    feed: Arc<PurgeFeed>,
    config: ListsConfig,
    /// Makes the follower read all offers anew.
    anew: Notify,
    /// The follower reads all offers, not only those that were purged since.
    reads_all: AtomicBool,
    /// How many readings of all offers have begun.
    readings_begun: AtomicU64,
    /// Allows one look into the database at a time.
    looking: Mutex<()>,
    /// Held from a read of offers until the index has them, so that no older read comes after a newer
    /// one.
    reading: Mutex<()>,
    /// Held while all offers are read; when the last such reading that succeeded began, in
    /// milliseconds of the steady clock.
    reading_all: Mutex<u64>,
    /// The offers that were read by themselves while all are being read.
    read_meanwhile: std::sync::Mutex<Option<HashSet<OfferId>>>,
    /// Offers of which the index and the database disagreed for longer than the bound, and those of
    /// them that agreed after they were read anew.
    mismatches: AtomicU64,
    mended: AtomicU64,
    /// Offers that cannot be read, as of the last reading of all.
    corrupt: AtomicUsize,
}

#[derive(Debug, Default)]
struct State {
    index: Index,
    reached: Reached,
}

/// What the index knows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Reached {
    stage: Stage,
    /// The log that it follows; none while no log is known.
    log: Option<LogId>,
    /// It has every write whose purge is at or before this revision.
    revision: Revision,
    /// It has every write that was committed before this moment, in milliseconds of the steady
    /// clock.
    complete_at_ms: u64,
    /// Which reading of all offers it has, see [`Shared::readings_begun`].
    reading: u64,
}

impl Reached {
    /// Whether it has every record that the log's copy has.
    fn covers(&self, position: &Position) -> bool {
        self.log == position.log && self.revision >= position.head
    }

    /// The index has every write that was committed before this moment, if the log's copy is at
    /// `position`.
    fn complete_at_ms(&self, position: &Position) -> u64 {
        if self.covers(position) {
            self.complete_at_ms.max(position.complete_at.steady_ms)
        } else {
            self.complete_at_ms
        }
    }

    fn is_loaded(&self) -> bool {
        match self.stage {
            Stage::Loading | Stage::TooLarge => false,
            Stage::Rereading | Stage::Following => true,
        }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Stage {
    /// Offers are missing.
    #[default]
    Loading,
    /// All offers were read once, and take more memory than allowed: the server stops.
    TooLarge,
    /// Records may have been missed: what they may have changed is being read.
    Rereading,
    /// It applies the records as they come.
    Following,
}

/// An answer of the index, and what it can claim.
#[derive(Debug)]
pub struct Listed<T = Found> {
    pub found: T,
    /// The list has every write whose purge is at or before this; none while no log is known.
    pub as_of: Option<AsOf>,
    /// See [`cache_tiered::Loaded::current_at_ms`].
    pub current_at_ms: u64,
}

impl Lists {
    pub fn new(
        offers: Arc<dyn OfferStore>,
        purges: Arc<dyn PurgeStore>,
        feed: Arc<PurgeFeed>,
        config: ListsConfig,
    ) -> Self {
        Self(Arc::new(Shared {
            state: RwLock::default(),
            reached: watch::Sender::default(),
            offers,
            purges,
            feed,
            config,
            anew: Notify::new(),
            reads_all: AtomicBool::new(true),
            readings_begun: AtomicU64::new(0),
            looking: Mutex::default(),
            reading: Mutex::default(),
            reading_all: Mutex::default(),
            read_meanwhile: std::sync::Mutex::default(),
            mismatches: AtomicU64::new(0),
            mended: AtomicU64::new(0),
            corrupt: AtomicUsize::new(0),
        }))
    }

    /// Answers a question; `required` is the minimum revision that the client demands.
    pub async fn answer(
        &self,
        query: &OfferQuery,
        required: Option<Revision>,
    ) -> Result<Listed, StoreError> {
        let answer = |index: &Index| index.answer(query);
        self.ask(query.now_ms, required, answer).await
    }

    /// Asks the index as it is at `now_ms`; `required` is the minimum revision that the client demands.
    pub async fn ask<T>(
        &self,
        now_ms: i64,
        required: Option<Revision>,
        question: impl FnOnce(&Index) -> Result<T, StoreError>,
    ) -> Result<Listed<T>, StoreError> {
        self.catch_up().await;
        if self.is_distrusted() {
            self.look_into_the_database().await?;
        }
        self.advance(now_ms);
        let position = self.0.feed.position();
        let state = self.0.state.read().unwrap_or_else(PoisonError::into_inner);
        let reached = state.reached;
        if !reached.is_loaded() {
            return Err(loading());
        }
        if required.is_some_and(|required| reached.revision < required) {
            return Err(StoreError::Busy(
                "the catalogue index has not caught up with the demanded revision".to_owned(),
            ));
        }
        Ok(Listed {
            found: question(&state.index)?,
            as_of: reached.log.map(|log| AsOf {
                log,
                revision: reached.revision,
            }),
            current_at_ms: reached.complete_at_ms(&position),
        })
    }

    /// Whether all offers were read once.
    pub fn is_loaded(&self) -> bool {
        self.0.reached.borrow().is_loaded()
    }

    /// Waits until all offers were read once.
    pub async fn loaded(&self) {
        let mut reached = self.0.reached.subscribe();
        // The sender lives as long as this borrow of it.
        let _reached = reached.wait_for(Reached::is_loaded).await;
    }

    /// Waits until the index has read all offers and takes more memory than allowed, which may never
    /// be; gives its size.
    pub async fn too_large(&self) -> Size {
        let mut reached = self.0.reached.subscribe();
        // The sender lives as long as this borrow of it.
        let _reached = reached
            .wait_for(|reached| reached.stage == Stage::TooLarge)
            .await;
        self.size()
    }

    /// Reads all offers again: after they were changed without a purge.
    pub async fn reload(&self) {
        let begun_before = self.0.readings_begun.load(Relaxed);
        self.0.anew.notify_one();
        let mut reached = self.0.reached.subscribe();
        let is_new =
            |reached: &Reached| reached.stage == Stage::Following && reached.reading > begun_before;
        let _reached = reached.wait_for(is_new).await;
    }

    /// What the index holds; for metrics.
    pub fn size(&self) -> Size {
        let state = self.0.state.read().unwrap_or_else(PoisonError::into_inner);
        state.index.size()
    }

    /// How many offers cannot be read; for metrics.
    pub fn corrupt(&self) -> usize {
        self.0.corrupt.load(Relaxed)
    }

    /// How many offers the checker found wrong in the index; for metrics.
    pub fn mismatches(&self) -> u64 {
        self.0.mismatches.load(Relaxed)
    }

    /// How many of them are right since they were read anew; for metrics.
    pub fn mended(&self) -> u64 {
        self.0.mended.load(Relaxed)
    }

    /// Waits until the index has applied what the log's copy has, but not for long: it then answers
    /// from what it has.
    async fn catch_up(&self) {
        let position = self.0.feed.position();
        let has_caught_up = |reached: &Reached| {
            reached.stage == Stage::Rereading
                || reached.stage == Stage::Following && reached.covers(&position)
        };
        if has_caught_up(&self.0.reached.borrow()) {
            return;
        }
        let mut reached = self.0.reached.subscribe();
        let _or_late = timeout(CATCH_UP_WITHIN, reached.wait_for(has_caught_up)).await;
    }

    /// Whether the index may lack writes that are longer ago than the bound.
    fn is_distrusted(&self) -> bool {
        let position = self.0.feed.position();
        let complete_at_ms = self.0.reached.borrow().complete_at_ms(&position);
        self.steady_ms().saturating_sub(complete_at_ms) > DISTRUST_MS
    }

    /// Shows what has begun and hides what has ended.
    fn advance(&self, now_ms: i64) {
        let is_due = |index: &Index| index.next_change_ms().is_some_and(|next| next <= now_ms);
        let state = self.0.state.read().unwrap_or_else(PoisonError::into_inner);
        let is_due_now = is_due(&state.index);
        drop(state);
        if is_due_now {
            let mut state = self.0.state.write().unwrap_or_else(PoisonError::into_inner);
            state.index.advance(now_ms);
        }
    }

    fn steady_ms(&self) -> u64 {
        self.0.feed.clock().steady_ms()
    }

    fn now_ms(&self) -> i64 {
        i64::try_from(self.0.feed.clock().now().wall_ms).unwrap_or(i64::MAX)
    }

    /// Changes the index, and what it knows, together.
    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.0.state.write().unwrap_or_else(PoisonError::into_inner);
        let outcome = change(&mut state);
        let reached = state.reached;
        // While the lock is held, so that who waits finds the index as it was announced.
        self.0.reached.send_if_modified(|known| {
            let is_new = *known != reached;
            *known = reached;
            is_new
        });
        outcome
    }
}

fn loading() -> StoreError {
    StoreError::Busy("the catalogue index is being loaded".to_owned())
}

impl fmt::Debug for Lists {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lists")
            .field("reached", &*self.0.reached.borrow())
            .finish_non_exhaustive()
    }
}
