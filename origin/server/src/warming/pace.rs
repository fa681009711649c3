//! How fast answers are made anew.

use std::{num::NonZeroU32, time::Duration};

use tokio::{
    sync::Mutex,
    time::{Interval, MissedTickBehavior, interval, sleep},
};

/// While more fills than this are under way, requests go first.
const BUSY: usize = 16;
/// For how long they go first at most.
const MAKES_WAY_FOR: Duration = Duration::from_millis(500);
const LOOKS_AGAIN_AFTER: Duration = Duration::from_millis(10);

/// Lets so many fills a second begin.
#[derive(Debug)]
pub(super) struct Pace(Mutex<Interval>);

impl Pace {
    pub(super) fn of(per_s: NonZeroU32) -> Self {
        let mut ticks = interval(Duration::from_secs(1) / per_s.get());
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self(Mutex::new(ticks))
    }

    /// Waits until the next fill may begin. `under_way` tells how many are.
    pub(super) async fn next(&self, under_way: impl Fn() -> usize) {
        let mut ticks = self.0.lock().await;
        ticks.tick().await;
        let make_way = async {
            while under_way() > BUSY {
                sleep(LOOKS_AGAIN_AFTER).await;
            }
        };
        // After that readers have waited for nobody else either.
        let _or_long_enough = tokio::time::timeout(MAKES_WAY_FOR, make_way).await;
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    async fn takes(fills: u32, per_s: u32, under_way: usize) -> Duration {
        let began = Instant::now();
        let pace = Pace::of(NonZeroU32::new(per_s).unwrap());
        for _ in 0..fills {
            pace.next(|| under_way).await;
        }
        began.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn so_many_begin_in_a_second() {
        let took = takes(101, 50, 0).await;
        assert_eq!(took.as_secs(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn requests_go_first_for_a_while() {
        let took = takes(4, 50, BUSY + 1).await;
        assert_eq!(took.as_secs(), 2);
        assert!(takes(4, 50, BUSY).await.as_millis() < 100);
    }
}
