//! Error codes of announcements.

use pq_core::{ErrorCode, error::Layer};

/// All error codes of announcements.
pub const ALL: &[ErrorCode] = &[CAMPAIGN_KEY_TAKEN];

pub const CAMPAIGN_KEY_TAKEN: ErrorCode = ErrorCode {
    word: "CAMPAIGN_KEY_TAKEN",
    status: 409,
    layer: Layer::Field,
    meaning: "Other news were sent with this key.",
    remedy: "Send other news with another key.",
};
