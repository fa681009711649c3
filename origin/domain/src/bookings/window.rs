//! The window in which a booking may be used: the offer's current opening, or else the next one.

#[cfg(test)]
mod tests;

use std::ops::Range;

use crate::{Offer, paris::Day};

const HOUR_MS: i64 = 3_600_000;
/// How long a booking of an offer without a schedule may be used, in milliseconds.
pub const WITHOUT_SCHEDULE_MS: i64 = 24 * HOUR_MS;
/// Schedules repeat weekly: one without an opening within this many days never opens.
const DAYS_AHEAD: usize = 8;

/// Whether the offer is public, and so bookable, at this moment.
pub const fn is_bookable(offer: &Offer, now_ms: i64) -> bool {
    offer.is_active && offer.valid_from_ms <= now_ms && now_ms < offer.valid_until_ms
}

/// The window that is open at or after `now_ms`, within the offer's validity; none when the offer
/// does not open any more.
pub fn next_window(offer: &Offer, now_ms: i64) -> Option<Range<i64>> {
    let clip = |from: i64, until: i64| {
        let window = from.max(now_ms).max(offer.valid_from_ms)..until.min(offer.valid_until_ms);
        (!window.is_empty()).then_some(window)
    };
    let Some(schedule) = &offer.schedule else {
        return clip(now_ms, now_ms.saturating_add(WITHOUT_SCHEDULE_MS));
    };
    // An opening may have begun yesterday.
    let yesterday = Day::of(now_ms)?.previous();
    std::iter::successors(Some(yesterday), |day| Some(day.next()))
        .take(DAYS_AHEAD + 1)
        .filter_map(|day| schedule.window_of(day))
        .filter_map(|opening| clip(opening.start, opening.end))
        // Of several openings that are open now, take the one that ends last.
        .min_by_key(|window| (window.start, std::cmp::Reverse(window.end)))
}
