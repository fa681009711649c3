//! Error codes of a partner's team.

use pq_core::{ErrorCode, error::Layer};

/// All error codes of teams.
pub const ALL: &[ErrorCode] = &[
    ALREADY_MEMBER,
    MEMBER_NOT_FOUND,
    LAST_OWNER,
    INVITATION_INVALID,
    PARTNER_NOT_YOURS,
    PARTNER_NOT_CHOSEN,
];

pub const PARTNER_NOT_YOURS: ErrorCode = ErrorCode {
    word: "PARTNER_NOT_YOURS",
    status: 403,
    layer: Layer::Transport,
    meaning: "The header `Yousoon-Partner` names a partner for whom the caller does not work.",
    remedy: "Read `myMemberships` without the header, and send the id of one of them, or no header.",
};

pub const PARTNER_NOT_CHOSEN: ErrorCode = ErrorCode {
    word: "PARTNER_NOT_CHOSEN",
    status: 400,
    layer: Layer::Field,
    meaning: "The user works for several partners, and the request does not say which one is meant.",
    remedy: "Give `partnerId`, or send the header `Yousoon-Partner`.",
};

pub const ALREADY_MEMBER: ErrorCode = ErrorCode {
    word: "ALREADY_MEMBER",
    status: 409,
    layer: Layer::Field,
    meaning: "The user already works for this partner.",
    remedy: "Nothing: the user is a member. An owner changes the role with `changeMemberRole`.",
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
