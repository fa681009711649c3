//! Error codes of maps.

use pq_core::{ErrorCode, error::Layer};

/// All error codes of maps.
pub const ALL: &[ErrorCode] = &[
    ADDRESS_NOT_FOUND,
    ADDRESS_AMBIGUOUS,
    POSITION_REQUIRED,
    MAPS_UNAVAILABLE,
];

pub const ADDRESS_NOT_FOUND: ErrorCode = ErrorCode {
    word: "ADDRESS_NOT_FOUND",
    status: 400,
    layer: Layer::Field,
    meaning: "No place has this address, so its location is not known.",
    remedy: "Correct the address, or send `location`.",
};

pub const ADDRESS_AMBIGUOUS: ErrorCode = ErrorCode {
    word: "ADDRESS_AMBIGUOUS",
    status: 400,
    layer: Layer::Field,
    meaning: "The address may mean several places, or no building: `extensions.candidates` lists up to five, each with `address` and `location`.",
    remedy: "Let the user choose, and send the `location`.",
};

pub const POSITION_REQUIRED: ErrorCode = ErrorCode {
    word: "POSITION_REQUIRED",
    status: 409,
    layer: Layer::Field,
    meaning: "The address cannot be looked up now, and no `location` was given.",
    remedy: "Let the user put the place on a map, and send the `location`.",
};

pub const MAPS_UNAVAILABLE: ErrorCode = ErrorCode {
    word: "MAPS_UNAVAILABLE",
    status: 503,
    layer: Layer::Field,
    meaning: "There are no suggestions now, whatever was typed.",
    remedy: "Let the user type the address without suggestions.",
};
