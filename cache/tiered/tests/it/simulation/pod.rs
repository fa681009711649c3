//! A server: the crate's real feed, tail and caches. It makes answers the way the origin does.

use std::{collections::HashMap, sync::Arc, time::Duration};

use bytes::Bytes;
use cache_core::{AsOf, CacheKey, EntryHead, KeyBuilder, Lifetime, Revision, entry::ContentHash};
use cache_tiered::{
    Cached, Clock, EntityCache, Fill, Kind, Link, Metrics, PurgeFeed, Remote, ResponseCache,
    simulated::{Fate, Shelf, SimulatedValues},
    tail,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    oracle::Parts,
    source::{Source, tag},
    tally::Count,
    weather::Weather,
    world::{QUESTIONS, VALUES, World},
};

/// The same as `remote::CALL_WITHIN`: a look-up that takes longer is a miss.
const LOOK_UP_WITHIN_MS: u64 = 20;
const CAPACITY_BYTES: u64 = 1 << 20;
const ENTITY: Kind = Kind {
    name: "item",
    max_age_s: 60,
};

/// One of the reads that an answer is made of.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// Through the cache of entities.
    Entities(&'static [usize]),
    /// From the database.
    Rows(&'static [usize]),
}

const fn lifetime(max_age_s: u32, swr: u32, sie: u32) -> Lifetime {
    Lifetime {
        max_age_s,
        stale_while_revalidate_s: swr,
        stale_if_error_s: sie,
    }
}

/// The reads and the lifetime of each answer.
const RECIPES: [(&[Step], Lifetime); QUESTIONS] = [
    (&[Step::Entities(&[0])], lifetime(60, 0, 0)),
    (
        &[Step::Entities(&[0, 1]), Step::Entities(&[2])],
        lifetime(3, 3, 30),
    ),
    (
        &[Step::Rows(&[3]), Step::Entities(&[2, 1])],
        lifetime(2, 5, 20),
    ),
    (&[Step::Rows(&[0, 3])], lifetime(1, 0, 30)),
];

/// An answer that is not stored; `None` when the fill failed.
pub(super) type Unstored = Option<Parts>;

/// The values of the second tier, for answers and for entities.
#[derive(Clone, Debug, Default)]
pub(super) struct Shelves {
    answers: Shelf,
    entities: Shelf,
}

/// A running server.
#[derive(Debug)]
pub(super) struct Pod {
    pub(super) number: usize,
    world: Arc<World>,
    pub(super) feed: Arc<PurgeFeed>,
    pub(super) source: Arc<Source>,
    pub(super) responses: Arc<ResponseCache<Unstored>>,
    pub(super) entities: EntityCache,
    pub(super) tasks: TaskTracker,
    pub(super) stop: CancellationToken,
}

pub(super) fn key(question: usize) -> CacheKey {
    KeyBuilder::new().part(&question.to_le_bytes()).finish()
}

/// The body of an answer: its parts.
pub(super) fn parts_of(body: &[u8]) -> Option<Parts> {
    serde_json::from_slice(body).ok()
}

fn way(
    world: &Arc<World>,
    pod: usize,
    clock: &Clock,
    shelf: &Shelf,
    tasks: &TaskTracker,
) -> Remote {
    let world = Arc::clone(world);
    let fate = move |key: &CacheKey| {
        let [first, ..] = key.as_bytes();
        let random = world.random(50 + u64::from(*first), pod as u64);
        let took_ms = |below: u64| Duration::from_millis(random % below);
        match world.weathers().values[pod] {
            Weather::Good => Fate::Works(took_ms(3)),
            Weather::Slow => Fate::Works(took_ms(LOOK_UP_WITHIN_MS)),
            Weather::Lossy if (random >> 32).is_multiple_of(2) => Fate::Fails(took_ms(3)),
            // Too late for a look-up. A write may be so late that the entry is old by then.
            Weather::Lossy => Fate::Works(took_ms(3_000)),
            Weather::Down => Fate::Fails(Duration::ZERO),
            Weather::Hung => Fate::Fails(Duration::from_millis(LOOK_UP_WITHIN_MS)),
        }
    };
    let values = SimulatedValues::new(Arc::clone(shelf), fate);
    // Required by the constructor, but never used.
    let client = redis::Client::open("redis://127.0.0.1:1").expect("an address");
    let link = Link::new(client, Duration::ZERO, clock.clone(), Metrics::default());
    Remote::simulated(values, link, tasks.clone())
}

impl Pod {
    /// Starts one, with empty memory.
    pub(super) fn start(world: &Arc<World>, number: usize, shelves: &Shelves) -> Arc<Self> {
        // Each server's wall clock is off by a different amount.
        let skew_ms = 1_000_000 + world.random(90, number as u64) % 3_000;
        let wall = Arc::clone(world);
        let clock = Clock::new(move || skew_ms + wall.now_ms());
        let feed = Arc::new(PurgeFeed::new(clock.clone()));
        if let Some((log, _)) = world.database().in_force() {
            feed.begin(log);
        }
        let tasks = TaskTracker::new();
        let responses = ResponseCache::new(
            Arc::clone(&feed),
            CAPACITY_BYTES,
            Some(way(world, number, &clock, &shelves.answers, &tasks)),
            tasks.clone(),
        );
        let entities = EntityCache::new(
            ENTITY,
            Arc::clone(&feed),
            CAPACITY_BYTES,
            Some(way(world, number, &clock, &shelves.entities, &tasks)),
            Metrics::default(),
        );
        let pod = Arc::new(Self {
            number,
            world: Arc::clone(world),
            source: Arc::new(Source::new(Arc::clone(world), number, Arc::clone(&feed))),
            feed,
            responses: Arc::new(responses),
            entities,
            tasks,
            stop: CancellationToken::new(),
        });
        let tailed = Arc::clone(&pod);
        tokio::spawn(async move {
            tail::run(&tailed.feed, &*tailed.source, tailed.stop.clone()).await;
        });
        pod
    }

    async fn rows(&self, keys: Vec<usize>) -> Option<Parts> {
        let what = VALUES + keys.iter().sum::<usize>() as u64;
        let read = move |world: &World| {
            let database = world.database();
            keys.iter()
                .map(|key| (*key, database.values[*key]))
                .collect()
        };
        self.world.transact(what, read).await
    }

    /// Loads entities through their cache.
    pub(super) async fn load(
        &self,
        keys: &[usize],
        required: Option<Revision>,
    ) -> Option<(Parts, Option<u64>)> {
        let ids: Vec<String> = keys.iter().map(ToString::to_string).collect();
        let tags = |id: &String, _version: &usize| {
            let key = id.parse().ok().and_then(|key| tag(key).ok());
            key.into_iter().collect()
        };
        let tally = &self.world.tally;
        tally.add(Count::EntitiesKept, ids.len());
        let read = async |ids: Vec<String>| {
            tally.add(Count::EntitiesRead, ids.len());
            let keys = ids.iter().filter_map(|id| id.parse().ok()).collect();
            let parts = self.rows(keys).await.ok_or(())?;
            let named = parts
                .into_iter()
                .map(|(key, version)| (key.to_string(), version));
            Ok::<HashMap<String, usize>, ()>(named.collect())
        };
        let found = self.entities.load(&ids, required, tags, read).await.ok()?;
        let parts = found.entities.into_iter();
        let parts: Option<Parts> = parts
            .map(|(id, version)| Some((id.parse().ok()?, version)))
            .collect();
        Some((parts?, found.current_at_ms))
    }

    /// Makes an answer.
    pub(super) async fn fill(&self, question: usize, required: Option<Revision>) -> Fill<Unstored> {
        let (steps, lifetime) = RECIPES[question];
        let as_of = self.feed.as_of();
        let born_ms = self.feed.clock().now().wall_ms;
        let mut parts = Parts::new();
        let mut current_at_ms = None;
        for step in steps {
            let read = match step {
                Step::Rows(keys) => self.rows(keys.to_vec()).await.map(|rows| (rows, None)),
                Step::Entities(keys) => self.load(keys, required).await,
            };
            let Some((read, seen)) = read else {
                return Fill::Failed(None);
            };
            parts.extend(read);
            current_at_ms = current_at_ms.into_iter().chain(seen).min();
        }
        let (Some(as_of), Ok(body)) = (as_of, serde_json::to_vec(&parts)) else {
            return Fill::Unshared(Some(parts));
        };
        let head = EntryHead {
            as_of,
            born_ms,
            lifetime,
            content: ContentHash::of(&body),
            tags: parts.keys().filter_map(|key| tag(*key).ok()).collect(),
        };
        Fill::Shared {
            head,
            body: body.into(),
            current_at_ms,
        }
    }

    /// The entry as it leaves this server.
    pub(super) fn as_seen_by_others(&self, entry: &Cached) -> Cached {
        Self::with_as_of(entry, self.feed.as_of_for_others(entry.as_of()))
    }

    /// The same entry, as if another server had read it with this `as_of`.
    pub(super) fn with_as_of(entry: &Cached, as_of: AsOf) -> Cached {
        let head = EntryHead {
            as_of,
            ..entry.head.clone()
        };
        Cached::new(head, Bytes::clone(&entry.body), None)
    }
}
