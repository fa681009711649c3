//! Makes the hottest answers anew before they are asked for: after a start, when a new purge log has begun, and
//! after `purge --warm`.
//!
//! Which answers are hot is counted where they are given (`cache_tiered::hot`) and shared through Redis, so that
//! a server that has just started knows. What is made anew goes into Redis as any answer does: one server makes
//! it, the others find it there.

pub mod metrics;
mod pace;
mod round;

use std::{pin::Pin, time::Duration};

use cache_core::{LogId, Revision, Tag};
use cache_tiered::{News, PurgeFeed, hot::COOLED_EVERY};
use domain::error_chain::chain;
use tokio::time::{Instant, MissedTickBehavior, interval, interval_at};
use tokio_util::sync::CancellationToken;

use self::metrics::Cause;
use crate::state::AppState;

/// How often counts are shared with the other servers.
const SHARED_EVERY: Duration = Duration::from_secs(30);

/// When answers are made anew.
#[derive(Clone, Copy, Debug)]
struct Occasion {
    cause: Cause,
    log: Option<LogId>,
    /// The answers must contain what was purged up to here.
    at: Revision,
}

impl Occasion {
    fn now(cause: Cause, feed: &PurgeFeed) -> Self {
        let position = feed.position();
        Self {
            cause,
            log: position.log,
            at: position.head,
        }
    }

    /// When most of the stored answers are not valid any more, or a record asks for it.
    fn of(news: &News, feed: &PurgeFeed) -> Option<Self> {
        match news {
            News::Records(records) => {
                let warm = Tag::warm();
                let mut asks = records.iter().filter(|record| record.tags.contains(&warm));
                let at = asks.next_back()?.revision;
                let now = Self::now(Cause::Purge, feed);
                Some(Self { at, ..now })
            }
            News::Missed => Some(Self::now(Cause::NewLog, feed)),
        }
    }

    /// The same on all servers that make the same answers anew for the same reason.
    fn name(&self) -> String {
        match (self.cause, self.log) {
            (Cause::Start | Cause::Edge, _) | (_, None) => self.cause.as_str().to_owned(),
            (Cause::NewLog, Some(log)) => log.to_string(),
            (Cause::Purge, Some(log)) => format!("{log}:{}", self.at),
        }
    }
}

/// Keeps the hottest answers warm until `stop` is cancelled.
pub async fn run(state: AppState, stop: CancellationToken) {
    let caches = &state.services.caches;
    let (feed, hot) = (&caches.feed, &caches.hot);
    let mut listener = feed.listen();
    let mut shares = interval(SHARED_EVERY);
    shares.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut cools = interval_at(Instant::now() + COOLED_EVERY, COOLED_EVERY);
    let begin = |occasion| Some(Box::pin(round::run(&state, occasion)));
    let mut round = begin(Occasion::now(Cause::Start, feed));
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            _ = shares.tick() => share(&state).await,
            _ = cools.tick() => hot.cool(),
            news = listener.next() => {
                let Some(news) = news else { break };
                // A new occasion ends the round for the one before: it begins with the hottest again.
                if let Some(occasion) = Occasion::of(&news, feed) {
                    round = begin(occasion);
                }
            }
            () = end_of(&mut round) => round = None,
        }
    }
    // The server that takes over knows what was asked for last.
    share(&state).await;
}

async fn end_of(round: &mut Option<Pin<Box<impl Future<Output = ()>>>>) {
    match round {
        Some(round) => round.as_mut().await,
        None => std::future::pending().await,
    }
}

async fn share(state: &AppState) {
    if let Err(error) = state.services.caches.hot.share().await {
        tracing::debug!(
            error = chain(&error),
            "what is asked for most is not shared with other servers"
        );
    }
}
