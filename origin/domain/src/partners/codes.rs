//! Error codes of partners and their establishments.

use pq_core::{ErrorCode, error::Layer};

/// All error codes of partners.
pub const ALL: &[ErrorCode] = &[
    PARTNER_NOT_FOUND,
    ESTABLISHMENT_NOT_FOUND,
    ESTABLISHMENT_IN_USE,
    ESTABLISHMENT_REQUIRED,
    PARTNER_STATUS_CONFLICT,
    SIRET_TAKEN,
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

pub const ESTABLISHMENT_REQUIRED: ErrorCode = ErrorCode {
    word: "ESTABLISHMENT_REQUIRED",
    status: 409,
    layer: Layer::Field,
    meaning: "The partner has no establishment that is not archived.",
    remedy: "Add an establishment, then submit the partner.",
};

pub const PARTNER_STATUS_CONFLICT: ErrorCode = ErrorCode {
    word: "PARTNER_STATUS_CONFLICT",
    status: 409,
    layer: Layer::Field,
    meaning: "The partner is in a status in which this cannot be done; perhaps somebody else did it before.",
    remedy: "Read the partner's `status` again.",
};

pub const SIRET_TAKEN: ErrorCode = ErrorCode {
    word: "SIRET_TAKEN",
    status: 409,
    layer: Layer::Field,
    meaning: "Another partner that has not ended was approved with the same SIRET.",
    remedy: "Find out which of the two is the establishment's, and return or end the other one.",
};
