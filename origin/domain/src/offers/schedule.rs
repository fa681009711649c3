//! When an offer may be used, in local time of Europe/Paris.
//!
//! Each day of the schedule opens one window: from the first moment at which the clock shows `from`
//! until the last minute before `to` is over. So the window is contiguous also in the October night
//! in which an hour is repeated, and users are admitted in both repetitions. The hour that March
//! skips has no moments, so it opens nothing; a window that would begin or end in it begins or ends
//! at the jump.

#[cfg(test)]
mod tests;

use std::ops::Range;

use crate::{
    OfferSchedule,
    paris::{Day, TimeOfDay},
};

impl OfferSchedule {
    /// Whether the offer may be used at a moment, in milliseconds since the Unix epoch.
    pub fn is_open_at(&self, moment_ms: i64) -> bool {
        self.window_at(moment_ms).is_some()
    }

    /// The window that contains a moment, in milliseconds since the Unix epoch; none when closed.
    /// Where two windows meet or overlap, the one that ends later.
    pub fn window_at(&self, moment_ms: i64) -> Option<Range<i64>> {
        let today = Day::of(moment_ms)?;
        // The longest window is one day, so it began yesterday at the earliest.
        [today.previous(), today]
            .into_iter()
            .filter_map(|day| self.window_of(day))
            .filter(|window| window.contains(&moment_ms))
            .max_by_key(|window| window.end)
    }

    /// The window that opens on a day, lasting into the next day where `to` is not after `from`;
    /// none on a day outside the schedule.
    pub fn window_of(&self, day: Day) -> Option<Range<i64>> {
        let weekday = i32::try_from(day.weekday()).ok()?;
        if !self.weekdays.contains(&weekday) {
            return None;
        }
        let (from, to) = (
            TimeOfDay::parse(&self.from)?,
            TimeOfDay::parse_end(&self.to)?,
        );
        let last_day = if to > from { day } else { day.next() };
        Some(day.from_ms(from)..last_day.until_ms(to))
    }
}
