//! Nights: the evening that a moment belongs to.
//!
//! People who go out count 00:10 with the evening that began at 18:00. So a night is from 06:00 to
//! 06:00 in Europe/Paris, and has the name of the day on which it begins. Limits per day, lists and
//! statistics of bookings count by nights. A booking belongs to the night of its opening, however late
//! in the opening it was made: see [`crate::bookings::booking::Booking::night`].

use std::{fmt, ops::Range};

use crate::paris::{Day, TimeOfDay};

/// The local hour at which one night ends and the next one begins.
const BEGINS_AT_HOUR: u32 = 6;

/// An evening and the hours after midnight that belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Night(Day);

impl Night {
    /// The night that contains a moment, in milliseconds since the Unix epoch; none outside the
    /// calendar.
    pub fn of(moment_ms: i64) -> Option<Self> {
        let today = Self(Day::of(moment_ms)?);
        Some(if moment_ms < today.begins_ms() {
            today.previous()
        } else {
            today
        })
    }

    /// The night of an opening: in which it begins. A breakfast from 05:30, or a day from midnight to
    /// midnight, belongs to the day that it begins: it begins after midnight, and most of it is after 06:00.
    pub fn of_opening(time: &Range<i64>) -> Option<Self> {
        let night = Self::of(time.start)?;
        let six_ms = night.next().begins_ms();
        let is_past_midnight = Day::of(time.start)? != night.0;
        let is_mostly_later = time.end.saturating_sub(six_ms) > six_ms - time.start;
        Some(if is_past_midnight && is_mostly_later {
            night.next()
        } else {
            night
        })
    }

    /// The night that begins on this day at 06:00.
    pub const fn beginning_on(day: Day) -> Self {
        Self(day)
    }

    /// Parses exactly the form "2026-10-25".
    pub fn parse(text: &str) -> Option<Self> {
        Day::parse(text).map(Self)
    }

    /// The day on which it begins, after which it is named.
    pub const fn day(self) -> Day {
        self.0
    }

    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.next())
    }

    #[must_use]
    pub fn previous(self) -> Self {
        Self(self.0.previous())
    }

    /// Its first moment.
    pub fn begins_ms(self) -> i64 {
        TimeOfDay::from_minutes(BEGINS_AT_HOUR * 60)
            .map_or_else(|| self.0.begins_ms(), |time| self.0.from_ms(time))
    }

    /// All its moments. A night has 23, 24 or 25 hours.
    pub fn range_ms(self) -> Range<i64> {
        self.begins_ms()..self.next().begins_ms()
    }
}

impl fmt::Display for Night {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use proptest::prelude::*;

    use super::*;

    const HOUR_MS: i64 = 3_600_000;

    fn ms(text: &str) -> i64 {
        DateTime::parse_from_rfc3339(text)
            .unwrap()
            .timestamp_millis()
    }

    fn night(text: &str) -> Night {
        Night::parse(text).unwrap()
    }

    #[test]
    fn an_opening_that_begins_before_six_belongs_to_where_most_of_it_is() {
        for (from, to, expected) in [
            ("06T05:30", "06T11:00", "2026-06-06"),
            ("06T00:00", "07T00:00", "2026-06-06"),
            ("06T02:30", "07T02:30", "2026-06-06"),
            // A club after hours, and evenings.
            ("06T02:00", "06T07:00", "2026-06-05"),
            ("06T00:00", "06T12:00", "2026-06-05"),
            ("05T18:00", "06T18:00", "2026-06-05"),
            ("05T23:59", "06T23:59", "2026-06-05"),
            ("06T06:00", "07T06:00", "2026-06-06"),
        ] {
            let [from, to] = [from, to].map(|at| ms(&format!("2026-06-{at}:00+02:00")));
            assert_eq!(Night::of_opening(&(from..to)), Some(night(expected)));
        }
    }

    #[test]
    fn ten_past_midnight_belongs_to_the_evening_before() {
        for (moment, expected) in [
            ("2026-06-05T18:00:00+02:00", "2026-06-05"),
            ("2026-06-05T23:59:59+02:00", "2026-06-05"),
            ("2026-06-06T00:10:00+02:00", "2026-06-05"),
            ("2026-06-06T05:59:59+02:00", "2026-06-05"),
            ("2026-06-06T06:00:00+02:00", "2026-06-06"),
            ("2026-06-06T12:00:00+02:00", "2026-06-06"),
            // The ends of a month and of a year.
            ("2026-03-01T02:00:00+01:00", "2026-02-28"),
            ("2027-01-01T04:30:00+01:00", "2026-12-31"),
            // At 02:00 on 29 March the clocks show 03:00.
            ("2026-03-29T01:59:59+01:00", "2026-03-28"),
            ("2026-03-29T03:00:00+02:00", "2026-03-28"),
            ("2026-03-29T05:59:59+02:00", "2026-03-28"),
            ("2026-03-29T06:00:00+02:00", "2026-03-29"),
            // At 03:00 on 25 October they show 02:00 again.
            ("2026-10-25T02:30:00+02:00", "2026-10-24"),
            ("2026-10-25T02:30:00+01:00", "2026-10-24"),
            ("2026-10-25T05:59:59+01:00", "2026-10-24"),
            ("2026-10-25T06:00:00+01:00", "2026-10-25"),
        ] {
            assert_eq!(Night::of(ms(moment)), Some(night(expected)), "{moment}");
        }
        assert_eq!(Night::of(i64::MAX), None);
    }

    #[test]
    fn nights_have_23_24_or_25_hours() {
        for (text, hours) in [
            ("2026-03-27", 24),
            ("2026-03-28", 23),
            ("2026-03-29", 24),
            ("2026-10-24", 25),
            ("2026-10-25", 24),
        ] {
            let Range { start, end } = night(text).range_ms();
            assert_eq!(end - start, hours * HOUR_MS, "{text}");
        }
    }

    #[test]
    fn a_night_has_the_name_of_the_day_on_which_it_begins() {
        let day = Day::parse("2026-10-25").unwrap();
        assert_eq!(Night::beginning_on(day), night("2026-10-25"));
        assert_eq!(night("2026-10-25").day(), day);
        assert_eq!(night("2026-10-25").to_string(), "2026-10-25");
        assert_eq!(night("2026-02-28").next(), night("2026-03-01"));
        assert_eq!(night("2026-03-01").previous(), night("2026-02-28"));
        assert_eq!(Night::parse("2026-2-3"), None);
    }

    proptest! {
        /// Every moment is in exactly one night.
        #[test]
        fn nights_follow_each_other(minute in 0..2_100_000_i64) {
            let moment_ms = ms("2026-01-01T00:00:00Z") + minute * 60_000;
            let night = Night::of(moment_ms).unwrap();
            prop_assert!(night.range_ms().contains(&moment_ms));
            prop_assert_eq!(Night::of(night.begins_ms()), Some(night));
            prop_assert_eq!(Night::of(night.begins_ms() - 1), Some(night.previous()));
            prop_assert_eq!(night.range_ms().end, night.next().begins_ms());
        }
    }
}
