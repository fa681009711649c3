//! Error codes of payments.

use pq_core::{ErrorCode, error::Layer};

/// All error codes of payments.
pub const ALL: &[ErrorCode] = &[
    PAYMENTS_UNAVAILABLE,
    PARTNER_TAKES_NO_PAYMENTS,
    PAYMENT_REQUIRED,
    NOT_PAYABLE,
    ALREADY_PAID,
    PAYMENT_NOT_FOUND,
    PAYMENT_NOT_CAPTURED,
    REFUND_AMOUNT_INVALID,
    REFUND_TOO_LARGE,
    REFUND_KEY_REUSED,
];

pub const PAYMENTS_UNAVAILABLE: ErrorCode = ErrorCode {
    word: "PAYMENTS_UNAVAILABLE",
    status: 503,
    layer: Layer::Field,
    meaning: "Payments are not set up here, or their provider cannot be reached.",
    remedy: "The guest tries again later, or chooses an offer without a price.",
};

pub const PARTNER_TAKES_NO_PAYMENTS: ErrorCode = ErrorCode {
    word: "PARTNER_TAKES_NO_PAYMENTS",
    status: 409,
    layer: Layer::Field,
    meaning: "The partner's account at the provider of payments takes no payments.",
    remedy: "The guest chooses another offer; the partner completes the account with `startOnboarding`.",
};

pub const PAYMENT_REQUIRED: ErrorCode = ErrorCode {
    word: "PAYMENT_REQUIRED",
    status: 409,
    layer: Layer::Field,
    meaning: "The booking has a price: its payment confirms it, and nothing else does.",
    remedy: "The guest pays with `startPayment` before `payBefore`.",
};

pub const NOT_PAYABLE: ErrorCode = ErrorCode {
    word: "NOT_PAYABLE",
    status: 409,
    layer: Layer::Field,
    meaning: "The booking is free, or it has ended, or its time to pay is over.",
    remedy: "Read the booking again. The guest makes a new booking if it has ended.",
};

pub const ALREADY_PAID: ErrorCode = ErrorCode {
    word: "ALREADY_PAID",
    status: 409,
    layer: Layer::Field,
    meaning: "The booking is paid.",
    remedy: "Read the booking again: it is confirmed, or its payment is being refunded.",
};

pub const PAYMENT_NOT_FOUND: ErrorCode = ErrorCode {
    word: "PAYMENT_NOT_FOUND",
    status: 404,
    layer: Layer::Field,
    meaning: "The payment does not exist, or the caller may not see it.",
    remedy: "Check the id, or read the list of payments again.",
};

pub const PAYMENT_NOT_CAPTURED: ErrorCode = ErrorCode {
    word: "PAYMENT_NOT_CAPTURED",
    status: 409,
    layer: Layer::Field,
    meaning: "No money has come for this payment, so that none can be refunded.",
    remedy: "Read the payment again to see its state.",
};

pub const REFUND_AMOUNT_INVALID: ErrorCode = ErrorCode {
    word: "REFUND_AMOUNT_INVALID",
    status: 400,
    layer: Layer::Field,
    meaning: "The amount of a refund is 1 or more, in the currency's minor unit.",
    remedy: "Send such an amount, or none to refund all that is left.",
};

pub const REFUND_TOO_LARGE: ErrorCode = ErrorCode {
    word: "REFUND_TOO_LARGE",
    status: 409,
    layer: Layer::Field,
    meaning: "The refund is larger than what is left of the payment: `left` says how much that is.",
    remedy: "Send an amount that is not larger, or none to refund all that is left.",
};

pub const REFUND_KEY_REUSED: ErrorCode = ErrorCode {
    word: "REFUND_KEY_REUSED",
    status: 409,
    layer: Layer::Field,
    meaning: "The idempotency key was used for a refund of another payment or of another amount.",
    remedy: "Send a new key for each new refund.",
};
