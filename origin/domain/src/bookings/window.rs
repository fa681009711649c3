//! The openings of an offer, and the one that a booking is for: the current one, or else the next one.

#[cfg(test)]
mod tests;

use std::ops::Range;

use crate::{Offer, night::Night, paris::Day};

const HOUR_MS: i64 = 3_600_000;
/// How long a booking of an offer without a schedule may be used, in milliseconds.
pub const WITHOUT_SCHEDULE_MS: i64 = 24 * HOUR_MS;
/// Schedules repeat weekly: one without an opening within this many days never opens.
const DAYS_AHEAD: usize = 8;

/// An opening of an offer, within its validity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// The night of the schedule's opening, see [`Night::of_opening`], also where the offer's validity begins later.
    /// It names the opening: a schedule has one in each night.
    pub night: Night,
    /// The first moment of the opening; `until_ms` is the first moment after it.
    pub begins_ms: i64,
    pub until_ms: i64,
}

impl Opening {
    /// When a booking that is made now may be used; empty once the opening is over.
    pub fn usable_ms(&self, now_ms: i64) -> Range<i64> {
        self.begins_ms.max(now_ms)..self.until_ms
    }
}

/// Whether the offer is public, and so bookable, at this moment.
pub const fn is_bookable(offer: &Offer, now_ms: i64) -> bool {
    offer.is_active && offer.valid_from_ms <= now_ms && now_ms < offer.valid_until_ms
}

/// The opening that is open at or after `now_ms`, within the offer's validity; none when the offer
/// does not open any more.
pub fn next_opening(offer: &Offer, now_ms: i64) -> Option<Opening> {
    let Some(schedule) = &offer.schedule else {
        let day_long = now_ms..now_ms.saturating_add(WITHOUT_SCHEDULE_MS);
        return within_validity(offer, Night::of(now_ms)?, &day_long);
    };
    // An opening may have begun yesterday.
    let yesterday = Day::of(now_ms)?.previous();
    std::iter::successors(Some(yesterday), |day| Some(day.next()))
        .take(DAYS_AHEAD + 1)
        .filter_map(|day| schedule.window_of(day))
        .filter_map(|window| within_validity(offer, Night::of_opening(&window)?, &window))
        .filter(|opening| now_ms < opening.until_ms)
        // Of several openings that are open now, take the one that ends last.
        .min_by_key(|opening| {
            let usable = opening.usable_ms(now_ms);
            (usable.start, std::cmp::Reverse(usable.end))
        })
}

/// The openings that overlap a time, the first one first. Without a schedule each night is one.
pub fn openings(offer: &Offer, time: Range<i64>) -> impl Iterator<Item = Opening> + '_ {
    let until_ms = time.end.min(offer.valid_until_ms);
    // The longest opening is one day, so one that began yesterday may go on.
    let first = Day::of(time.start.max(offer.valid_from_ms)).map(Day::previous);
    std::iter::successors(first, |day| Some(day.next()))
        .take_while(move |day| day.begins_ms() < until_ms)
        .filter_map(|day| opening_of(offer, day))
        .filter(move |opening| opening.begins_ms < time.end && time.start < opening.until_ms)
}

/// The opening that begins at exactly this moment.
pub fn opening_at(offer: &Offer, begins_ms: i64) -> Option<Opening> {
    openings(offer, begins_ms..begins_ms.saturating_add(1))
        .find(|opening| opening.begins_ms == begins_ms)
}

/// How many places an opening has left, if so many are left of the quota and so many of its night are
/// taken; none: without limit.
pub fn places_left(
    of_quota: Option<i32>,
    per_night: Option<i32>,
    taken_of_night: i64,
) -> Option<i32> {
    let of_night = per_night.map(|most| {
        let left = i64::from(most).saturating_sub(taken_of_night);
        i32::try_from(left).unwrap_or(0)
    });
    let left = [of_quota, of_night].into_iter().flatten().min();
    left.map(|left| left.max(0))
}

fn opening_of(offer: &Offer, day: Day) -> Option<Opening> {
    let window = match &offer.schedule {
        Some(schedule) => schedule.window_of(day)?,
        None => Night::beginning_on(day).range_ms(),
    };
    within_validity(offer, Night::of_opening(&window)?, &window)
}

fn within_validity(offer: &Offer, night: Night, window: &Range<i64>) -> Option<Opening> {
    let begins_ms = window.start.max(offer.valid_from_ms);
    let until_ms = window.end.min(offer.valid_until_ms);
    (begins_ms < until_ms).then_some(Opening {
        night,
        begins_ms,
        until_ms,
    })
}
