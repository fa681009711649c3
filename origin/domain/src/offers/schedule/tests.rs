//! Compares schedules with a wall clock that is read minute by minute.

use chrono::{DateTime, NaiveDateTime, Timelike as _};
use chrono_tz::Europe::Paris;
use proptest::prelude::*;

use super::*;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// The legal moments of the clock changes: 01:00 UTC on these Sundays.
const CHANGES: [&str; 6] = [
    "2025-03-30",
    "2025-10-26",
    "2026-03-29",
    "2026-10-25",
    "2027-03-28",
    "2027-10-31",
];

fn ms(text: &str) -> i64 {
    DateTime::parse_from_rfc3339(text)
        .unwrap()
        .timestamp_millis()
}

fn change_ms(day: &str) -> i64 {
    ms(&format!("{day}T01:00:00Z"))
}

fn schedule(weekdays: &[i32], from: &str, to: &str) -> OfferSchedule {
    OfferSchedule {
        weekdays: weekdays.to_vec(),
        from: from.into(),
        to: to.into(),
    }
}

/// The time that a wall clock shows.
fn shown(moment_ms: i64) -> NaiveDateTime {
    let moment = DateTime::from_timestamp_millis(moment_ms).unwrap();
    moment.with_timezone(&Paris).naive_local()
}

/// Reads the clock for every minute around a day: open from the first minute that shows `from` or
/// later, until the last minute that shows less than `to` is over.
fn window_by_the_clock(schedule: &OfferSchedule, day: Day) -> Option<Range<i64>> {
    if !schedule
        .weekdays
        .contains(&i32::try_from(day.weekday()).unwrap())
    {
        return None;
    }
    let local = |day: Day, time: &str| -> NaiveDateTime {
        match time {
            "24:00" => local_midnight(day.next()),
            time => format!("{day}T{time}:00").parse().unwrap(),
        }
    };
    let next_day = schedule.to <= schedule.from;
    let from = local(day, &schedule.from);
    let to = local(if next_day { day.next() } else { day }, &schedule.to);
    let around = || {
        let noon_ms = ms(&format!("{day}T12:00:00Z"));
        let minutes = -30 * 60..54 * 60;
        minutes.map(move |minute: i64| noon_ms + minute * MINUTE_MS)
    };
    let begins = around().find(|at| shown(*at) >= from).unwrap();
    let last = around().rfind(|at| shown(*at) < to).unwrap();
    Some(begins..last + MINUTE_MS)
}

fn local_midnight(day: Day) -> NaiveDateTime {
    format!("{day}T00:00:00").parse().unwrap()
}

fn end() -> impl Strategy<Value = String> {
    prop_oneof![4 => time(), 1 => Just("24:00".to_owned())]
}

fn time() -> impl Strategy<Value = String> {
    // Half of the cases lie around the hours that change.
    prop_oneof![0..24 * 60, 60..4 * 60_i32]
        .prop_map(|minute| format!("{:02}:{:02}", minute / 60, minute % 60))
}

fn schedules() -> impl Strategy<Value = OfferSchedule> {
    let weekdays = proptest::sample::subsequence(vec![1, 2, 3, 4, 5, 6, 7], 1..=7);
    (weekdays, time(), end()).prop_map(|(weekdays, from, to)| schedule(&weekdays, &from, &to))
}

