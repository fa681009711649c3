//! What a partner's reviews add up to.
//!
//! A plain mean puts a bar with one review of five stars above one with a thousand that average 4.8. So the
//! mean is shrunken: it is the mean of the partner's reviews and of [`PRIOR_WEIGHT`] more that are worth
//! [`PRIOR_MEAN`] each. The prior is what is thought of a venue of which nothing is known: guests who review
//! at all give about four stars on average. Its weight is small enough that ten visits tell, and large
//! enough that two friends of the owner do not.

use super::review::Stars;

/// Stars that an unknown venue is thought to deserve.
pub const PRIOR_MEAN: i64 = 4;
/// How many reviews the prior counts for.
pub const PRIOR_WEIGHT: i64 = 5;

/// How many reviews that are shown gave one star, two stars, and so on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StarCounts([i64; Stars::MOST as usize]);

impl StarCounts {
    pub const fn new(counts: [i64; Stars::MOST as usize]) -> Self {
        Self(counts)
    }

    /// From one star to five.
    pub const fn counts(self) -> [i64; Stars::MOST as usize] {
        self.0
    }

    /// How many there are.
    pub fn total(self) -> i64 {
        self.0.iter().sum()
    }

    /// One more review with these stars.
    pub fn add(&mut self, stars: Stars) {
        if let Some(count) = self.of(stars) {
            *count += 1;
        }
    }

    /// Counts a review with its stars after a change instead of before it.
    #[must_use]
    pub fn moved(mut self, before: Option<Stars>, after: Option<Stars>) -> Self {
        if let Some(count) = before.and_then(|stars| self.of(stars)) {
            // A count that drifted below what there is must not become negative.
            *count = (*count - 1).max(0);
        }
        if let Some(stars) = after {
            self.add(stars);
        }
        self
    }

    fn of(&mut self, stars: Stars) -> Option<&mut i64> {
        let place = usize::try_from(stars.number() - 1).ok()?;
        self.0.get_mut(place)
    }

    /// The shrunken mean, rounded to a tenth, half up; none without reviews.
    pub fn rating(self) -> Option<f64> {
        let total = self.total();
        if total == 0 {
            return None;
        }
        let given: i64 = self
            .0
            .iter()
            .zip(1..)
            .map(|(count, stars)| count * stars)
            .sum();
        let (sum, weight) = (PRIOR_WEIGHT * PRIOR_MEAN + given, PRIOR_WEIGHT + total);
        // In whole numbers: every server and backend rounds alike.
        let tenths = (20 * sum + weight) / (2 * weight);
        i32::try_from(tenths)
            .ok()
            .map(|tenths| f64::from(tenths) / 10.0)
    }

    /// How many reviews a partner is said to have.
    pub fn shown_total(self) -> i32 {
        i32::try_from(self.total()).unwrap_or(i32::MAX)
    }
}

/// What a partner keeps of its rating, before or after a change.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Kept {
    /// None before the first review.
    pub counts: Option<StarCounts>,
    /// What is shown, to a tenth. Before the first review it may be what sample data invented.
    pub rating: Option<f64>,
}

impl Kept {
    /// After a review changed: from now on only reviews count, not what was invented before.
    #[must_use]
    pub fn moved(self, before: Option<Stars>, after: Option<Stars>) -> Self {
        let counts = self.counts.unwrap_or_default().moved(before, after);
        Self {
            counts: Some(counts),
            rating: counts.rating(),
        }
    }

    /// Whether another rating is shown than before.
    pub fn shows_another(self, before: Self) -> bool {
        self.rating != before.rating
    }
}

/// A partner's counts as they are kept, and as its reviews are counted anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recount {
    pub partner: crate::PartnerId,
    /// None if the partner never had a review.
    pub kept: Option<StarCounts>,
    pub counted: StarCounts,
}

