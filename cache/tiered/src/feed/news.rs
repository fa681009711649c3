//! Broadcasts new records of the purge log to code that acts on them, such as subscriptions.
//!
//! A listener receives every record once and in order, from the moment it begins to listen. If it
//! is too slow, or the copy had to begin anew, it receives [`News::Missed`] and must look up again
//! everything it waits for. The queue is bounded.

use std::sync::Arc;

use cache_core::PurgeRecord;
use tokio::sync::broadcast::{self, error::RecvError};

/// How many broadcasts may wait for a listener; each has at most one page of records.
const WAITING: usize = 256;

/// What a listener receives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// The records that follow the ones before.
    Records(Arc<[PurgeRecord]>),
    /// Some records may be missing. What the listener reads from the database from now on is at
    /// least as new as they are.
    Missed,
}

/// Receives every record from when it was created.
#[derive(Debug)]
pub struct Listener(broadcast::Receiver<News>);

impl Listener {
    /// Waits for the next news; `None` when the feed is gone.
    pub async fn next(&mut self) -> Option<News> {
        match self.0.recv().await {
            Ok(news) => Some(news),
            Err(RecvError::Lagged(_)) => Some(News::Missed),
            Err(RecvError::Closed) => None,
        }
    }
}

/// Sends news to all listeners.
#[derive(Debug)]
pub(super) struct Broadcaster(broadcast::Sender<News>);

impl Default for Broadcaster {
    fn default() -> Self {
        Self(broadcast::Sender::new(WAITING))
    }
}

impl Broadcaster {
    pub(super) fn listen(&self) -> Listener {
        Listener(self.0.subscribe())
    }

    /// Sends these records, if anybody listens.
    pub(super) fn tell(&self, records: &[PurgeRecord]) {
        if !records.is_empty() && self.0.receiver_count() > 0 {
            let _nobody_listens = self.0.send(News::Records(records.into()));
        }
    }

    pub(super) fn tell_missed(&self) {
        let _nobody_listens = self.0.send(News::Missed);
    }
}

#[cfg(test)]
mod tests {
    use cache_core::{LogId, PurgeKind, Revision, Tip};

    use super::*;
    use crate::{
        chain::Page,
        clock::{Clock, Moment},
        feed::{Extent, PurgeFeed},
    };

    const LOG: LogId = LogId::from_bytes([1; 16]);
    const OTHER: LogId = LogId::from_bytes([2; 16]);

    fn record(revision: u64) -> PurgeRecord {
        PurgeRecord {
            revision: Revision(revision),
            tags: vec![format!("item:{revision}").parse().unwrap()],
            kind: PurgeKind::Hard,
        }
    }

    fn records(revisions: std::ops::RangeInclusive<u64>) -> Page {
        Page::of_the_database(revisions.map(record).collect())
    }

    /// A check of the log that found this head.
    fn confirm(feed: &PurgeFeed, log: LogId, head: u64) {
        let extent = Extent {
            log,
            horizon: Revision::ZERO,
            tip: Tip {
                revision: Revision(head),
                ..Tip::default()
            },
            attested: Revision(head),
            complete_at: Moment {
                steady_ms: 1,
                wall_ms: 1,
            },
        };
        let check = feed.begin_check();
        let at = feed.take_up(&extent);
        if at < extent.tip.revision {
            feed.append(log, &records(at.0 + 1..=head)).unwrap();
        }
        feed.confirm(&extent, check);
    }

    async fn heard(listener: &mut Listener) -> Vec<u64> {
        match listener.next().await.unwrap() {
            News::Records(records) => records.iter().map(|record| record.revision.0).collect(),
            News::Missed => vec![0],
        }
    }

    #[tokio::test]
    async fn each_record_is_announced_once_whichever_server_appends_it() {
        let feed = PurgeFeed::new(Clock::new(|| 0));
        confirm(&feed, LOG, 2);
        let mut listener = feed.listen();
        feed.heard(LOG, &records(3..=4));
        feed.append(LOG, &records(2..=5)).unwrap();
        feed.append(LOG, &records(4..=5)).unwrap();
        assert!(feed.append(LOG, &records(7..=7)).is_err());
        feed.append(LOG, &records(6..=6)).unwrap();
        assert_eq!(heard(&mut listener).await, [3, 4]);
        assert_eq!(heard(&mut listener).await, [5]);
        assert_eq!(heard(&mut listener).await, [6]);
    }

    #[tokio::test]
    async fn a_copy_that_begins_anew_tells_that_there_may_be_more_once_it_is_complete() {
        let feed = PurgeFeed::new(Clock::new(|| 0));
        confirm(&feed, LOG, 2);
        let mut listener = feed.listen();
        // Old records of a new copy are not sent: it is not known when they were appended.
        confirm(&feed, OTHER, 9);
        feed.heard(OTHER, &records(10..=10));
        assert_eq!(heard(&mut listener).await, [0]);
        assert_eq!(heard(&mut listener).await, [10]);
    }

    #[tokio::test]
    async fn a_listener_that_is_too_slow_is_told_that_it_missed_records() {
        let feed = PurgeFeed::new(Clock::new(|| 0));
        confirm(&feed, LOG, 0);
        let mut listener = feed.listen();
        let most = WAITING as u64 * 2;
        for revision in 1..=most {
            feed.heard(LOG, &records(revision..=revision));
        }
        assert_eq!(heard(&mut listener).await, [0]);
        assert_eq!(heard(&mut listener).await, [most - WAITING as u64 + 1]);
    }
}
