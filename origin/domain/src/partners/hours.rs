//! Opening hours of an establishment: one entry per day or, with breaks, several.

use crate::{
    OpeningHour,
    broken::{BrokenRule, Rule},
    paris::TimeOfDay,
};

const DAY_MINUTES: u32 = 24 * 60;
const WEEK_MINUTES: u32 = 7 * DAY_MINUTES;
/// Four entries a day: three breaks are enough for anybody.
const MAX_ENTRIES: usize = 28;

const COUNT: Rule = Rule::new(
    "LIST_LENGTH",
    "compte au plus 28 entrées",
    "has at most 28 entries",
);
const TIMES: Rule = Rule::new(
    "TIME",
    "va d’une heure locale, de 00:00 à 23:59, à une autre, jusqu’à 24:00",
    "has local times, 00:00 to 23:59, and 24:00 for the end of the day",
);
const OVERLAP: Rule = Rule::new("OVERLAP", "ne se recoupe pas", "does not overlap");

/// Sorts the hours by weekday and time, and rejects overlaps.
pub fn opening_hours(hours: Vec<OpeningHour>) -> Result<Vec<OpeningHour>, BrokenRule> {
    if hours.len() > MAX_ENTRIES {
        return Err(COUNT.at("openingHours"));
    }
    let mut of_week = Vec::with_capacity(hours.len());
    for (index, hour) in hours.into_iter().enumerate() {
        let span = span(&hour).ok_or(TIMES.at("openingHours").of_element(index))?;
        of_week.push((span, hour));
    }
    of_week.sort_by_key(|(span, _)| *span);
    let spans: Vec<(u32, u32)> = of_week.iter().map(|(span, _)| *span).collect();
    // The last entry of the week may reach into the first entry of the next week.
    let first_again = spans
        .first()
        .map(|(opens, closes)| (opens + WEEK_MINUTES, closes + WEEK_MINUTES));
    let following = spans.iter().skip(1).copied().chain(first_again);
    if spans
        .iter()
        .zip(following)
        .any(|((_, closes), (opens, _))| *closes > opens)
    {
        return Err(OVERLAP.at("openingHours"));
    }
    Ok(of_week.into_iter().map(|(_, hour)| hour).collect())
}

/// The start and end in minutes since Monday 00:00. A closing time that is not after the opening
/// time is on the next day.
fn span(hour: &OpeningHour) -> Option<(u32, u32)> {
    let (opens, closes) = (
        TimeOfDay::parse(&hour.opens)?.minutes(),
        TimeOfDay::parse_end(&hour.closes)?.minutes(),
    );
    let day = u32::try_from(hour.weekday.number() - 1).ok()?;
    let next_day = if closes > opens { 0 } else { DAY_MINUTES };
    let begins = day * DAY_MINUTES;
    Some((begins + opens, begins + closes + next_day))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Weekday;

    fn hour(weekday: i32, opens: &str, closes: &str) -> OpeningHour {
        OpeningHour {
            weekday: Weekday::new(weekday).unwrap(),
            opens: opens.into(),
            closes: closes.into(),
        }
    }

    #[test]
    fn hours_stand_in_the_order_of_the_week_with_their_breaks() {
        let (noon, evening) = (hour(1, "12:00", "14:30"), hour(1, "19:00", "01:00"));
        let tuesday = hour(2, "01:00", "03:00");
        let given = vec![tuesday.clone(), evening.clone(), noon.clone()];
        assert_eq!(opening_hours(given).unwrap(), [noon, evening, tuesday]);
        assert_eq!(opening_hours(vec![]).unwrap(), []);
    }

    #[test]
    fn hours_do_not_overlap_nor_over_midnight_nor_over_sunday() {
        let always: Vec<_> = (1..=7).map(|day| hour(day, "00:00", "00:00")).collect();
        assert_eq!(opening_hours(always.clone()).unwrap(), always);
        for (one, other) in [
            (hour(1, "12:00", "14:30"), hour(1, "14:00", "15:00")),
            (hour(1, "12:00", "14:30"), hour(1, "12:00", "14:30")),
            (hour(1, "22:00", "02:00"), hour(2, "01:59", "03:00")),
            (hour(7, "22:00", "02:00"), hour(1, "00:00", "03:00")),
            (hour(3, "00:00", "00:00"), hour(3, "12:00", "13:00")),
        ] {
            for given in [vec![one.clone(), other.clone()], vec![other, one]] {
                let broken = opening_hours(given.clone()).unwrap_err();
                assert_eq!(broken.rule, OVERLAP, "{given:?}");
            }
        }
    }

    #[test]
    fn a_day_ends_at_24_00_and_seven_such_days_are_round_the_clock() {
        let always: Vec<_> = (1..=7).map(|day| hour(day, "00:00", "24:00")).collect();
        assert_eq!(opening_hours(always.clone()).unwrap(), always);
        let (evening, night) = (hour(1, "18:00", "24:00"), hour(2, "00:00", "02:00"));
        assert!(opening_hours(vec![evening.clone(), night]).is_ok());
        let early = hour(1, "23:59", "01:00");
        assert_eq!(
            opening_hours(vec![evening, early]).unwrap_err().rule,
            OVERLAP
        );
    }

    #[test]
    fn hours_are_times_and_not_too_many() {
        for bad in ["24:00", "9:00", ""] {
            assert!(opening_hours(vec![hour(1, bad, "12:00")]).is_err(), "{bad}");
        }
        for bad in ["24:01", "25:00", "9:00", ""] {
            assert!(opening_hours(vec![hour(1, "12:00", bad)]).is_err(), "{bad}");
        }
        let many = (0..29).map(|n| hour(1, &format!("10:{n:02}"), &format!("10:{:02}", n + 1)));
        assert!(opening_hours(many.collect()).is_err());
    }
}
