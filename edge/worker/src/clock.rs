//! The time of day.

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
