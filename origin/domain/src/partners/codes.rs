//! Error codes of partners and their establishments.

use pq_core::{ErrorCode, error::Layer};

/// All error codes of partners.
pub const ALL: &[ErrorCode] = &[
    PARTNER_NOT_FOUND,
    ESTABLISHMENT_NOT_FOUND,
    ESTABLISHMENT_IN_USE,
];

pub const PARTNER_NOT_FOUND: ErrorCode = ErrorCode {
    word: "PARTNER_NOT_FOUND",
    status: 404,
    layer: Layer::Field,
    meaning: "There is no partner with this id.",
    remedy: "Check the id, or read the list of partners again.",
};

pub const ESTABLISHMENT_NOT_FOUND: ErrorCode = ErrorCode {
    word: "ESTABLISHMENT_NOT_FOUND",
    status: 404,
    layer: Layer::Field,
    meaning: "The establishment does not exist, was deleted, or belongs to another partner.",
    remedy: "Check the id, or read the partner's establishments again.",
};

pub const ESTABLISHMENT_IN_USE: ErrorCode = ErrorCode {
    word: "ESTABLISHMENT_IN_USE",
    status: 409,
    layer: Layer::Field,
    meaning: "The establishment still has offers that are not archived.",
    remedy: "The partner archives these offers first.",
};
