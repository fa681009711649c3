//! Error codes of a partner's team.

use pq_core::{ErrorCode, error::Layer};

/// All error codes of teams.
pub const ALL: &[ErrorCode] = &[
    ALREADY_MEMBER,
    MEMBER_NOT_FOUND,
    LAST_OWNER,
    INVITATION_INVALID,
];

pub const ALREADY_MEMBER: ErrorCode = ErrorCode {
    word: "ALREADY_MEMBER",
    status: 409,
    layer: Layer::Field,
    meaning: "The user already works for a partner.",
    remedy: "The user leaves that partner first, or uses another account.",
};

pub const MEMBER_NOT_FOUND: ErrorCode = ErrorCode {
    word: "MEMBER_NOT_FOUND",
    status: 404,
    layer: Layer::Field,
    meaning: "No user with this id works for the partner.",
    remedy: "Check the id, or read the list of members again.",
};

pub const LAST_OWNER: ErrorCode = ErrorCode {
    word: "LAST_OWNER",
    status: 409,
    layer: Layer::Field,
    meaning: "The partner would have no owner any more.",
    remedy: "Make another member an owner first; if there is none, an operator names one.",
};

pub const INVITATION_INVALID: ErrorCode = ErrorCode {
    word: "INVITATION_INVALID",
    status: 400,
    layer: Layer::Field,
    meaning: "The invitation is unknown, expired, used, withdrawn, or addressed to somebody else.",
    remedy: "The user asks the partner for a new invitation, and accepts it with the account that has the invited e-mail address.",
};
