//! What a partner's nights add up to: by offer, and by hour of the night.

use crate::{OfferId, night::Night};

/// What happened with an offer in one night.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferNight {
    pub night: Night,
    pub offer: OfferId,
    pub figures: Figures,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Bookings that were made, whatever their status now.
    pub bookings: i64,
    /// Bookings that were checked in, and the people of these.
    pub check_ins: i64,
    pub guests: i64,
    /// People who came without a booking.
    pub walk_ins: i64,
}

impl Figures {
    pub const fn add(&mut self, other: Self) {
        self.bookings += other.bookings;
        self.check_ins += other.check_ins;
        self.guests += other.guests;
        self.walk_ins += other.walk_ins;
    }
}

/// Who came within an hour of a night: the hour of the clock in UTC, as databases know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UtcHour {
    pub night: Night,
    /// 0 to 23.
    pub hour: u32,
    pub figures: Figures,
}

/// Who came within the hours of the clock in Europe/Paris, from 06:00 on: 24 of them, each with the figures
/// of all nights.
pub fn by_local_hour(hours: &[UtcHour]) -> Vec<(u32, Figures)> {
    let mut all: Vec<(u32, Figures)> = (6..30)
        .map(|hour| (hour % 24, Figures::default()))
        .collect();
    for counted in hours {
        let local = local_hour(counted.night, counted.hour);
        if let Some((_, figures)) = all.iter_mut().find(|(hour, _)| *hour == local) {
            figures.add(counted.figures);
        }
    }
    all
}

/// The local hour that an hour in UTC is in a night. In the night of 25 hours its first and its last hour are
/// the same one in UTC; few go out at six.
fn local_hour(night: Night, utc_hour: u32) -> u32 {
    const HOUR_MS: i64 = 3_600_000;
    let range = night.range_ms();
    let hours = (0..).map(|n| range.start + n * HOUR_MS);
    let found = hours
        .take_while(|ms| *ms < range.end)
        .filter(|ms| (ms / HOUR_MS).rem_euclid(24) == i64::from(utc_hour))
        .last();
    let local = found.and_then(crate::paris::TimeOfDay::of);
    local.map_or(utc_hour, |time| time.minutes() / 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_in_utc_is_one_of_the_clock_in_paris() {
        for (night, utc, local) in [
            ("2026-06-05", 4, 6),
            ("2026-06-05", 16, 18),
            ("2026-06-05", 22, 0),
            ("2026-06-05", 3, 5),
            ("2026-01-05", 23, 0),
            ("2026-01-05", 4, 5),
            // The clocks go forward at 01:00 UTC, and back in October.
            ("2026-03-28", 0, 1),
            ("2026-03-28", 1, 3),
            ("2026-10-24", 0, 2),
            ("2026-10-24", 1, 2),
            ("2026-10-24", 4, 5),
        ] {
            assert_eq!(
                local_hour(Night::parse(night).unwrap(), utc),
                local,
                "{night} {utc}"
            );
        }
    }

    #[test]
    fn the_hours_of_all_nights_add_up_from_six_on() {
        let hour = |night, hour, check_ins| UtcHour {
            night: Night::parse(night).unwrap(),
            hour,
            figures: Figures {
                check_ins,
                ..Figures::default()
            },
        };
        let hours = [
            hour("2026-06-05", 22, 3),
            hour("2026-06-06", 22, 4),
            hour("2026-01-05", 23, 5),
        ];
        let all = by_local_hour(&hours);
        assert_eq!((all.len(), all[0].0, all[23].0), (24, 6, 5));
        let midnight = all.iter().find(|(hour, _)| *hour == 0).unwrap();
        assert_eq!(midnight.1.check_ins, 12);
        let sum: i64 = all.iter().map(|(_, figures)| figures.check_ins).sum();
        assert_eq!(sum, 12);
    }
}
