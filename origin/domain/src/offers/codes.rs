//! Error codes of offers.

use pq_core::{ErrorCode, error::Layer};

/// All error codes of offers.
pub const ALL: &[ErrorCode] = &[
    OFFER_NOT_FOUND,
    OFFER_ARCHIVED,
    QUOTA_BELOW_BOOKED,
    DISTANCE_OUT_OF_RANGE,
    DISCOUNT_OUT_OF_RANGE,
    BOX_INVALID,
    OPEN_AT_NOT_ROUNDED,
    ORDER_NEEDS_LOCATION,
    PERIOD_OUT_OF_RANGE,
    ZOOM_OUT_OF_RANGE,
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

pub const BOX_INVALID: ErrorCode = ErrorCode {
    word: "BOX_INVALID",
    status: 400,
    layer: Layer::Field,
    meaning: "The box has its south above its north or its west beyond its east, so it may cross the 180th meridian, is not on the Earth, or is larger than 2 degrees (30 for clusters).",
    remedy: "Send a smaller box, or one on each side of the 180th meridian.",
};

pub const OPEN_AT_NOT_ROUNDED: ErrorCode = ErrorCode {
    word: "OPEN_AT_NOT_ROUNDED",
    status: 400,
    layer: Layer::Field,
    meaning: "`openAt` is no moment by RFC 3339, or not a whole quarter of an hour. Answers are shared by everybody who asks for the same moment.",
    remedy: "Round the moment down to 00, 15, 30 or 45 minutes, without seconds; for now send `openNow`.",
};

pub const ORDER_NEEDS_LOCATION: ErrorCode = ErrorCode {
    word: "ORDER_NEEDS_LOCATION",
    status: 400,
    layer: Layer::Field,
    meaning: "The list is to be sorted by distance, and has no location.",
    remedy: "Send a `location`, or another order.",
};

pub const PERIOD_OUT_OF_RANGE: ErrorCode = ErrorCode {
    word: "PERIOD_OUT_OF_RANGE",
    status: 400,
    layer: Layer::Field,
    meaning: "`endingWithinHours` is outside 1 to 168, or `newWithinDays` outside 1 to 90.",
    remedy: "Send a number within this range.",
};

pub const ZOOM_OUT_OF_RANGE: ErrorCode = ErrorCode {
    word: "ZOOM_OUT_OF_RANGE",
    status: 400,
    layer: Layer::Field,
    meaning: "`zoom` is outside 0 to 22.",
    remedy: "Send the zoom of the map.",
};

pub const APPROVAL_WITH_PRICE: ErrorCode = ErrorCode {
    word: "APPROVAL_WITH_PRICE",
    status: 400,
    layer: Layer::Field,
    meaning: "The offer would have both a price and `requiresApproval`.",
    remedy: "Send one of them: the money confirms a booking with a price.",
};
