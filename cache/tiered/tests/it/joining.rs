//! Two identical requests at the same time, of which one demands a later revision.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use cache_core::{AsOf, EntryHead, KeyBuilder, Lifetime, LogId, Revision, entry::ContentHash};
use cache_tiered::{
    Answer, Clock, Fill, Link, Metrics, PurgeFeed, Question, Remote, ResponseCache,
    simulated::{Fate, Shelf, SimulatedValues},
};
use tokio_util::task::TaskTracker;

const LOG: LogId = LogId::from_bytes([1; 16]);

fn answered(body: &'static [u8]) -> Fill<()> {
    let head = EntryHead {
        as_of: AsOf {
            log: LOG,
            revision: Revision::ZERO,
        },
        born_ms: 1_000,
        lifetime: Lifetime {
            max_age_s: 60,
            ..Lifetime::default()
        },
        content: ContentHash::of(body),
        tags: Vec::new(),
    };
    Fill::Shared {
        head,
        body: body.into(),
        current_at_ms: None,
    }
}

/// A cache whose first look-up in the second tier takes longer than the second one.
fn cache() -> Arc<ResponseCache<()>> {
    let clock = Clock::new(|| 1_000);
    let feed = Arc::new(PurgeFeed::new(clock.clone()));
    feed.begin(LOG);
    let look_ups = AtomicU32::new(0);
    let fate = move |_key: &_| match look_ups.fetch_add(1, Ordering::Relaxed) {
        0 => Fate::Fails(Duration::from_millis(10)),
        _ => Fate::Fails(Duration::ZERO),
    };
    let client = redis::Client::open("redis://127.0.0.1:1").unwrap();
    let link = Link::new(client, Duration::ZERO, clock, Metrics::default());
    let tasks = TaskTracker::new();
    let values = SimulatedValues::new(Shelf::default(), fate);
    let remote = Remote::simulated(values, link, tasks.clone());
    Arc::new(ResponseCache::new(feed, 1 << 20, Some(remote), tasks))
}

#[tokio::test(start_paused = true)]
async fn a_request_that_demands_a_revision_is_not_answered_by_a_fill_that_does_not_have_it() {
    let cache = cache();
    let ask = |required| Question {
        key: KeyBuilder::new().part(b"a").finish(),
        label: [0; 32],
        required,
    };
    let (with, without) = (ask(Some(Revision(5))), ask(None));
    // Made of cached parts that are new enough for a request without a minimum revision.
    let little = || async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        answered(b"less")
    };
    let (has_seen_more, other) = tokio::join!(
        cache.answer(&with, || async { answered(b"more") }),
        cache.answer(&without, little)
    );
    for (answer, expected) in [(has_seen_more, "more"), (other, "less")] {
        let Answer::Filled { entry, .. } = answer else {
            panic!("{answer:?}");
        };
        assert_eq!(entry.body, expected);
    }
}
