//! Pagination cursors of lists of reviews.

use super::ReviewOrder;
use crate::{
    ReviewId,
    cursor::{CursorKind, seal, unseal_of},
    reviews::review::{Review, Stars},
};

/// The position after a review.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ReviewCursor {
    pub stars: Stars,
    pub created_at_ms: i64,
    pub id: ReviewId,
}

const fn kind(order: ReviewOrder) -> CursorKind {
    match order {
        ReviewOrder::Newest => CursorKind::ReviewNewest,
        ReviewOrder::Highest => CursorKind::ReviewHighest,
        ReviewOrder::Lowest => CursorKind::ReviewLowest,
    }
}

impl ReviewCursor {
    pub fn of(review: &Review) -> Self {
        Self {
            stars: review.stars,
            created_at_ms: review.created_at_ms,
            id: review.id.clone(),
        }
    }

    pub fn encode(&self, order: ReviewOrder) -> String {
        let stars = self.stars.number().to_be_bytes();
        let moment = self.created_at_ms.to_be_bytes();
        let body = [&stars[..], &moment[..], &self.id.to_bytes()[..]].concat();
        seal(kind(order), &body)
    }

    /// None unless it was made for this order.
    pub fn decode(text: &str, order: ReviewOrder) -> Option<Self> {
        let body = unseal_of(kind(order), text)?;
        let (stars, body) = body.split_first_chunk::<4>()?;
        let (moment, id) = body.split_first_chunk::<8>()?;
        Some(Self {
            stars: Stars::new(i32::from_be_bytes(*stars))?,
            created_at_ms: i64::from_be_bytes(*moment),
            id: ReviewId::from_bytes(id.try_into().ok()?),
        })
    }
}

/// The position after a review that waits for a decision, the oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportedCursor {
    pub reported_at_ms: i64,
    pub id: ReviewId,
}

impl ReportedCursor {
    /// None if no report of it waits.
    pub fn of(review: &Review) -> Option<Self> {
        Some(Self {
            reported_at_ms: review.reported_at_ms?,
            id: review.id.clone(),
        })
    }

    pub fn encode(&self) -> String {
        let moment = self.reported_at_ms.to_be_bytes();
        seal(
            CursorKind::ReviewReported,
            &[&moment[..], &self.id.to_bytes()[..]].concat(),
        )
    }

    pub fn decode(text: &str) -> Option<Self> {
        let body = unseal_of(CursorKind::ReviewReported, text)?;
        let (moment, id) = body.split_first_chunk::<8>()?;
        Some(Self {
            reported_at_ms: i64::from_be_bytes(*moment),
            id: ReviewId::from_bytes(id.try_into().ok()?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reviews::samples::review;

    #[test]
    fn a_cursor_reads_back_in_its_own_order_only() {
        let cursor = ReviewCursor::of(&review());
        let all = [
            ReviewOrder::Newest,
            ReviewOrder::Highest,
            ReviewOrder::Lowest,
        ];
        for order in all {
            for other in all {
                let read = ReviewCursor::decode(&cursor.encode(order), other);
                assert_eq!(read, (order == other).then(|| cursor.clone()));
            }
        }
        let short = seal(CursorKind::ReviewNewest, &[0, 0, 0, 5]);
        assert_eq!(ReviewCursor::decode(&short, ReviewOrder::Newest), None);
    }

    #[test]
    fn a_reported_review_has_a_place_in_line() {
        assert_eq!(ReportedCursor::of(&review()), None);
        let reported = Review {
            reported_at_ms: Some(7),
            ..review()
        };
        let cursor = ReportedCursor::of(&reported).unwrap();
        assert_eq!(ReportedCursor::decode(&cursor.encode()), Some(cursor));
    }
}
