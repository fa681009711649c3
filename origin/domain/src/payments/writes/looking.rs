//! When the provider is asked about a payment of which no report came.

use super::Change;
use crate::{payments::payment::Payment, queue::NewTask};

const FIRST_MS: i64 = 30_000;
const LONGEST_MS: i64 = 10 * 60_000;
/// While its booking may wait for the money, a payment is looked at at least so often: who pays in the last
/// minutes, and whose report is late, keeps the booking.
const WAITED_FOR_MS: i64 = 15 * 60_000;
const LONGEST_WAITED_FOR_MS: i64 = 60_000;

/// The next moment at which a payment is looked at that began at `created_at_ms`: the wait grows as
/// it gets older.
pub fn next_look_ms(created_at_ms: i64, now_ms: i64) -> i64 {
    let age_ms = now_ms - created_at_ms;
    let longest_ms = if age_ms < WAITED_FOR_MS {
        LONGEST_WAITED_FOR_MS
    } else {
        LONGEST_MS
    };
    now_ms + age_ms.clamp(FIRST_MS, longest_ms)
}

/// The look at a payment that is due, and when the next one is.
pub fn look(payment: &Payment, now_ms: i64) -> Change {
    match payment.look_at_ms {
        Some(due_ms) if due_ms <= now_ms => Change {
            payment: Some(Payment {
                look_at_ms: Some(next_look_ms(payment.created_at_ms, now_ms)),
                ..payment.clone()
            }),
            tasks: vec![NewTask::of_poll(&payment.id, now_ms)],
            ..Change::default()
        },
        Some(_) | None => Change::default(),
    }
}
