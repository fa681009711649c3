//! Ends bookings whose time is over: unconfirmed ones expire, confirmed ones without a check-in
//! become no-shows.
//!
//! Only the server that holds the lease does this; the others wait until it returns the lease or
//! dies. Two servers at once, or a repetition after a crash, do no harm: each end is a step of the
//! transition table, in a transaction.

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

/// The time between two runs, which is how late a booking may be ended.
const EVERY: Duration = Duration::from_secs(5);
/// How long after its last renewal a lease counts as abandoned.
const LEASE_MS: i64 = 20_000;
/// How many due bookings one batch reads and ends, within one lease.
const AT_ONCE: usize = 100;

/// The job that ends bookings.
#[derive(Clone, Debug)]
pub struct Ending {
    bookings: Arc<dyn BookingStore>,
    log: PurgeLog,
    clock: Clock,
    /// The name under which this server holds the lease.
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

    /// Runs until `stop` is cancelled, then gives the lease back.
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

    /// Ends all due bookings if this server gets the lease. Returns how many it ended.
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
                // The lease ran out: another server may already continue.
                if self.clock.now_ms() >= until_ms {
                    break;
                }
                let Some(step) = rules::due_step(booking.status) else {
                    continue;
                };
                let done = self.bookings.step(&booking.id, step, By::Job, now_ms);
                match done.await? {
                    Stepped::Done(_) => ended += 1,
                    // The booking was used or ended after it was read.
                    Stepped::Before(_) | Stepped::Refused(_) | Stepped::NoAccount => {}
                }
            }
            if ended > 0 {
                self.log.drain_outbox(now_ms).await?;
            }
            count += ended;
            // Without progress, another query would find the same bookings.
            if is_last || ended == 0 {
                return Ok(count);
            }
        }
    }
}
