//! Error codes of bookings.

use pq_core::{ErrorCode, error::Layer};

/// All error codes of bookings.
pub const ALL: &[ErrorCode] = &[
    OFFER_NOT_BOOKABLE,
    OFFER_CLOSED,
    OFFER_SOLD_OUT,
    OFFER_SOLD_OUT_THAT_DAY,
    BOOKING_LIMIT_REACHED,
    ALREADY_BOOKED,
    TOO_MANY_BOOKINGS,
    BOOKINGS_PER_DAY_REACHED,
    IDEMPOTENCY_KEY_REUSED,
    BOOKING_NOT_FOUND,
    BOOKING_STATUS_CONFLICT,
    CANCELLATION_TOO_LATE,
    BOOKING_TOO_EARLY,
    BOOKING_TOO_LATE,
    QR_CODE_INVALID,
    QR_CODE_EXPIRED,
    QR_CODE_REPLAYED,
    QR_CODE_FOREIGN,
    OPENING_NOT_FOUND,
    OPENING_OVER,
    OPENING_TOO_FAR,
    OFFER_PLACES_TOO_FEW,
    OFFER_PARTY_TOO_LARGE,
    APPROVAL_REQUIRED,
    APPROVAL_TOO_LATE,
    SHORT_CODE_UNKNOWN,
    CHECK_IN_UNDO_TOO_LATE,
    GUEST_BOOKED_AGAIN,
    SCAN_TOO_OLD,
    SCAN_IN_FUTURE,
    OFFER_NOT_OPEN,
    PARTNER_NOT_LISTED,
];

pub const OFFER_NOT_BOOKABLE: ErrorCode = ErrorCode {
    word: "OFFER_NOT_BOOKABLE",
    status: 409,
    layer: Layer::Field,
    meaning: "The offer is switched off, or today is outside its validity.",
    remedy: "The guest chooses another offer.",
};

pub const OFFER_CLOSED: ErrorCode = ErrorCode {
    word: "OFFER_CLOSED",
    status: 409,
    layer: Layer::Field,
    meaning: "The offer has no opening hours left before it ends.",
    remedy: "The guest chooses another offer.",
};

pub const OFFER_SOLD_OUT: ErrorCode = ErrorCode {
    word: "OFFER_SOLD_OUT",
    status: 409,
    layer: Layer::Field,
    meaning: "The offer is sold out.",
    remedy: "The guest chooses another offer, or tries again later: a cancelled booking frees a place.",
};

pub const OFFER_SOLD_OUT_THAT_DAY: ErrorCode = ErrorCode {
    word: "OFFER_SOLD_OUT_THAT_DAY",
    status: 409,
    layer: Layer::Field,
    meaning: "The offer is sold out on the day of the opening, from 06:00 to 06:00.",
    remedy: "The guest books another day.",
};

pub const BOOKING_LIMIT_REACHED: ErrorCode = ErrorCode {
    word: "BOOKING_LIMIT_REACHED",
    status: 409,
    layer: Layer::Field,
    meaning: "The guest has booked this offer as often as one guest may.",
    remedy: "The guest chooses another offer.",
};

pub const ALREADY_BOOKED: ErrorCode = ErrorCode {
    word: "ALREADY_BOOKED",
    status: 409,
    layer: Layer::Field,
    meaning: "The guest already has an open booking of this offer.",
    remedy: "The guest uses or cancels that booking.",
};

pub const TOO_MANY_BOOKINGS: ErrorCode = ErrorCode {
    word: "TOO_MANY_BOOKINGS",
    status: 409,
    layer: Layer::Field,
    meaning: "The guest has as many open bookings as are allowed.",
    remedy: "The guest uses or cancels one of them.",
};

pub const BOOKINGS_PER_DAY_REACHED: ErrorCode = ErrorCode {
    word: "BOOKINGS_PER_DAY_REACHED",
    status: 409,
    layer: Layer::Field,
    meaning: "The guest has made as many bookings within 24 hours as are allowed, cancelled ones included.",
    remedy: "The guest books again tomorrow.",
};

pub const IDEMPOTENCY_KEY_REUSED: ErrorCode = ErrorCode {
    word: "IDEMPOTENCY_KEY_REUSED",
    status: 409,
    layer: Layer::Field,
    meaning: "The idempotency key was used for a booking of another offer, opening or party size.",
    remedy: "Send a new key for each new booking.",
};

pub const BOOKING_NOT_FOUND: ErrorCode = ErrorCode {
    word: "BOOKING_NOT_FOUND",
    status: 404,
    layer: Layer::Field,
    meaning: "The booking does not exist, or the caller may not see it.",
    remedy: "Check the id, or read the list of bookings again.",
};

pub const BOOKING_STATUS_CONFLICT: ErrorCode = ErrorCode {
    word: "BOOKING_STATUS_CONFLICT",
    status: 409,
    layer: Layer::Field,
    meaning: "The booking's status does not allow this step.",
    remedy: "Read the booking again to see its status.",
};

pub const CANCELLATION_TOO_LATE: ErrorCode = ErrorCode {
    word: "CANCELLATION_TOO_LATE",
    status: 409,
    layer: Layer::Field,
    meaning: "The booking begins too soon to be cancelled.",
    remedy: "The guest asks the partner.",
};

pub const BOOKING_TOO_EARLY: ErrorCode = ErrorCode {
    word: "BOOKING_TOO_EARLY",
    status: 409,
    layer: Layer::Field,
    meaning: "The booking's time has not begun.",
    remedy: "The guest comes back at the booking's time.",
};

pub const BOOKING_TOO_LATE: ErrorCode = ErrorCode {
    word: "BOOKING_TOO_LATE",
    status: 409,
    layer: Layer::Field,
    meaning: "The booking's time is over.",
    remedy: "The guest makes a new booking.",
};

