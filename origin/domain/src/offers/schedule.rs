//! When an offer may be used, by the clocks of Europe/Paris.
//!
//! Each day of the schedule opens one window: from the first moment at which the clock shows `from`
//! until the last minute before `to` is over. So a window is one piece also in the night in which
//! an hour comes twice, and whoever comes in either of the two is let in. Of the hour that March
//! skips nothing is open; a window that would begin or end in it begins or ends at the jump.

#[cfg(test)]
mod tests;

use std::ops::Range;

use crate::{
    OfferSchedule,
    paris::{Day, TimeOfDay},
};

impl OfferSchedule {
    /// Whether the offer may be used at a moment, milliseconds since the epoch.
    pub fn is_open_at(&self, moment_ms: i64) -> bool {
        self.window_at(moment_ms).is_some()
    }

    /// The window that holds a moment, in milliseconds since the epoch; none when it is closed.
    /// Where two meet or overlap, the one that ends later.
    pub fn window_at(&self, moment_ms: i64) -> Option<Range<i64>> {
        let today = Day::of(moment_ms)?;
        // The longest window is a day: it began yesterday at the earliest.
        [today.previous(), today]
            .into_iter()
            .filter_map(|day| self.window_of(day))
            .filter(|window| window.contains(&moment_ms))
            .max_by_key(|window| window.end)
    }

    /// The window that a day opens, until the next day where `to` is not after `from`; none on a
    /// day that is not of the schedule.
    pub fn window_of(&self, day: Day) -> Option<Range<i64>> {
        let weekday = i32::try_from(day.weekday()).ok()?;
        if !self.weekdays.contains(&weekday) {
            return None;
        }
        let (from, to) = (TimeOfDay::parse(&self.from)?, TimeOfDay::parse(&self.to)?);
        let last_day = if to > from { day } else { day.next() };
        Some(day.from_ms(from)..last_day.until_ms(to))
    }
}
