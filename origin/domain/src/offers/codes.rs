//! Error codes of offers.

use pq_core::{ErrorCode, error::Layer};

/// All error codes of offers.
pub const ALL: &[ErrorCode] = &[
    OFFER_NOT_FOUND,
    OFFER_ARCHIVED,
    QUOTA_BELOW_BOOKED,
    DISTANCE_OUT_OF_RANGE,
    DISCOUNT_OUT_OF_RANGE,
    APPROVAL_WITH_PRICE,
];

pub const OFFER_NOT_FOUND: ErrorCode = ErrorCode {
    word: "OFFER_NOT_FOUND",
    status: 404,
    layer: Layer::Field,
    meaning: "There is no offer with this id.",
    remedy: "Check the id, or read the list of offers again.",
};

pub const OFFER_ARCHIVED: ErrorCode = ErrorCode {
    word: "OFFER_ARCHIVED",
    status: 409,
    layer: Layer::Field,
    meaning: "The offer is archived, and archived offers cannot be changed.",
    remedy: "The partner creates a new offer.",
};

pub const QUOTA_BELOW_BOOKED: ErrorCode = ErrorCode {
    word: "QUOTA_BELOW_BOOKED",
    status: 409,
    layer: Layer::Field,
    meaning: "The quota's new total is less than the number of places that are booked.",
    remedy: "Set a total that is not below what is booked.",
};

pub const DISTANCE_OUT_OF_RANGE: ErrorCode = ErrorCode {
    word: "DISTANCE_OUT_OF_RANGE",
    status: 400,
    layer: Layer::Field,
    meaning: "`maxDistance` is 0 km or less, or more than 50 km.",
    remedy: "Send a distance within this range.",
};

pub const DISCOUNT_OUT_OF_RANGE: ErrorCode = ErrorCode {
    word: "DISCOUNT_OUT_OF_RANGE",
    status: 400,
    layer: Layer::Field,
    meaning: "`minDiscount` is outside 0 to 100 percent.",
    remedy: "Send a percentage from 0 to 100.",
};

pub const APPROVAL_WITH_PRICE: ErrorCode = ErrorCode {
    word: "APPROVAL_WITH_PRICE",
    status: 400,
    layer: Layer::Field,
    meaning: "The offer would have both a price and `requiresApproval`.",
    remedy: "Send one of them: the money confirms a booking with a price.",
};
