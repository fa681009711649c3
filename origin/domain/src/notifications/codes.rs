//! Error codes of notifications.

use pq_core::{ErrorCode, error::Layer};

/// All error codes of notifications.
pub const ALL: &[ErrorCode] = &[DEVICE_INVALID];

pub const DEVICE_INVALID: ErrorCode = ErrorCode {
    word: "DEVICE_INVALID",
    status: 400,
    layer: Layer::Field,
    meaning: "The id is not one that the provider of push notifications gives to a device.",
    remedy: "Send the subscription id of the provider's library, once it has one.",
};
