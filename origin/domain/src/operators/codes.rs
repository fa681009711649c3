//! Error codes of operators' deeds.

use pq_core::{ErrorCode, error::Layer};

/// All error codes of operators' deeds.
pub const ALL: &[ErrorCode] = &[USER_NOT_FOUND, USER_IS_YOURSELF, LAST_ADMINISTRATOR];

pub const USER_NOT_FOUND: ErrorCode = ErrorCode {
    word: "USER_NOT_FOUND",
    status: 404,
    layer: Layer::Field,
    meaning: "There is no account with this id.",
    remedy: "Look the account up by its exact e-mail address; it may have been erased.",
};

pub const USER_IS_YOURSELF: ErrorCode = ErrorCode {
    word: "USER_IS_YOURSELF",
    status: 409,
    layer: Layer::Field,
    meaning: "Operators do this to others' accounts only, not to their own.",
    remedy: "Ask another administrator, or use what every user has for their own account.",
};

pub const LAST_ADMINISTRATOR: ErrorCode = ErrorCode {
    word: "LAST_ADMINISTRATOR",
    status: 409,
    layer: Layer::Field,
    meaning: "This is the only administrator who is active, and one has to stay.",
    remedy: "First make somebody else an administrator.",
};
