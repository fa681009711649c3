use chrono::DateTime;
use proptest::prelude::*;

use super::*;
use crate::{OfferSchedule, bookings::samples};

fn ms(text: &str) -> i64 {
    DateTime::parse_from_rfc3339(text)
        .unwrap()
        .timestamp_millis()
}

fn scheduled(weekdays: &[i32], from: &str, to: &str) -> Offer {
    Offer {
        valid_from_ms: ms("2026-01-01T00:00:00Z"),
        valid_until_ms: ms("2027-01-01T00:00:00Z"),
        schedule: Some(OfferSchedule {
            weekdays: weekdays.to_vec(),
            from: from.into(),
            to: to.into(),
        }),
        ..samples::offer()
    }
}

/// When a booking that is made now may be used.
fn next_window(offer: &Offer, now_ms: i64) -> Option<Range<i64>> {
    Some(next_opening(offer, now_ms)?.usable_ms(now_ms))
}

#[test]
fn a_booking_is_for_the_opening_that_is_now_or_the_next_one() {
    // Open on Mondays and Sundays, 18:00 to 02:00 in Paris; 1 June 2026 is a Monday.
    let offer = scheduled(&[1, 7], "18:00", "02:00");
    for (now, from, until) in [
        // Sunday evening's opening continues into Monday.
        (
            "2026-05-31T22:30:00Z",
            "2026-05-31T22:30:00Z",
            "2026-06-01T00:00:00Z",
        ),
        (
            "2026-06-01T00:00:00Z",
            "2026-06-01T16:00:00Z",
            "2026-06-02T00:00:00Z",
        ),
        (
            "2026-06-01T17:00:00Z",
            "2026-06-01T17:00:00Z",
            "2026-06-02T00:00:00Z",
        ),
        (
            "2026-06-02T00:00:00Z",
            "2026-06-07T16:00:00Z",
            "2026-06-08T00:00:00Z",
        ),
    ] {
        assert_eq!(
            next_window(&offer, ms(now)),
            Some(ms(from)..ms(until)),
            "{now}"
        );
    }
}

#[test]
fn it_ends_with_the_offer_and_there_is_none_after() {
    let offer = Offer {
        valid_until_ms: ms("2026-06-01T18:00:00Z"),
        ..scheduled(&[1], "18:00", "02:00")
    };
    let open = ms("2026-06-01T16:00:00Z")..offer.valid_until_ms;
    assert_eq!(next_window(&offer, ms("2026-05-30T00:00:00Z")), Some(open));
    assert_eq!(next_window(&offer, offer.valid_until_ms), None);
    assert_eq!(
        next_window(
            &scheduled(&[], "18:00", "02:00"),
            ms("2026-06-01T00:00:00Z")
        ),
        None
    );
    let unscheduled = Offer {
        schedule: None,
        ..offer
    };
    let now_ms = ms("2026-05-30T00:00:00Z");
    assert_eq!(
        next_window(&unscheduled, now_ms),
        Some(now_ms..now_ms + WITHOUT_SCHEDULE_MS)
    );
}

#[test]
fn the_two_nights_when_the_clocks_change_have_their_own_length() {
    let nights = scheduled(&[6], "22:00", "04:00");
    for (now, hours) in [("2026-03-28T12:00:00Z", 5), ("2026-10-24T12:00:00Z", 7)] {
        let window = next_window(&nights, ms(now)).unwrap();
        assert_eq!(window.end - window.start, hours * HOUR_MS, "{now}");
    }
}

/// However late in the opening it is made, and whatever the clocks do in that night.
#[test]
fn a_booking_belongs_to_the_night_in_which_its_opening_began() {
    let weekend = scheduled(&[5, 6], "22:00", "07:30");
    for (now, night) in [
        ("2026-06-05T10:00:00+02:00", "2026-06-05"),
        ("2026-06-05T23:00:00+02:00", "2026-06-05"),
        ("2026-06-06T00:10:00+02:00", "2026-06-05"),
        // After 06:00, but the opening began on Friday.
        ("2026-06-06T07:00:00+02:00", "2026-06-05"),
        ("2026-06-06T07:30:00+02:00", "2026-06-06"),
        ("2026-03-29T03:10:00+02:00", "2026-03-28"),
        ("2026-03-29T07:10:00+02:00", "2026-03-28"),
        ("2026-10-25T02:30:00+02:00", "2026-10-24"),
        ("2026-10-25T02:30:00+01:00", "2026-10-24"),
        ("2026-10-25T07:10:00+01:00", "2026-10-24"),
    ] {
        let opening = next_opening(&weekend, ms(now)).unwrap();
        assert_eq!(opening.night.to_string(), night, "{now}");
    }
    // An opening that begins at 00:30 belongs to the evening before.
    let late = scheduled(&[6], "00:30", "04:00");
    let opening = next_opening(&late, ms("2026-06-01T00:00:00Z")).unwrap();
    assert_eq!(opening.night.to_string(), "2026-06-05");
    let always = Offer {
        schedule: None,
        ..weekend
    };
    let opening = next_opening(&always, ms("2026-06-06T00:10:00+02:00")).unwrap();
    assert_eq!(opening.night.to_string(), "2026-06-05");
}

