//! Error codes of authentication. For the one-time codes sent to users see [`super::codes`].

use pq_core::{ErrorCode, error::Layer};

/// All error codes of authentication.
pub const ALL: &[ErrorCode] = &[CREDENTIALS_INVALID, REFRESH_TOKEN_INVALID, CODE_INVALID];

pub const CREDENTIALS_INVALID: ErrorCode = ErrorCode {
    word: "CREDENTIALS_INVALID",
    status: 401,
    layer: Layer::Field,
    meaning: "No account has this e-mail address and password. Which of the two is wrong is not said.",
    remedy: "The user corrects them, or resets the password.",
};

pub const REFRESH_TOKEN_INVALID: ErrorCode = ErrorCode {
    word: "REFRESH_TOKEN_INVALID",
    status: 401,
    layer: Layer::Field,
    meaning: "The refresh token is unknown, expired, of before a new password, or was used before and longer ago than half a minute.",
    remedy: "The user signs in again.",
};

pub const CODE_INVALID: ErrorCode = ErrorCode {
    word: "CODE_INVALID",
    status: 400,
    layer: Layer::Field,
    meaning: "The code, or the token of a link, is wrong, expired, was tried too often, or has set another password before.",
    remedy: "The user asks for a new code.",
};
