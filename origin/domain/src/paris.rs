//! Local time in Europe/Paris, where offers are used.
//!
//! Every moment has one local time, and every local time has one moment, except in two nights a
//! year. In March the clocks skip an hour: its local times have no moment. In October an hour is
//! repeated: its local times have two moments, and the caller chooses the first or the last.

use chrono::{
    DateTime, Datelike as _, Days, MappedLocalTime, NaiveDate, NaiveDateTime, NaiveTime,
    TimeZone as _, Timelike as _,
};
use chrono_tz::{Europe::Paris, GapInfo};

const MINUTE_MS: i64 = 60_000;

/// A local time of day, to the minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeOfDay(NaiveTime);

impl TimeOfDay {
    /// Parses exactly "HH:MM".
    pub fn parse(text: &str) -> Option<Self> {
        let [
            h @ b'0'..=b'2',
            hh @ b'0'..=b'9',
            b':',
            m @ b'0'..=b'5',
            mm @ b'0'..=b'9',
        ] = text.as_bytes()
        else {
            return None;
        };
        let number = |tens: &u8, ones: &u8| u32::from(tens - b'0') * 10 + u32::from(ones - b'0');
        NaiveTime::from_hms_opt(number(h, hh), number(m, mm), 0).map(Self)
    }

    /// Parses the end of something on some day: also "24:00", the midnight with which the day ends. That
    /// is the 00:00 of the next day, and an end that is not after its beginning is on the next day.
    pub fn parse_end(text: &str) -> Option<Self> {
        Self::parse(if text == "24:00" { "00:00" } else { text })
    }

    /// The local time of a moment, in milliseconds since the Unix epoch; none outside the calendar.
    pub fn of(moment_ms: i64) -> Option<Self> {
        let moment = DateTime::from_timestamp_millis(moment_ms)?;
        Some(Self(moment.with_timezone(&Paris).time()))
    }

    /// The time this many minutes after midnight; none from the next midnight on.
    pub fn from_minutes(minutes: u32) -> Option<Self> {
        NaiveTime::from_hms_opt(minutes / 60, minutes % 60, 0).map(Self)
    }

    /// Minutes since midnight.
    pub fn minutes(self) -> u32 {
        self.0.hour() * 60 + self.0.minute()
    }
}

impl std::fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0.format("%H:%M"))
    }
}

/// A local day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(NaiveDate);

impl Day {
    /// The day that contains a moment, in milliseconds since the Unix epoch; none outside the
    /// calendar.
    pub fn of(moment_ms: i64) -> Option<Self> {
        let moment = DateTime::from_timestamp_millis(moment_ms)?;
        Some(Self(moment.with_timezone(&Paris).date_naive()))
    }

    /// Parses exactly the form "2026-10-25".
    pub fn parse(text: &str) -> Option<Self> {
        let day = Self(text.parse().ok()?);
        (day.to_string() == text).then_some(day)
    }

    /// By ISO 8601: 1 is Monday, 7 is Sunday.
    pub fn weekday(self) -> u32 {
        self.0.weekday().number_from_monday()
    }

    pub fn year(self) -> i32 {
        self.0.year()
    }

    /// 1 is January, 12 is December.
    pub fn month(self) -> u32 {
        self.0.month()
    }

    /// 1 to 31.
    pub fn day_of_month(self) -> u32 {
        self.0.day()
    }

    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.checked_add_days(Days::new(1)).unwrap_or(self.0))
    }

    #[must_use]
    pub fn previous(self) -> Self {
        self.earlier(1)
    }

    /// The day that is so many days before this one.
    #[must_use]
    pub fn earlier(self, days: u32) -> Self {
        Self(
            self.0
                .checked_sub_days(Days::new(days.into()))
                .unwrap_or(self.0),
        )
    }

    /// How many days `later` is after this one; negative when it is before.
    pub fn days_to(self, later: Self) -> i64 {
        later.0.signed_duration_since(self.0).num_days()
    }

    /// The first moment of the day. A day has 23, 24 or 25 hours.
    pub fn begins_ms(self) -> i64 {
        self.from_ms(TimeOfDay(NaiveTime::MIN))
    }

    /// The first moment at which the clock shows this time, or a later one when it skips it.
    pub fn from_ms(self, time: TimeOfDay) -> i64 {
        match at(self.0.and_time(time.0)) {
            LocalMoments::Moments { first_ms, .. }
            | LocalMoments::Skipped { over_ms: first_ms } => first_ms,
        }
    }

    /// The moment after the last minute before this time. A minute that is repeated ends with its
    /// second repetition.
    pub fn until_ms(self, time: TimeOfDay) -> i64 {
        let last_minute = self.0.and_time(time.0) - chrono::Duration::minutes(1);
        match at(last_minute) {
            LocalMoments::Moments { last_ms, .. } => last_ms + MINUTE_MS,
            LocalMoments::Skipped { over_ms } => over_ms,
        }
    }
}

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// The moments of a local time.
enum LocalMoments {
    /// `first_ms` and `last_ms` are equal, except in the repeated hour.
    Moments { first_ms: i64, last_ms: i64 },
    /// The clock never shows this time: it jumps over it at this moment.
    Skipped { over_ms: i64 },
}

