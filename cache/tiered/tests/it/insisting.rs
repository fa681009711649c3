//! Requests that demand a revision which the copy of the log has not reached, while the log does
//! not answer.

use std::{sync::Arc, time::Duration};

use cache_core::{Digest, LogId, PurgeKind, PurgeRecord, Revision, Tip};
use cache_tiered::{Clock, Page, PurgeFeed};
use tokio::{
    task::JoinSet,
    time::{Instant, advance},
};

const LOG: LogId = LogId::from_bytes([1; 16]);
const BEYOND: Revision = Revision(1_000_000);
/// How many requests may wait per second.
const A_SECOND: usize = 200;

fn record(revision: u64) -> PurgeRecord {
    PurgeRecord {
        revision: Revision(revision),
        tags: vec!["a".parse().unwrap()],
        kind: PurgeKind::Hard,
    }
}

fn heard(feed: &PurgeFeed, revision: u64) {
    feed.heard(LOG, &Page::of_the_database(vec![record(revision)]));
}

fn attest(feed: &PurgeFeed, revision: u64) {
    let revision = Revision(revision);
    feed.attest(
        LOG,
        Tip {
            revision,
            ..Tip::default()
        },
    );
}

/// A copy that ends at revision 1, without a task that checks the log.
fn feed() -> Arc<PurgeFeed> {
    let feed = PurgeFeed::new(Clock::new(|| 1_000));
    feed.begin(LOG);
    heard(&feed, 1);
    attest(&feed, 1);
    Arc::new(feed)
}

/// Sends `count` requests that demand `minimum` at once. Returns how many waited, and the revisions
/// that the others' answers must contain.
async fn insist(feed: &Arc<PurgeFeed>, count: usize, minimum: Revision) -> (usize, Vec<Revision>) {
    let mut asking = JoinSet::new();
    for _ in 0..count {
        let feed = Arc::clone(feed);
        asking.spawn(async move {
            let began = Instant::now();
            let required = feed.require(Some(minimum)).await.unwrap();
            (!began.elapsed().is_zero(), required)
        });
    }
    let all = asking.join_all().await;
    let waited = all.iter().filter(|(waited, _)| *waited).count();
    let others = all.into_iter().filter(|(waited, _)| !waited);
    (waited, others.map(|(_, required)| required).collect())
}

#[tokio::test(start_paused = true)]
async fn only_so_many_a_second_wait_for_a_log_that_does_not_answer() {
    let feed = feed();
    let (waited, others) = insist(&feed, 5 * A_SECOND, BEYOND).await;
    assert_eq!(waited, A_SECOND);
    assert!(
        others.iter().all(|required| *required == Revision(1)),
        "not less than the copy's head"
    );
    assert_eq!(insist(&feed, 9, BEYOND).await.0, 0, "in the same second");
    advance(Duration::from_secs(1)).await;
    assert_eq!(insist(&feed, 9, BEYOND).await.0, 9);
}

#[tokio::test(start_paused = true)]
async fn a_write_on_this_server_is_insisted_on_whatever_others_do() {
    let feed = feed();
    insist(&feed, 5 * A_SECOND, BEYOND).await;
    heard(&feed, 2);
    let early = insist(&feed, 1, Revision(2)).await;
    assert_eq!(early.0, 1, "the database does not attest it yet");
    attest(&feed, 2);
    assert_eq!(
        insist(&feed, 1, Revision(2)).await,
        (0, vec![Revision(2)]),
        "the copy has it"
    );
    // Another server's record comes before it, and is not here yet.
    heard(&feed, 4);
    attest(&feed, 4);
    assert_eq!(feed.position().head, Revision(2));
    assert_eq!(insist(&feed, 1, Revision(4)).await.0, 1, "it is waited for");
    assert_eq!(insist(&feed, 1, Revision(5)).await.0, 0);
}

#[tokio::test(start_paused = true)]
async fn what_the_database_attests_of_another_record_does_not_count() {
    let feed = feed();
    heard(&feed, 2);
    // The log has lost the copy's record, and has another one at its revision.
    let other = Tip {
        revision: Revision(2),
        digest: Digest::from_bytes([7; 8]),
    };
    feed.attest(LOG, other);
    assert_eq!(feed.position().settled(), Revision(1));
    attest(&feed, 2);
    assert_eq!(feed.position().settled(), Revision(2));
}
