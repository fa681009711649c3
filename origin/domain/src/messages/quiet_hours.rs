//! The quiet hours, 22:00 to 08:00 in Europe/Paris, in which nobody is woken by a message.

use crate::paris::{Day, TimeOfDay};

const BEGIN_MINUTES: u32 = 22 * 60;
const END_MINUTES: u32 = 8 * 60;

/// The end of the quiet hours that contain this moment; none outside of them.
pub fn quiet_until(now_ms: i64) -> Option<i64> {
    let (today, minutes) = (Day::of(now_ms)?, TimeOfDay::of(now_ms)?.minutes());
    let morning = if minutes >= BEGIN_MINUTES {
        today.next()
    } else if minutes < END_MINUTES {
        today
    } else {
        return None;
    };
    TimeOfDay::from_minutes(END_MINUTES).map(|end| morning.from_ms(end))
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn ms(text: &str) -> i64 {
        DateTime::parse_from_rfc3339(text)
            .unwrap()
            .timestamp_millis()
    }

    #[test]
    fn quiet_hours_are_from_22_to_8() {
        for (now, until) in [
            ("2026-06-12T21:59:59.999+02:00", None),
            (
                "2026-06-12T22:00:00+02:00",
                Some("2026-06-13T08:00:00+02:00"),
            ),
            (
                "2026-06-12T23:59:59+02:00",
                Some("2026-06-13T08:00:00+02:00"),
            ),
            (
                "2026-06-13T00:00:00+02:00",
                Some("2026-06-13T08:00:00+02:00"),
            ),
            (
                "2026-06-13T07:59:59.999+02:00",
                Some("2026-06-13T08:00:00+02:00"),
            ),
            ("2026-06-13T08:00:00+02:00", None),
            (
                "2026-12-31T22:30:00+01:00",
                Some("2027-01-01T08:00:00+01:00"),
            ),
        ] {
            assert_eq!(quiet_until(ms(now)), until.map(ms), "{now}");
        }
    }

    #[test]
    fn they_end_at_8_on_the_clock_also_when_the_clocks_change() {
        for (now, until) in [
            // The night has nine quiet hours.
            ("2026-03-28T22:00:00+01:00", "2026-03-29T08:00:00+02:00"),
            ("2026-03-29T03:00:00+02:00", "2026-03-29T08:00:00+02:00"),
            // The night has eleven.
            ("2026-10-24T22:00:00+02:00", "2026-10-25T08:00:00+01:00"),
            ("2026-10-25T02:30:00+02:00", "2026-10-25T08:00:00+01:00"),
            ("2026-10-25T02:30:00+01:00", "2026-10-25T08:00:00+01:00"),
            ("2026-10-25T07:59:00+01:00", "2026-10-25T08:00:00+01:00"),
        ] {
            assert_eq!(quiet_until(ms(now)), Some(ms(until)), "{now}");
        }
        // In UTC the quiet hours begin an hour later in winter.
        assert_eq!(quiet_until(ms("2026-10-25T20:30:00Z")), None);
        assert!(quiet_until(ms("2026-10-24T20:30:00Z")).is_some());
    }

    #[test]
    fn a_moment_outside_the_calendar_is_not_quiet() {
        assert_eq!(quiet_until(i64::MAX), None);
        assert_eq!(quiet_until(i64::MIN), None);
    }
}
