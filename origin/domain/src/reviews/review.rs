//! A review as both backends store it.

use crate::{BookingId, OfferId, PartnerId, ReviewId, UserId, paris::Day, words::words};

/// 1 to 5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stars(u8);

impl Stars {
    pub const MOST: u8 = 5;

    pub fn new(number: i32) -> Option<Self> {
        let number = u8::try_from(number).ok()?;
        (1..=Self::MOST).contains(&number).then_some(Self(number))
    }

    pub const fn number(self) -> i32 {
        self.0 as i32
    }
}

words! {
    /// Who is shown a review.
    ReviewState {
        /// Everybody.
        Shown = "shown",
        /// Its author alone: somebody at Yousoon removed it.
        Removed = "removed",
    }
}

/// What the partner answers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reply {
    pub text: String,
    /// When the partner answered first; an edit does not change it.
    pub at_ms: i64,
}

/// Why and when a review was removed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Removal {
    pub at_ms: i64,
    /// The author is told.
    pub reason: String,
    /// The administrator; none once that account was erased.
    pub by: Option<UserId>,
    /// What the author says against it, once.
    pub contest: Option<Contest>,
}

/// What the author of a removed review says against the removal.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Contest {
    pub text: String,
    pub at_ms: i64,
    /// None while it waits. A contest that is upheld ends the removal, and goes with it.
    pub answer: Option<ContestAnswer>,
}

/// Why a removal stays although it was contested.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ContestAnswer {
    /// The author is told.
    pub text: String,
    pub at_ms: i64,
}

impl Removal {
    /// What its author says against it, while no administrator has answered.
    pub fn waiting_contest(&self) -> Option<&Contest> {
        self.contest
            .as_ref()
            .filter(|contest| contest.answer.is_none())
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Review {
    pub id: ReviewId,
    /// It has at most one review.
    pub booking: BookingId,
    /// None once the account was erased.
    pub user: Option<UserId>,
    pub partner: PartnerId,
    pub offer: OfferId,
    pub stars: Stars,
    pub text: Option<String>,
    /// As [`byline`] makes it; none once the account was erased.
    pub author: Option<String>,
    /// When the guest was checked in.
    pub visited_at_ms: i64,
    /// The client's key of the request that made it.
    pub idempotency_key: Option<String>,
    pub reply: Option<Reply>,
    pub removal: Option<Removal>,
    /// Since when a report of it, or a contest of its removal, waits for a decision.
    pub reported_at_ms: Option<i64>,
    pub created_at_ms: i64,
    /// When its author changed it last.
    pub changed_at_ms: i64,
}

impl Review {
    pub const fn state(&self) -> ReviewState {
        match self.removal {
            None => ReviewState::Shown,
            Some(_) => ReviewState::Removed,
        }
    }

    /// The stars that count for the partner's rating.
    pub fn counted(&self) -> Option<Stars> {
        match self.state() {
            ReviewState::Shown => Some(self.stars),
            ReviewState::Removed => None,
        }
    }

    pub fn is_of(&self, user: &UserId) -> bool {
        self.user.as_ref() == Some(user)
    }

    /// The local month of the visit, such as "2026-11": a day would say more of the guest than a review
    /// needs.
    pub fn visited_in(&self) -> String {
        // No check-in lies outside the calendar.
        Day::of(self.visited_at_ms).map_or_else(String::new, |day| {
            format!("{:04}-{:02}", day.year(), day.month())
        })
    }
}

/// The id of a booking's review: of two at once one is stored.
pub fn id_of(booking: &BookingId) -> ReviewId {
    ReviewId::derive("review", booking.as_str())
}

/// What the public is told of an author: the first name and the initial of the last name.
pub fn byline(first_name: &str, last_name: &str) -> String {
    let initial = last_name.chars().find(|c| c.is_alphabetic());
    match initial {
        Some(initial) => format!("{first_name} {}.", initial.to_uppercase()),
        None => first_name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reviews::samples::{NOW_MS, review};

    #[test]
    fn stars_are_1_to_5() {
        let good: Vec<i32> = (-1..=7).filter_map(Stars::new).map(Stars::number).collect();
        assert_eq!(good, [1, 2, 3, 4, 5]);
        assert_eq!(Stars::new(i32::MAX), None);
        assert_eq!(Stars::new(257), None);
    }

    #[test]
    fn an_author_is_a_first_name_and_an_initial() {
        for (first, last, shown) in [
            ("Ana", "Petit", "Ana P."),
            ("Zoé", "d’Été", "Zoé D."),
            ("明", "李", "明 李."),
            ("Ana", "ßen", "Ana SS."),
            ("Ana", "-", "Ana"),
        ] {
            assert_eq!(byline(first, last), shown);
        }
    }

    #[test]
    fn a_visit_is_shown_as_a_local_month() {
        // 30 June 2026, 22:30 UTC: half past midnight in Paris.
        let night_ms = NOW_MS + 29 * 86_400_000 + 10 * 3_600_000 + 1_800_000;
        for (visited_at_ms, month) in [(NOW_MS, "2026-06"), (night_ms, "2026-07")] {
            let review = crate::reviews::review::Review {
                visited_at_ms,
                ..review()
            };
            assert_eq!(review.visited_in(), month);
        }
    }
}