#[test]
fn openings_are_listed_once_each_in_order_within_the_offers_validity() {
    let weekend = Offer {
        valid_from_ms: ms("2026-06-05T20:00:00Z"),
        valid_until_ms: ms("2026-06-12T22:00:00Z"),
        ..scheduled(&[5, 6], "20:00", "02:00")
    };
    let all = |offer: &Offer, from: &str, until: &str| -> Vec<(i64, i64, String)> {
        let found = openings(offer, ms(from)..ms(until));
        let found = found.map(|one| (one.begins_ms, one.until_ms, one.night.to_string()));
        found.collect()
    };
    let opening = |from, until, night: &str| (ms(from), ms(until), night.to_owned());
    let expected = [
        // The offer begins and ends in the middle of an opening.
        opening("2026-06-05T20:00:00Z", "2026-06-06T00:00:00Z", "2026-06-05"),
        opening("2026-06-06T18:00:00Z", "2026-06-07T00:00:00Z", "2026-06-06"),
        opening("2026-06-12T18:00:00Z", "2026-06-12T22:00:00Z", "2026-06-12"),
    ];
    let (begin, end) = ("2026-06-01T00:00:00Z", "2026-07-01T00:00:00Z");
    assert_eq!(all(&weekend, begin, end), expected);
    // Ends do not belong to what they end.
    let (middle, last) = ("2026-06-06T00:00:00Z", "2026-06-12T18:00:00Z");
    assert_eq!(all(&weekend, middle, last), expected[1..2]);
    let overlapping = all(&weekend, "2026-06-05T23:59:59Z", "2026-06-06T00:00:00Z");
    assert_eq!(overlapping, expected[..1]);
    for (begins_ms, ..) in &expected {
        let found = opening_at(&weekend, *begins_ms).unwrap();
        assert_eq!(found.begins_ms, *begins_ms);
        assert_eq!(opening_at(&weekend, begins_ms + 1), None);
    }
    // Without a schedule each night is one.
    let always = Offer {
        schedule: None,
        ..weekend
    };
    let nights = all(&always, "2026-06-06T03:00:00Z", "2026-06-07T10:00:00Z");
    let expected = [
        opening("2026-06-05T20:00:00Z", "2026-06-06T04:00:00Z", "2026-06-05"),
        opening("2026-06-06T04:00:00Z", "2026-06-07T04:00:00Z", "2026-06-06"),
        opening("2026-06-07T04:00:00Z", "2026-06-08T04:00:00Z", "2026-06-07"),
    ];
    assert_eq!(nights, expected);
}

#[test]
fn what_is_left_is_the_least_of_the_quota_and_the_night() {
    for (of_quota, per_night, taken, expected) in [
        (None, None, 5, None),
        (Some(3), None, 5, Some(3)),
        (None, Some(9), 5, Some(4)),
        (Some(3), Some(9), 5, Some(3)),
        (Some(7), Some(9), 5, Some(4)),
        (Some(7), Some(3), 5, Some(0)),
        (Some(-1), None, 0, Some(0)),
        (None, Some(1), i64::MAX, Some(0)),
    ] {
        assert_eq!(places_left(of_quota, per_night, taken), expected);
    }
}

proptest! {
    /// What is booked without an opening is what the list shows first.
    #[test]
    fn the_next_opening_is_the_first_of_the_list(
        days in prop::collection::btree_set(1..=7, 1..=7usize),
        from in 0..1_440,
        minute in 0..500_000_i64,
    ) {
        let (from, to) = (from, (from + 300) % 1_440);
        let time = |minutes: i32| format!("{:02}:{:02}", minutes / 60, minutes % 60);
        let days: Vec<i32> = days.into_iter().collect();
        let offer = scheduled(&days, &time(from), &time(to));
        let now_ms = offer.valid_from_ms + minute * 60_000;
        let next = next_opening(&offer, now_ms).unwrap();
        prop_assert_eq!(openings(&offer, now_ms..i64::MAX / 2).next(), Some(next.clone()));
        prop_assert_eq!(opening_at(&offer, next.begins_ms), Some(next));
    }

    /// For every schedule and moment: the window has not ended, lies within the offer's validity,
    /// is open throughout, and no opening precedes it.
    #[test]
    fn a_window_is_the_first_that_is_open(
        days in prop::collection::btree_set(1..=7, 1..=7usize),
        from in 0..1_440,
        to in 0..1_440,
        minute in 0..525_000_i64,
    ) {
        let time = |minutes: i32| format!("{:02}:{:02}", minutes / 60, minutes % 60);
        let days: Vec<i32> = days.into_iter().collect();
        let offer = scheduled(&days, &time(from), &time(to));
        let schedule = offer.schedule.clone().unwrap();
        let now_ms = offer.valid_from_ms + minute * 60_000;
        let Some(window) = next_window(&offer, now_ms) else {
            prop_assert!(offer.valid_until_ms - now_ms < 9 * 24 * HOUR_MS);
            return Ok(());
        };
        prop_assert!(now_ms <= window.start && window.start < window.end);
        prop_assert!(window.end <= offer.valid_until_ms);
        prop_assert!(schedule.is_open_at(window.start) && schedule.is_open_at(window.end - 1));
        for before_ms in (now_ms..window.start).step_by(600_000) {
            prop_assert!(!schedule.is_open_at(before_ms), "open {before_ms} already");
        }
    }
}
