//! Which of many schedules are open at one moment: the clock is asked once for all of them.

use super::schedule::weekday_bit;
use crate::{
    OfferSchedule,
    paris::{Day, TimeOfDay},
};

const DAY_MINUTES: u16 = 24 * 60;

/// A schedule in six bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hours {
    /// The lowest bit is Monday.
    weekdays: u8,
    /// Minutes since midnight.
    from: u16,
    /// Minutes since midnight; not after `from` means the next day.
    to: u16,
}

impl Hours {
    /// Every day until the next midnight: there is no gap, also when the clocks change.
    pub const ALWAYS: Self = Self {
        weekdays: 0b111_1111,
        from: 0,
        to: 0,
    };
    const NEVER: Self = Self {
        weekdays: 0,
        from: 0,
        to: 0,
    };

    /// Of a schedule; an offer without one is always open, and one that cannot be read never.
    pub fn of(schedule: Option<&OfferSchedule>) -> Self {
        schedule.map_or(Self::ALWAYS, |schedule| {
            Self::read(schedule).unwrap_or(Self::NEVER)
        })
    }

    fn read(schedule: &OfferSchedule) -> Option<Self> {
        let minutes = |time: TimeOfDay| u16::try_from(time.minutes()).ok();
        let days = schedule.weekdays.iter();
        Some(Self {
            weekdays: days.fold(0, |days, day| days | weekday_bit(*day)),
            from: minutes(TimeOfDay::parse(&schedule.from)?)?,
            to: minutes(TimeOfDay::parse_end(&schedule.to)?)?,
        })
    }
}

/// A moment, as far as schedules are open at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenAt {
    today: u8,
    yesterday: u8,
    /// Windows that begin today until this minute have begun.
    begun_until: u16,
    /// Windows that end today at this minute or later are not over; 1440 if all are.
    open_from: u16,
}

impl OpenAt {
    /// None outside the calendar, where nothing is open.
    pub fn of(moment_ms: i64) -> Option<Self> {
        let today = Day::of(moment_ms)?;
        let bit = |day: Day| i32::try_from(day.weekday()).map(weekday_bit).ok();
        let time = |minute: u16| TimeOfDay::from_minutes(minute.into());
        let has_begun =
            |minute: u16| time(minute).is_some_and(|from| today.from_ms(from) <= moment_ms);
        let is_over = |minute: u16| time(minute).is_some_and(|to| today.until_ms(to) <= moment_ms);
        Some(Self {
            today: bit(today)?,
            yesterday: bit(today.previous())?,
            // The first minute of a day has begun, as long as the day lasts.
            begun_until: first_not(has_begun).saturating_sub(1),
            open_from: first_not(is_over),
        })
    }

    /// As [`OfferSchedule::is_open_at`].
    pub const fn is_open(&self, hours: Hours) -> bool {
        let Hours { weekdays, from, to } = hours;
        let ends_next_day = to <= from;
        let is_not_over = to >= self.open_from;
        let since_today = weekdays & self.today != 0
            && from <= self.begun_until
            && (ends_next_day || is_not_over);
        let since_yesterday = weekdays & self.yesterday != 0 && ends_next_day && is_not_over;
        since_today || since_yesterday
    }
}

/// The first minute of a day for which this is false, if it is false for all later ones; 1440 if there
/// is none.
fn first_not(holds: impl Fn(u16) -> bool) -> u16 {
    let (mut low, mut high) = (0, DAY_MINUTES);
    while low < high {
        let middle = low.midpoint(high);
        if holds(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}
