//! Keeps the copy of the purge log current: it follows new records as they are appended, and checks
//! several times a second that the copy is complete.

use std::{error::Error, time::Duration};

use cache_core::{LogId, Revision, Tip};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use crate::{
    chain::Page,
    feed::{Extent, PurgeFeed},
};

/// The interval between checks of the log.
const CHECK_EVERY: Duration = Duration::from_millis(250);
/// The shortest interval between checks, also when requests ask for one at once.
const CHECKS_APART: Duration = Duration::from_millis(20);
/// How long a check may take.
const CHECK_WITHIN: Duration = Duration::from_millis(1_500);
/// How long one read waits for new records.
const WAIT: Duration = Duration::from_millis(250);
/// The pause after a read has failed.
const AFTER_FAILURE: Duration = Duration::from_millis(100);
/// How many records one read returns at most.
const PAGE_RECORDS: usize = 500;

/// Why the log cannot be read.
pub type SourceError = Box<dyn Error + Send + Sync>;

/// Access to the purge log, wherever it is stored.
pub trait LogSource: Send + Sync + 'static {
    /// Reads where the log ends, after making sure that every write committed before `complete_at`
    /// is in it. `known` is the last position that the log is known to have: a log that does not have
    /// it has lost records, and is replaced by a new one.
    fn check(
        &self,
        known: Option<(LogId, Tip)>,
    ) -> impl Future<Output = Result<Extent, SourceError>> + Send;

    /// Reads at most `limit` records of this log after `after`, without gaps; waits up to `wait` for
    /// the first one.
    fn records_after(
        &self,
        log: LogId,
        after: Revision,
        limit: usize,
        wait: Duration,
    ) -> impl Future<Output = Result<Page, SourceError>> + Send;
}

/// Keeps `feed` current until it is cancelled.
pub async fn run(feed: &PurgeFeed, source: &impl LogSource, stop: CancellationToken) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = check_forever(feed, source) => {}
        () = follow_forever(feed, source) => {}
    }
}

/// Checks the log once; afterwards the copy is as complete as the log.
pub async fn check_once(feed: &PurgeFeed, source: &impl LogSource) -> Result<(), SourceError> {
    let check = feed.begin_check();
    let before = feed.position();
    let extent = timeout(CHECK_WITHIN, source.check(feed.tip())).await??;
    let head = extent.tip.revision;
    if before.log == Some(extent.log) && before.head > head {
        return Err(format!(
            "the purge log went back from revision {} to {head}",
            before.head
        )
        .into());
    }
    let mut at = feed.take_up(&extent);
    while at < head {
        let read = source.records_after(extent.log, at, PAGE_RECORDS, Duration::ZERO);
        let page = timeout(CHECK_WITHIN, read).await??;
        let Some(last) = page.records.last() else {
            return Err(format!(
                "the purge log ends at revision {head}, but has no record after {at}"
            )
            .into());
        };
        feed.append(extent.log, &page)?;
        at = last.revision;
    }
    feed.confirm(&extent, check);
    Ok(())
}

async fn check_forever(feed: &PurgeFeed, source: &impl LogSource) {
    let mut healthy = true;
    loop {
        let began = Instant::now();
        let outcome = check_once(feed, source).await;
        // Only changes are logged, not four lines per second.
        match (&outcome, healthy) {
            (Err(error), true) => tracing::warn!(error, "cannot read the purge log"),
            (Ok(()), false) => tracing::info!("the purge log can be read again"),
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

/// Appends new records as they arrive. It does not confirm that the copy is complete: only a check
/// does, and a check also repairs gaps that are left here.
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
            Ok(Ok(page)) => feed.append(log, &page).is_ok(),
            Ok(Err(_)) | Err(_) => false,
        };
        if !read {
            sleep(AFTER_FAILURE).await;
        }
    }
}
