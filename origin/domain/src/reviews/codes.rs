//! Error codes of reviews.

use pq_core::{ErrorCode, error::Layer};

/// All error codes of reviews.
pub const ALL: &[ErrorCode] = &[
    REVIEW_NOT_FOUND,
    BOOKING_NOT_CHECKED_IN,
    ALREADY_REVIEWED,
    REVIEW_TOO_LATE,
    REVIEW_REMOVED,
    REVIEW_OF_OWN_PARTNER,
    REVIEW_IS_YOURS,
    ALREADY_REPORTED,
    REVIEW_NOT_REMOVED,
    ALREADY_CONTESTED,
    CONTEST_NEEDS_ANOTHER,
];

pub const REVIEW_NOT_FOUND: ErrorCode = ErrorCode {
    word: "REVIEW_NOT_FOUND",
    status: 404,
    layer: Layer::Field,
    meaning: "There is no such review, or it is not one that this user may do that with.",
    remedy: "Read the reviews again.",
};

pub const BOOKING_NOT_CHECKED_IN: ErrorCode = ErrorCode {
    word: "BOOKING_NOT_CHECKED_IN",
    status: 409,
    layer: Layer::Field,
    meaning: "Only guests who were checked in may review their visit.",
    remedy: "Offer a review once the booking's `canReviewUntil` is not null.",
};

pub const ALREADY_REVIEWED: ErrorCode = ErrorCode {
    word: "ALREADY_REVIEWED",
    status: 409,
    layer: Layer::Field,
    meaning: "The booking has a review, and it is another one.",
    remedy: "Show the booking's `review`, and change it with `updateReview`.",
};

pub const REVIEW_TOO_LATE: ErrorCode = ErrorCode {
    word: "REVIEW_TOO_LATE",
    status: 409,
    layer: Layer::Field,
    meaning: "A review can be written and changed for 30 days after the check-in.",
    remedy: "Show the review as it is; its author may still delete it.",
};

pub const REVIEW_REMOVED: ErrorCode = ErrorCode {
    word: "REVIEW_REMOVED",
    status: 409,
    layer: Layer::Field,
    meaning: "Yousoon removed the review, so its author can neither change nor replace it.",
    remedy: "Show the author its `removal`, with the reason.",
};

pub const REVIEW_OF_OWN_PARTNER: ErrorCode = ErrorCode {
    word: "REVIEW_OF_OWN_PARTNER",
    status: 403,
    layer: Layer::Field,
    meaning: "Nobody reviews the partner whose team they are in.",
    remedy: "Do not offer it to members of the team.",
};

pub const REVIEW_IS_YOURS: ErrorCode = ErrorCode {
    word: "REVIEW_IS_YOURS",
    status: 403,
    layer: Layer::Field,
    meaning: "Nobody reports or judges their own review.",
    remedy: "Offer the author `deleteReview` instead; another administrator decides.",
};

pub const ALREADY_REPORTED: ErrorCode = ErrorCode {
    word: "ALREADY_REPORTED",
    status: 409,
    layer: Layer::Field,
    meaning: "This user, or this partner's team, has reported the review as it is.",
    remedy: "Say that the report was received.",
};

pub const REVIEW_NOT_REMOVED: ErrorCode = ErrorCode {
    word: "REVIEW_NOT_REMOVED",
    status: 409,
    layer: Layer::Field,
    meaning: "Only the removal of a review can be contested, and this one is shown.",
    remedy: "Read the review again: it may have been restored.",
};

pub const ALREADY_CONTESTED: ErrorCode = ErrorCode {
    word: "ALREADY_CONTESTED",
    status: 409,
    layer: Layer::Field,
    meaning: "The author has contested this removal before, with another text. Each removal can be contested once.",
    remedy: "Show the author `removal.contest`, with its answer if there is one.",
};

pub const CONTEST_NEEDS_ANOTHER: ErrorCode = ErrorCode {
    word: "CONTEST_NEEDS_ANOTHER",
    status: 403,
    layer: Layer::Field,
    meaning: "Nobody confirms their own removal of a review against its author's contest.",
    remedy: "Another administrator decides; whoever removed it may restore it.",
};