pub const QR_CODE_INVALID: ErrorCode = ErrorCode {
    word: "QR_CODE_INVALID",
    status: 400,
    layer: Layer::Field,
    meaning: "The QR code is not one of Yousoon's, or was changed.",
    remedy: "The guest opens the booking in the app and shows its code.",
};

pub const QR_CODE_EXPIRED: ErrorCode = ErrorCode {
    word: "QR_CODE_EXPIRED",
    status: 400,
    layer: Layer::Field,
    meaning: "The QR code has expired.",
    remedy: "The guest opens the booking in the app again to get a new code.",
};

pub const QR_CODE_REPLAYED: ErrorCode = ErrorCode {
    word: "QR_CODE_REPLAYED",
    status: 409,
    layer: Layer::Field,
    meaning: "The booking of this QR code was already checked in: `checkedInAt` says when, and `checkedInBy` by whom.",
    remedy: "The staff lets nobody in with this code a second time.",
};

pub const QR_CODE_FOREIGN: ErrorCode = ErrorCode {
    word: "QR_CODE_FOREIGN",
    status: 400,
    layer: Layer::Field,
    meaning: "The QR code belongs to another booking or another partner.",
    remedy: "The staff scans the code of the booking that is open, or the guest shows the right code.",
};

pub const OPENING_NOT_FOUND: ErrorCode = ErrorCode {
    word: "OPENING_NOT_FOUND",
    status: 400,
    layer: Layer::Field,
    meaning: "No opening of the offer begins at the moment `opening`.",
    remedy: "Send the `start` of one of the offer's `openings`.",
};

pub const OPENING_OVER: ErrorCode = ErrorCode {
    word: "OPENING_OVER",
    status: 409,
    layer: Layer::Field,
    meaning: "The opening has ended.",
    remedy: "The guest chooses a later opening.",
};

pub const OPENING_TOO_FAR: ErrorCode = ErrorCode {
    word: "OPENING_TOO_FAR",
    status: 409,
    layer: Layer::Field,
    meaning: "The opening begins in more than 90 days.",
    remedy: "The guest chooses an earlier opening, or books later.",
};

pub const OFFER_PLACES_TOO_FEW: ErrorCode = ErrorCode {
    word: "OFFER_PLACES_TOO_FEW",
    status: 409,
    layer: Layer::Field,
    meaning: "Places are left, but fewer than `partySize`.",
    remedy: "The guest books for fewer people, or another opening.",
};

pub const OFFER_PARTY_TOO_LARGE: ErrorCode = ErrorCode {
    word: "OFFER_PARTY_TOO_LARGE",
    status: 409,
    layer: Layer::Field,
    meaning: "`partySize` is more than the offer's `maxPartySize`.",
    remedy: "The guest books for at most so many people, or asks the venue.",
};

pub const APPROVAL_REQUIRED: ErrorCode = ErrorCode {
    word: "APPROVAL_REQUIRED",
    status: 409,
    layer: Layer::Field,
    meaning: "The booking waits for the venue's approval, so its guest cannot confirm it.",
    remedy: "The guest waits until `decideBefore`, and is told either way.",
};

pub const APPROVAL_TOO_LATE: ErrorCode = ErrorCode {
    word: "APPROVAL_TOO_LATE",
    status: 409,
    layer: Layer::Field,
    meaning: "The time to approve the booking is over: it expires.",
    remedy: "The guest makes a new booking.",
};

pub const SHORT_CODE_UNKNOWN: ErrorCode = ErrorCode {
    word: "SHORT_CODE_UNKNOWN",
    status: 404,
    layer: Layer::Field,
    meaning: "No booking of this partner that can be checked in now has this short code, at this establishment.",
    remedy: "The staff asks for the code again, or looks the guest up in the list of the night.",
};

pub const CHECK_IN_UNDO_TOO_LATE: ErrorCode = ErrorCode {
    word: "CHECK_IN_UNDO_TOO_LATE",
    status: 409,
    layer: Layer::Field,
    meaning: "The check-in or the walk-in was recorded more than five minutes ago.",
    remedy: "It stays.",
};

pub const GUEST_BOOKED_AGAIN: ErrorCode = ErrorCode {
    word: "GUEST_BOOKED_AGAIN",
    status: 409,
    layer: Layer::Field,
    meaning: "The check-in cannot be undone: its guest has another open booking of the offer, which only one may be.",
    remedy: "The check-in stays; the staff checks the other booking in if that was meant.",
};

pub const SCAN_TOO_OLD: ErrorCode = ErrorCode {
    word: "SCAN_TOO_OLD",
    status: 400,
    layer: Layer::Field,
    meaning: "The scan was made more than 48 hours ago.",
    remedy: "The scanner forgets it.",
};

pub const SCAN_IN_FUTURE: ErrorCode = ErrorCode {
    word: "SCAN_IN_FUTURE",
    status: 400,
    layer: Layer::Field,
    meaning: "The scan is dated more than two minutes later than now.",
    remedy: "Set the scanner's clock. The scan is accepted with the right time.",
};

pub const OFFER_NOT_OPEN: ErrorCode = ErrorCode {
    word: "OFFER_NOT_OPEN",
    status: 409,
    layer: Layer::Field,
    meaning: "Nobody can walk in: the offer is not open, nor within half an hour.",
    remedy: "The staff records walk-ins while the offer is open.",
};

pub const PARTNER_NOT_LISTED: ErrorCode = ErrorCode {
    word: "PARTNER_NOT_LISTED",
    status: 409,
    layer: Layer::Field,
    meaning: "The offer's partner is not approved, is suspended, or has ended.",
    remedy: "Choose another offer. Bookings that were made before a suspension stay usable.",
};