impl Recount {
    pub fn has_drifted(&self) -> bool {
        self.kept.unwrap_or_default() != self.counted
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stars(number: i32) -> Option<Stars> {
        Stars::new(number)
    }

    #[test]
    fn a_rating_is_shrunken_and_rounded_half_up() {
        for (counts, rating) in [
            ([0, 0, 0, 0, 0], None),
            ([0, 0, 0, 0, 1], Some(4.2)),
            ([1, 0, 0, 0, 0], Some(3.5)),
            ([0, 0, 0, 1, 0], Some(4.0)),
            // 21.5 / 5.375: (20 + 5 + 5) / 7 is 4.2857.
            ([0, 0, 0, 0, 2], Some(4.3)),
            // (20 + 1 + 1 + 2) / 8 is 3.0.
            ([2, 1, 0, 0, 0], Some(3.0)),
            // (20 + 500) / 105 is 4.952.
            ([0, 0, 0, 0, 100], Some(5.0)),
            ([1_000_000_000, 0, 0, 0, 0], Some(1.0)),
        ] {
            assert_eq!(StarCounts::new(counts).rating(), rating, "{counts:?}");
        }
    }

    #[test]
    fn what_was_invented_is_shown_until_the_first_review() {
        let invented = Kept {
            counts: None,
            rating: Some(4.7),
        };
        let first = invented.moved(None, stars(5));
        assert_eq!(first.rating, Some(4.2));
        assert!(first.shows_another(invented));
        let gone = first.moved(stars(5), None);
        assert_eq!(
            (gone.rating, gone.counts),
            (None, Some(StarCounts::default()))
        );
        let same = first.moved(stars(5), stars(5));
        assert!(!same.shows_another(first));
    }

    #[test]
    fn a_drifted_count_does_not_become_negative() {
        let counts = StarCounts::default().moved(stars(3), None);
        assert_eq!(counts, StarCounts::default());
    }

    proptest! {
        #[test]
        fn a_rating_lies_between_the_prior_and_the_mean_and_rises_with_each_better_review(
            counts in proptest::array::uniform5(0_i64..2_000),
            number in 1..=5_i32,
        ) {
            let counts = StarCounts::new(counts);
            if let Some(rating) = counts.rating() {
                let given: i64 = counts.counts().iter().zip(1..).map(|(n, s)| n * s).sum();
                let exact = |number: i64| f64::from(u32::try_from(number).unwrap());
                let (given, total) = (exact(given), exact(counts.total()));
                let (mean, prior) = (given / total, exact(PRIOR_MEAN));
                let shrunken = (given + prior * exact(PRIOR_WEIGHT)) / (total + exact(PRIOR_WEIGHT));
                prop_assert!(mean.min(prior) - 1e-9 <= shrunken && shrunken <= mean.max(prior) + 1e-9);
                prop_assert!((rating - shrunken).abs() <= 0.05 + 1e-9, "{rating} {shrunken}");
                prop_assert!((1.0..=5.0).contains(&rating));
                // Another one above it never lowers it, one below it never raises it.
                let more = counts.moved(None, stars(number)).rating().unwrap_or_default();
                if f64::from(number) >= shrunken {
                    prop_assert!(more >= rating);
                } else {
                    prop_assert!(more <= rating);
                }
            }
        }

        #[test]
        fn what_is_added_and_taken_away_leaves_nothing(
            changes in proptest::collection::vec((1..=5_i32, 1..=5_i32), 0..50),
        ) {
            let mut counts = StarCounts::default();
            for (first, _) in &changes {
                counts = counts.moved(None, stars(*first));
            }
            prop_assert_eq!(counts.total(), i64::try_from(changes.len()).unwrap_or(0));
            for (first, second) in &changes {
                counts = counts.moved(stars(*first), stars(*second));
            }
            for (_, second) in &changes {
                counts = counts.moved(stars(*second), None);
            }
            prop_assert_eq!(counts, StarCounts::default());
        }
    }
}
