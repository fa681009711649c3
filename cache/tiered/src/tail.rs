//! Keeps the copy current: hears of new records at once, and asks several times a second whether
//! it has all of them.

use std::{error::Error, time::Duration};

use cache_core::{LogId, PurgeRecord, Revision};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use crate::feed::{Extent, PurgeFeed};

/// How often the log is asked whether the copy is complete.
const CHECK_EVERY: Duration = Duration::from_millis(250);
/// And not more often, whatever clients insist on.
const CHECKS_APART: Duration = Duration::from_millis(20);
/// A question that takes longer than this is given up.
const CHECK_WITHIN: Duration = Duration::from_millis(1_500);
/// How long one read waits for something new.
const WAIT: Duration = Duration::from_millis(250);
/// How long nothing is read after a read failed.
const AFTER_FAILURE: Duration = Duration::from_millis(100);
/// Records of one read.
const PAGE_RECORDS: usize = 500;

/// Why the log cannot be read.
pub type SourceError = Box<dyn Error + Send + Sync>;

/// Where the purge log is.
pub trait LogSource: Send + Sync + 'static {
    /// Asks the log where it ends, and makes sure that every write committed before
    /// `complete_at` is in it. `known` is what it is known to have given out: a log that ends
    /// before that has forgotten, and is replaced by a new one.
    fn check(
        &self,
        known: Option<(LogId, Revision)>,
    ) -> impl Future<Output = Result<Extent, SourceError>> + Send;

    /// The records of this log after `after`, at most `limit`, without gaps; waits up to `wait`
    /// for the first one.
    fn records_after(
        &self,
        log: LogId,
        after: Revision,
        limit: usize,
        wait: Duration,
    ) -> impl Future<Output = Result<Vec<PurgeRecord>, SourceError>> + Send;
}

/// Keeps `feed` current until it is cancelled.
pub async fn run(feed: &PurgeFeed, source: &impl LogSource, stop: CancellationToken) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = check_forever(feed, source) => {}
        () = follow_forever(feed, source) => {}
    }
}

/// One question to the log; afterwards the copy is as complete as the log.
pub async fn check_once(feed: &PurgeFeed, source: &impl LogSource) -> Result<(), SourceError> {
    let check = feed.begin_check();
    let before = feed.position();
    let known = before.log.map(|log| (log, before.head));
    let extent = timeout(CHECK_WITHIN, source.check(known)).await??;
    if known.is_some_and(|(log, head)| log == extent.log && head > extent.head) {
        return Err(format!("the log went back from {} to {}", before.head, extent.head).into());
    }
    let mut at = feed.take_up(&extent);
    while at < extent.head {
        let read = source.records_after(extent.log, at, PAGE_RECORDS, Duration::ZERO);
        let records = timeout(CHECK_WITHIN, read).await??;
        let Some(last) = records.last() else {
            return Err(format!(
                "the log ends at {}, and has nothing after {at}",
                extent.head
            )
            .into());
        };
        let reached = last.revision;
        feed.append(extent.log, &records)?;
        at = reached;
    }
    feed.confirm(&extent, check);
    Ok(())
}

async fn check_forever(feed: &PurgeFeed, source: &impl LogSource) {
    let mut healthy = true;
    loop {
        let began = Instant::now();
        let outcome = check_once(feed, source).await;
        // Changes only: four lines a second help nobody.
        match (&outcome, healthy) {
            (Err(error), true) => tracing::warn!(error, "the purge log cannot be followed"),
            (Ok(()), false) => tracing::info!("the purge log is followed again"),
            (Ok(()), true) | (Err(_), false) => {}
        }
        healthy = outcome.is_ok();
        sleep_until(began + CHECKS_APART).await;
        tokio::select! {
            () = sleep_until(began + CHECK_EVERY) => {}
            () = feed.until_urgent() => {}
        }
    }
}

/// Appends what comes. It confirms nothing: only a question does, and it also repairs what is
/// missed here.
async fn follow_forever(feed: &PurgeFeed, source: &impl LogSource) {
    let mut moved = feed.subscribe();
    loop {
        let position = feed.position();
        let Some(log) = position.log else {
            // The feed lives as long as this borrow of it.
            let _changed = moved.changed().await;
            continue;
        };
        let read = source.records_after(log, position.head, PAGE_RECORDS, WAIT);
        let read = match timeout(WAIT + CHECK_WITHIN, read).await {
            Ok(Ok(records)) => feed.append(log, &records).is_ok(),
            Ok(Err(_)) | Err(_) => false,
        };
        if !read {
            sleep(AFTER_FAILURE).await;
        }
    }
}