fn at(local: NaiveDateTime) -> LocalMoments {
    match Paris.from_local_datetime(&local) {
        MappedLocalTime::Single(moment) => LocalMoments::Moments {
            first_ms: moment.timestamp_millis(),
            last_ms: moment.timestamp_millis(),
        },
        MappedLocalTime::Ambiguous(first, last) => LocalMoments::Moments {
            first_ms: first.timestamp_millis(),
            last_ms: last.timestamp_millis(),
        },
        MappedLocalTime::None => {
            let end = GapInfo::new(&local, &Paris).and_then(|gap| gap.end);
            // Every gap of this zone ends; without an end the time counts as UTC.
            let over_ms = end.map_or(local.and_utc().timestamp_millis(), |end| {
                end.timestamp_millis()
            });
            LocalMoments::Skipped { over_ms }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_MS: i64 = 3_600_000;

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    fn ms(text: &str) -> i64 {
        DateTime::parse_from_rfc3339(text)
            .unwrap()
            .timestamp_millis()
    }

    #[test]
    fn a_time_is_two_digits_each() {
        for good in ["00:00", "09:30", "23:59"] {
            assert!(TimeOfDay::parse(good).is_some(), "{good}");
        }
        for bad in ["", "9:30", "24:00", "12:60", "12:00:00", "12h00", "١٢:٠٠"] {
            assert_eq!(TimeOfDay::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_day_is_what_the_calendar_says() {
        assert_eq!(Day::of(ms("2026-06-01T22:00:00Z")), Some(day("2026-06-02")));
        assert_eq!(Day::of(ms("2026-01-01T22:59:59Z")), Some(day("2026-01-01")));
        assert_eq!(day("2026-06-01").weekday(), 1);
        assert_eq!(day("2026-02-28").next(), day("2026-03-01"));
        assert_eq!(day("2026-03-01").previous(), day("2026-02-28"));
        assert_eq!(day("2026-02-28").days_to(day("2026-03-02")), 2);
        assert_eq!(Day::of(i64::MAX), None);
        for bad in ["2026-2-3", "2026-02-30", "+2026-02-03", " 2026-02-03"] {
            assert_eq!(Day::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn days_have_23_24_or_25_hours() {
        for (text, hours) in [("2026-03-29", 23), ("2026-03-30", 24), ("2026-10-25", 25)] {
            let length_ms = day(text).next().begins_ms() - day(text).begins_ms();
            assert_eq!(length_ms, hours * HOUR_MS, "{text}");
        }
    }

    #[test]
    fn a_skipped_time_is_the_jump_and_one_that_comes_twice_is_from_the_first_to_the_second() {
        let time = |text| TimeOfDay::parse(text).unwrap();
        let jump_ms = ms("2026-03-29T01:00:00Z");
        let march = day("2026-03-29");
        for text in ["02:00", "02:30", "03:00"] {
            assert_eq!(march.from_ms(time(text)), jump_ms, "{text}");
            assert_eq!(march.until_ms(time(text)), jump_ms, "{text}");
        }
        let october = day("2026-10-25");
        assert_eq!(october.from_ms(time("02:30")), ms("2026-10-25T00:30:00Z"));
        assert_eq!(october.until_ms(time("02:30")), ms("2026-10-25T01:30:00Z"));
        // It closes when the clock first shows 02:00.
        assert_eq!(october.until_ms(time("02:00")), ms("2026-10-25T00:00:00Z"));
        assert_eq!(october.until_ms(time("00:00")), october.begins_ms());
    }
}
