//! Error codes of accounts.

use pq_core::{ErrorCode, error::Layer};

/// All error codes of accounts.
pub const ALL: &[ErrorCode] = &[EMAIL_TAKEN, PHONE_TAKEN];

pub const EMAIL_TAKEN: ErrorCode = ErrorCode {
    word: "EMAIL_TAKEN",
    status: 409,
    layer: Layer::Field,
    meaning: "Another account has this e-mail address.",
    remedy: "The user signs in to that account, or uses another address.",
};

pub const PHONE_TAKEN: ErrorCode = ErrorCode {
    word: "PHONE_TAKEN",
    status: 409,
    layer: Layer::Field,
    meaning: "Another account has verified this phone number.",
    remedy: "The user signs in to that account, or uses another number.",
};
