//! Warm fills: nobody asks, they share the flight of those who do, and they replace nothing newer.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use cache_core::{
    AsOf, CacheKey, Digest, EntryHead, KeyBuilder, Lifetime, LogId, PurgeKind, PurgeRecord,
    Revision, Tip, entry::ContentHash,
};
use cache_tiered::{
    Answer, Clock, Fill, Link, Metrics, Page, PurgeFeed, Question, Remote, ResponseCache, Warmed,
    simulated::{Fate, Shelf, SimulatedValues},
};
use tokio::time::sleep;
use tokio_util::task::TaskTracker;

const LOG: LogId = LogId::from_bytes([1; 16]);

struct Server {
    feed: Arc<PurgeFeed>,
    cache: Arc<ResponseCache<()>>,
}

fn key() -> CacheKey {
    KeyBuilder::new().part(b"a").finish()
}

impl Server {
    fn over(shelf: &Shelf) -> Self {
        let clock = Clock::new(|| 1_000);
        let feed = Arc::new(PurgeFeed::new(clock.clone()));
        feed.begin(LOG);
        let client = redis::Client::open("redis://127.0.0.1:1").unwrap();
        let link = Link::new(client, Duration::ZERO, clock, Metrics::default());
        let tasks = TaskTracker::new();
        let values = SimulatedValues::new(Arc::clone(shelf), |_| Fate::Works(Duration::ZERO));
        let remote = Remote::simulated(values, link, tasks.clone());
        let cache = ResponseCache::new(Arc::clone(&feed), 1 << 20, Some(remote), tasks);
        let cache = Arc::new(cache);
        Self { feed, cache }
    }

    fn alone() -> Self {
        Self::over(&Shelf::default())
    }

    fn purged(&self, revision: u64) {
        let record = PurgeRecord {
            revision: Revision(revision),
            tags: vec!["item:1".parse().unwrap()],
            kind: PurgeKind::Hard,
        };
        self.feed.heard(LOG, &Page::of_the_database(vec![record]));
        let tip = Tip {
            revision: Revision(revision),
            digest: Digest::default(),
        };
        self.feed.attest(LOG, tip);
    }

    /// Makes an answer as the origin does: `as_of` first.
    fn make(
        &self,
        body: &'static str,
        took: Duration,
    ) -> impl Fn() -> std::pin::Pin<Box<dyn Future<Output = Fill<()>> + Send>> + Send + Sync + use<>
    {
        let feed = Arc::clone(&self.feed);
        move || {
            let as_of = feed.as_of().unwrap();
            Box::pin(async move {
                sleep(took).await;
                answered(as_of, body)
            })
        }
    }

    async fn warm(&self, body: &'static str) -> Warmed {
        self.cache
            .fill_warm(key(), self.make(body, Duration::ZERO))
            .await
    }

    fn hit(&self) -> Option<String> {
        let entry = self.cache.hit(&question())?;
        Some(String::from_utf8(entry.body.to_vec()).unwrap())
    }

    /// How many requests were counted.
    fn counted(&self) -> u64 {
        let all = self.cache.stats().all();
        all.iter().map(|(_, counts)| counts.all()).sum()
    }
}

fn question() -> Question {
    Question {
        key: key(),
        label: [0; 32],
        required: None,
    }
}

fn answered(as_of: AsOf, body: &'static str) -> Fill<()> {
    let head = EntryHead {
        as_of,
        born_ms: 1_000,
        lifetime: Lifetime {
            max_age_s: 60,
            ..Lifetime::default()
        },
        content: ContentHash::of(body.as_bytes()),
        tags: vec!["item:1".parse().unwrap()],
    };
    Fill::Shared {
        head,
        body: body.into(),
        current_at_ms: None,
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_purged_is_a_hit_again_before_anybody_asks() {
    let server = Server::alone();
    assert_eq!(server.warm("old").await, Warmed::Filled);
    assert!(server.cache.is_warm(&key()));
    server.purged(1);
    assert!(!server.cache.is_warm(&key()));
    assert_eq!(server.warm("new").await, Warmed::Filled);
    assert!(server.cache.is_warm(&key()));
    assert_eq!(server.counted(), 0, "nobody has asked");
    assert_eq!(server.hit().as_deref(), Some("new"));
    assert_eq!(server.counted(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_request_and_a_warm_fill_share_one_flight() {
    let server = Server::alone();
    let fills = Arc::new(AtomicU32::new(0));
    let make = server.make("one", Duration::from_millis(50));
    let counting = || {
        let (fills, made) = (Arc::clone(&fills), make());
        async move {
            fills.fetch_add(1, Ordering::Relaxed);
            made.await
        }
    };
    let ask = question();
    let (warmed, answer) = tokio::join!(
        server.cache.fill_warm(key(), &counting),
        server.cache.answer(&ask, &counting)
    );
    assert_eq!(warmed, Warmed::Filled);
    assert!(
        matches!(
            answer,
            Answer::Filled {
                collapsed: true,
                ..
            }
        ),
        "{answer:?}"
    );
    assert_eq!(fills.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn a_fill_that_began_before_the_purge_is_not_enough() {
    let server = Server::alone();
    let make = server.make("of its moment", Duration::from_millis(50));
    let purge = async {
        sleep(Duration::from_millis(20)).await;
        server.purged(1);
    };
    let (warmed, ()) = tokio::join!(server.cache.fill_warm(key(), make), purge);
    assert_eq!(warmed, Warmed::Filled);
    let (entry, _) = server.cache.explain_memory(&key()).unwrap();
    assert_eq!(entry.head.as_of.revision, Revision(1));
}

#[tokio::test(start_paused = true)]
async fn another_server_finds_what_one_made() {
    let shelf = Shelf::default();
    let (one, other) = (Server::over(&shelf), Server::over(&shelf));
    one.purged(1);
    other.purged(1);
    assert_eq!(one.warm("new").await, Warmed::Filled);
    sleep(Duration::from_millis(1)).await;
    // Another server's answer counts only for a copy that is known to be complete.
    assert!(!other.cache.find_warm(&key()).await);
    assert_eq!(other.hit(), None);
}

#[tokio::test(start_paused = true)]
async fn an_older_answer_does_not_replace_a_newer_one() {
    let server = Server::alone();
    let slow = server.make("older", Duration::from_millis(50));
    let newer = async {
        server.purged(1);
        // As from a request that made it alone.
        sleep(Duration::from_millis(10)).await;
    };
    let (_, ()) = tokio::join!(server.cache.fill_warm(key(), slow), newer);
    let (entry, _) = server.cache.explain_memory(&key()).unwrap();
    let of_the_past = AsOf {
        revision: Revision::ZERO,
        ..entry.head.as_of
    };
    let late = move || async move { answered(of_the_past, "of the past") };
    server.cache.fill_warm(key(), late).await;
    assert_eq!(server.hit().as_deref(), Some("older"));
    let (entry, _) = server.cache.explain_memory(&key()).unwrap();
    assert_eq!(entry.head.as_of.revision, Revision(1));
}
