//! Error codes of notifications.

use pq_core::{ErrorCode, error::Layer};

/// All error codes of notifications.
pub const ALL: &[ErrorCode] = &[
    DEVICE_INVALID,
    NOTIFICATION_MANDATORY,
    NOTIFICATION_CHANNEL_UNAVAILABLE,
    NEWS_CONSENT_MISSING,
    TEMPLATE_INVALID,
];

pub const DEVICE_INVALID: ErrorCode = ErrorCode {
    word: "DEVICE_INVALID",
    status: 400,
    layer: Layer::Field,
    meaning: "The id is not one that the provider of push notifications gives to a device.",
    remedy: "Send the subscription id of the provider's library, once it has one.",
};

pub const NOTIFICATION_MANDATORY: ErrorCode = ErrorCode {
    word: "NOTIFICATION_MANDATORY",
    status: 409,
    layer: Layer::Field,
    meaning: "Messages of this kind cannot be switched on or off.",
    remedy: "Show it as always on: `canChange` is false.",
};

pub const NOTIFICATION_CHANNEL_UNAVAILABLE: ErrorCode = ErrorCode {
    word: "NOTIFICATION_CHANNEL_UNAVAILABLE",
    status: 400,
    layer: Layer::Field,
    meaning: "Messages of this kind are never sent by this channel.",
    remedy: "Show only what `notificationSettings` lists.",
};

pub const NEWS_CONSENT_MISSING: ErrorCode = ErrorCode {
    word: "NEWS_CONSENT_MISSING",
    status: 409,
    layer: Layer::Field,
    meaning: "The user has not agreed to news on this channel.",
    remedy: "Ask the user, and set `newsByEmail`, `newsByPush` or `newsBySms` first.",
};

pub const TEMPLATE_INVALID: ErrorCode = ErrorCode {
    word: "TEMPLATE_INVALID",
    status: 400,
    layer: Layer::Field,
    meaning: "The text of a message cannot be used: the message lists what is wrong with it, by line.",
    remedy: "The administrator corrects it.",
};
