//! Error codes of identity checks.

use pq_core::{ErrorCode, error::Layer};

/// All error codes of identity checks.
pub const ALL: &[ErrorCode] = &[
    IDENTITY_UNAVAILABLE,
    IDENTITY_VERIFIED_ALREADY,
    IDENTITY_ATTEMPTS_REACHED,
    IDENTITY_CONSENT_OUTDATED,
    VERIFICATION_NOT_FOUND,
    VERIFICATION_STATE_CONFLICT,
    VERIFICATION_IS_YOURS,
    IDENTITY_REQUIRED,
    IDENTITY_PENDING,
    AGE_TOO_LOW,
];

pub const IDENTITY_UNAVAILABLE: ErrorCode = ErrorCode {
    word: "IDENTITY_UNAVAILABLE",
    status: 503,
    layer: Layer::Field,
    meaning: "Identity documents cannot be checked: the provider does not answer, or none is configured.",
    remedy: "Try again in a few minutes; the same check goes on. An offer that asks for an identity cannot be saved without a provider.",
};

pub const IDENTITY_VERIFIED_ALREADY: ErrorCode = ErrorCode {
    word: "IDENTITY_VERIFIED_ALREADY",
    status: 409,
    layer: Layer::Field,
    meaning: "The user's identity is verified, and will be for more than a month.",
    remedy: "Nothing is to be done.",
};

pub const IDENTITY_ATTEMPTS_REACHED: ErrorCode = ErrorCode {
    word: "IDENTITY_ATTEMPTS_REACHED",
    status: 409,
    layer: Layer::Field,
    meaning: "The user has begun as many identity checks within 30 days as is allowed.",
    remedy: "The user waits, or writes to support.",
};

pub const IDENTITY_CONSENT_OUTDATED: ErrorCode = ErrorCode {
    word: "IDENTITY_CONSENT_OUTDATED",
    status: 409,
    layer: Layer::Field,
    meaning: "`consentVersion` is not the version of the text about identity checks that is in force.",
    remedy: "The app shows the present text and sends its version.",
};

pub const VERIFICATION_NOT_FOUND: ErrorCode = ErrorCode {
    word: "VERIFICATION_NOT_FOUND",
    status: 404,
    layer: Layer::Field,
    meaning: "There is no identity check with this id.",
    remedy: "Read the list again: it goes with the account.",
};

pub const VERIFICATION_STATE_CONFLICT: ErrorCode = ErrorCode {
    word: "VERIFICATION_STATE_CONFLICT",
    status: 409,
    layer: Layer::Field,
    meaning: "The identity check cannot be decided in its state, or the user has a newer one.",
    remedy: "Read the check again, and decide on the user's newest one.",
};

pub const VERIFICATION_IS_YOURS: ErrorCode = ErrorCode {
    word: "VERIFICATION_IS_YOURS",
    status: 403,
    layer: Layer::Field,
    meaning: "Nobody decides on their own identity check.",
    remedy: "Another administrator decides.",
};

pub const IDENTITY_REQUIRED: ErrorCode = ErrorCode {
    word: "IDENTITY_REQUIRED",
    status: 403,
    layer: Layer::Field,
    meaning: "The offer is for guests with a verified identity, and the user has none, or it has expired.",
    remedy: "The app leads the user to the identity check.",
};

pub const IDENTITY_PENDING: ErrorCode = ErrorCode {
    word: "IDENTITY_PENDING",
    status: 409,
    layer: Layer::Field,
    meaning: "The offer is for guests with a verified identity, and the user's check is not decided yet.",
    remedy: "The app shows the check, and books again once it is decided.",
};

pub const AGE_TOO_LOW: ErrorCode = ErrorCode {
    word: "AGE_TOO_LOW",
    status: 403,
    layer: Layer::Field,
    meaning: "The year of birth in the user's identity document does not prove the offer's minimum age.",
    remedy: "The guest chooses another offer. Only the year is known: in the year in which somebody reaches the age it is not proven yet.",
};
