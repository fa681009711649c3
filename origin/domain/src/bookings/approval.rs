//! Until when a venue may answer a booking that waits for its approval.

use std::ops::Range;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// A venue has so long to answer.
pub const DECIDED_WITHIN_MS: i64 = 24 * HOUR_MS;
/// So long before the opening the guest has to know.
pub const DECIDED_BEFORE_OPENING_MS: i64 = HOUR_MS;
/// Whoever books shortly before the opening, or during it, leaves the venue so long in any case.
pub const DECIDED_WITHIN_AT_LEAST_MS: i64 = 15 * MINUTE_MS;

/// The first moment at which a booking that is made now for this window can no longer be approved. It
/// is never after the window.
pub fn decide_before_ms(window: &Range<i64>, now_ms: i64) -> i64 {
    let latest_ms = window.start - DECIDED_BEFORE_OPENING_MS;
    (now_ms + DECIDED_WITHIN_MS)
        .min(latest_ms)
        .max(now_ms + DECIDED_WITHIN_AT_LEAST_MS)
        .min(window.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_venue_answers_within_a_day_and_an_hour_before_the_opening_and_has_a_quarter_of_an_hour() {
        // In minutes from now: the opening, its end, the deadline.
        for (from, until, expected) in [
            (10 * 24 * 60, 11 * 24 * 60, 24 * 60),
            (25 * 60, 30 * 60, 24 * 60),
            (25 * 60 - 1, 30 * 60, 24 * 60 - 1),
            (2 * 60, 5 * 60, 60),
            (75, 5 * 60, 15),
            (60, 5 * 60, 15),
            (0, 5 * 60, 15),
            (0, 10, 10),
        ] {
            let window = from * MINUTE_MS..until * MINUTE_MS;
            let expected_ms = 7 + expected * MINUTE_MS;
            let shifted = window.start + 7..window.end + 7;
            assert_eq!(decide_before_ms(&shifted, 7), expected_ms, "{from} {until}");
        }
    }
}
