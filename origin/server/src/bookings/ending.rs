//! Ends bookings that nobody can use any more: what was not confirmed expires, and who did not come
//! is a no-show. One server at a time does it, the one that has the lease; the others wait until it
//! gives the lease back or dies. Done by two at once, or once more after a crash, it does nothing
//! new: each end is a step of the table, in a transaction.

use std::{sync::Arc, time::Duration};

use access::random;
use api::services::Clock;
use domain::{
    StoreError,
    bookings::{
        rules,
        store::{BookingStore, By, Stepped},
    },
    error_chain::chain,
};
use purging::PurgeLog;
use tokio_util::sync::CancellationToken;

/// How late an end may come.
const EVERY: Duration = Duration::from_secs(5);
/// How long after its last renewal a lease counts as left behind.
const LEASE_MS: i64 = 20_000;
/// So many are looked for at once, and ended within the lease.
const AT_ONCE: usize = 100;

/// What the job needs.
#[derive(Clone, Debug)]
pub struct Ending {
    bookings: Arc<dyn BookingStore>,
    log: PurgeLog,
    clock: Clock,
    /// This server, to the lease.
    holder: String,
}

impl Ending {
    pub fn new(bookings: Arc<dyn BookingStore>, log: PurgeLog, clock: Clock) -> Self {
        let holder = hex::encode(random::bytes::<12>());
        Self {
            bookings,
            log,
            clock,
            holder,
        }
    }

    /// Runs until it is cancelled, and gives the lease back.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                ended = self.turn() => match ended {
                    Ok(0) => {}
                    Ok(count) => tracing::info!(count, "bookings ended"),
                    Err(error) => {
                        let error = chain(&error);
                        tracing::warn!(error, "bookings are not ended; tried again soon");
                    }
                },
            }
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(EVERY) => {}
            }
        }
        if let Err(error) = self.bookings.give_lease_back(&self.holder).await {
            tracing::warn!(
                error = chain(&error),
                "the lease of bookings was not given back"
            );
        }
    }

    /// Ends all that is due, if this server has the lease; says how many.
    pub async fn turn(&self) -> Result<usize, StoreError> {
        let mut count = 0;
        loop {
            let now_ms = self.clock.now_ms();
            let until_ms = now_ms + LEASE_MS;
            let lease = self.bookings.take_lease(&self.holder, until_ms, now_ms);
            if !lease.await? {
                return Ok(count);
            }
            let due = self.bookings.due(now_ms, AT_ONCE).await?;
            let is_last = due.len() < AT_ONCE;
            let mut ended = 0;
            for booking in due {
                // Somebody else goes on where this one took too long.
                if self.clock.now_ms() >= until_ms {
                    break;
                }
                let Some(step) = rules::due_step(booking.status) else {
                    continue;
                };
                let done = self.bookings.step(&booking.id, step, By::Job, now_ms);
                match done.await? {
                    Stepped::Done(_) => ended += 1,
                    // It was used or ended between the two reads.
                    Stepped::Refused(_) => {}
                }
            }
            if ended > 0 {
                self.log.drain_outbox(now_ms).await?;
            }
            count += ended;
            // Without progress another look would find the same.
            if is_last || ended == 0 {
                return Ok(count);
            }
        }
    }
}