/// Any moment of ten years, half of them within 36 hours of a clock change.
fn moments() -> impl Strategy<Value = i64> {
    let around = (
        proptest::sample::select(&CHANGES[..]),
        -36 * HOUR_MS..36 * HOUR_MS,
    )
        .prop_map(|(day, offset_ms)| change_ms(day) + offset_ms);
    prop_oneof![
        ms("2024-01-01T00:00:00Z")..ms("2034-01-01T00:00:00Z"),
        around
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_window_is_what_the_clock_on_the_wall_says(schedule in schedules(), at in moments()) {
        let today = Day::of(at).unwrap();
        let mut is_open = false;
        for day in [today.previous(), today] {
            let expected = window_by_the_clock(&schedule, day);
            prop_assert_eq!(schedule.window_of(day), expected.clone());
            is_open |= expected.is_some_and(|window| window.contains(&at));
        }
        prop_assert_eq!(schedule.is_open_at(at), is_open);
        if let Some(window) = schedule.window_at(at) {
            prop_assert!(window.contains(&at));
        }
    }

    /// Away from the clock changes the wall clock alone decides.
    #[test]
    fn far_from_a_change_the_time_that_is_shown_decides(schedule in schedules(), at in moments()) {
        let local = shown(at);
        let offset = |at_ms: i64| local.and_utc().timestamp_millis() - at - (shown(at_ms).and_utc().timestamp_millis() - at_ms);
        prop_assume!(offset(at - 48 * HOUR_MS) == 0 && offset(at + 48 * HOUR_MS) == 0);
        let time = format!("{:02}:{:02}", local.hour(), local.minute());
        let today = Day::of(at).unwrap();
        let opens_on = |day: Day| schedule.weekdays.contains(&i32::try_from(day.weekday()).unwrap());
        let over_midnight = schedule.to <= schedule.from;
        let today_s = time >= schedule.from && (over_midnight || time < schedule.to);
        let yesterday_s = over_midnight && time < schedule.to;
        let expected = opens_on(today) && today_s || opens_on(today.previous()) && yesterday_s;
        prop_assert_eq!(schedule.is_open_at(at), expected);
    }
}

#[test]
fn a_day_until_24_00_has_23_24_or_25_hours_and_such_days_leave_no_gap() {
    let always = schedule(&[1, 2, 3, 4, 5, 6, 7], "00:00", "24:00");
    for (day, hours) in [
        ("2026-03-28", 24),
        ("2026-03-29", 23),
        ("2026-03-30", 24),
        ("2026-10-24", 24),
        ("2026-10-25", 25),
        ("2026-10-26", 24),
    ] {
        let day = Day::parse(day).unwrap();
        let window = always.window_of(day).unwrap();
        assert_eq!(window.start, day.begins_ms(), "{day}");
        assert_eq!(window.end - window.start, hours * HOUR_MS, "{day}");
        assert_eq!(window.end, always.window_of(day.next()).unwrap().start);
        // The last minute of one day, and the first one of the next.
        for at_ms in [window.end - 1, window.end] {
            assert!(always.is_open_at(at_ms), "{day}");
        }
    }
    // As "00:00", which is the same midnight.
    let evening = schedule(&[6], "22:00", "24:00");
    let same = schedule(&[6], "22:00", "00:00");
    let day = Day::parse("2026-03-28").unwrap();
    assert_eq!(evening.window_of(day), same.window_of(day));
    let window = evening.window_of(day).unwrap();
    assert_eq!(window.end, ms("2026-03-28T23:00:00Z"));
}

#[test]
fn a_window_over_midnight_is_of_the_day_it_opens_on() {
    let fridays = schedule(&[5], "22:00", "02:00");
    for (at, is_open) in [
        ("2026-06-05T21:59:59+02:00", false),
        ("2026-06-05T22:00:00+02:00", true),
        ("2026-06-06T01:59:59+02:00", true),
        ("2026-06-06T02:00:00+02:00", false),
        // Saturday evening, and Thursday night into Friday.
        ("2026-06-06T22:30:00+02:00", false),
        ("2026-06-05T01:00:00+02:00", false),
    ] {
        assert_eq!(fridays.is_open_at(ms(at)), is_open, "{at}");
    }
    let whole_days = schedule(&[1], "00:00", "00:00");
    let day = whole_days
        .window_at(ms("2026-06-01T12:00:00+02:00"))
        .unwrap();
    assert_eq!(day.end - day.start, 24 * HOUR_MS);
}

#[test]
fn the_night_that_skips_an_hour() {
    let saturdays = schedule(&[6], "22:00", "02:30");
    let window = saturdays
        .window_at(ms("2026-03-29T01:59:00+01:00"))
        .unwrap();
    assert_eq!(window.end, change_ms("2026-03-29"));
    assert_eq!(window.end - window.start, 4 * HOUR_MS);
    // On the Sunday of the change, the skipped hour has no moments.
    let within = schedule(&[7], "02:10", "02:50");
    let window = within.window_of(Day::parse("2026-03-29").unwrap()).unwrap();
    assert!(window.is_empty(), "{window:?}");
    assert!(!within.is_open_at(change_ms("2026-03-29")));
}

#[test]
fn the_night_in_which_an_hour_comes_twice() {
    let sundays = schedule(&[7], "01:30", "02:30");
    let open = [
        ("2026-10-25T01:29:59+02:00", false),
        ("2026-10-25T01:30:00+02:00", true),
        ("2026-10-25T02:29:00+02:00", true),
        // Between the two repetitions the offer stays open: nobody is sent away for half an hour.
        ("2026-10-25T02:45:00+02:00", true),
        ("2026-10-25T02:29:00+01:00", true),
        ("2026-10-25T02:30:00+01:00", false),
    ];
    for (at, is_open) in open {
        assert_eq!(sundays.is_open_at(ms(at)), is_open, "{at}");
    }
}

#[test]
fn what_is_no_time_is_never_open() {
    let odd = schedule(&[1, 2, 3, 4, 5, 6, 7], "soon", "later");
    assert!(!odd.is_open_at(ms("2026-06-01T12:00:00Z")));
}
