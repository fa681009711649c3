//! The time of day, and limits on waiting.

use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use worker::Delay;

/// Milliseconds since the Unix epoch. A Worker's clock stands still between two I/O operations.
pub(crate) fn now_ms() -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a date after 1970"
    )]
    let now_ms = js_sys::Date::now() as u64;
    now_ms
}

/// Waits for a result for at most `limit_ms` milliseconds; `None` when it takes longer.
pub(crate) async fn within<T>(limit_ms: u64, result: impl Future<Output = T>) -> Option<T> {
    let limit = Delay::from(Duration::from_millis(limit_ms));
    match select(pin!(result), limit).await {
        Either::Left((result, _)) => Some(result),
        Either::Right(_) => None,
    }
}
