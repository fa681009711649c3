//! Error codes of accounts.

use pq_core::{ErrorCode, error::Layer};

/// All error codes of accounts.
pub const ALL: &[ErrorCode] = &[
    EMAIL_TAKEN,
    PHONE_TAKEN,
    PHONE_NOT_SERVED,
    EMAIL_NOT_VERIFIED,
    EMAIL_CHANGED_LATELY,
];

pub const EMAIL_TAKEN: ErrorCode = ErrorCode {
    word: "EMAIL_TAKEN",
    status: 409,
    layer: Layer::Field,
    meaning: "Another account has this e-mail address, or had it until less than seven days ago.",
    remedy: "The user signs in to that account, or uses another address.",
};

pub const PHONE_TAKEN: ErrorCode = ErrorCode {
    word: "PHONE_TAKEN",
    status: 409,
    layer: Layer::Field,
    meaning: "Another account has verified this phone number.",
    remedy: "The user signs in to that account, or uses another number.",
};

pub const PHONE_NOT_SERVED: ErrorCode = ErrorCode {
    word: "PHONE_NOT_SERVED",
    status: 400,
    layer: Layer::Field,
    meaning: "No SMS are sent to this phone number: its country is not served, or it costs extra.",
    remedy: "The user enters another number, or none.",
};

pub const EMAIL_NOT_VERIFIED: ErrorCode = ErrorCode {
    word: "EMAIL_NOT_VERIFIED",
    status: 403,
    layer: Layer::Field,
    meaning: "The user has not verified the account's e-mail address, and this needs it.",
    remedy: "The user opens the link in the e-mail that `register` or `requestEmailVerification` sent.",
};

pub const EMAIL_CHANGED_LATELY: ErrorCode = ErrorCode {
    word: "EMAIL_CHANGED_LATELY",
    status: 409,
    layer: Layer::Field,
    meaning: "The account's e-mail address was changed less than seven days ago, and the owner of the one before may still take it back.",
    remedy: "The user waits until seven days have passed since that change.",
};
