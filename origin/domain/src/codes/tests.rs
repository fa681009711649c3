use pq_core::{MediaType, Refusal, error::Layer};

use super::*;
use crate::team::codes::PARTNER_NOT_YOURS;

/// Each code with its HTTP status as `application/graphql-response+json` and as `application/json`.
/// Clients depend on all three: changing a row breaks them.
const STATUSES: [(&str, u16, u16); 182] = [
    ("INVALID_JSON", 400, 400),
    ("NUL_BYTE", 400, 400),
    ("INVALID_REQUEST", 400, 400),
    ("DOCUMENT_MISSING", 400, 400),
    ("DOCUMENT_ID_MALFORMED", 400, 400),
    ("DOCUMENT_ID_MISMATCH", 400, 400),
    ("PERSISTED_QUERY_NOT_FOUND", 404, 200),
    ("DOCUMENT_NOT_PUBLISHED", 403, 403),
    ("INTROSPECTION_DISABLED", 403, 403),
    ("METHOD_NOT_ALLOWED", 405, 405),
    ("MUTATION_OVER_GET", 405, 405),
    ("SUBSCRIPTION_EXPECTED", 400, 400),
    ("NOT_ACCEPTABLE", 406, 406),
    ("UNSUPPORTED_MEDIA_TYPE", 415, 415),
    ("CONTENT_ENCODING_UNSUPPORTED", 415, 415),
    ("REQUEST_TOO_LARGE", 413, 413),
    ("UNAUTHENTICATED", 401, 401),
    ("TOKEN_EXPIRED", 401, 401),
    ("TOKEN_INVALID", 401, 401),
    ("FORBIDDEN", 403, 403),
    ("RATE_LIMITED", 429, 429),
    ("TOO_MANY_CONNECTIONS", 429, 429),
    ("TOO_MANY_SUBSCRIPTIONS", 429, 429),
    ("RESUME_LOST", 200, 200),
    ("OVERLOADED", 503, 503),
    ("NOT_FOUND", 404, 404),
    ("ORIGIN_UNREACHABLE", 503, 503),
    ("TIMEOUT", 504, 504),
    ("OUTCOME_UNKNOWN", 503, 503),
    ("INTERNAL", 500, 500),
    ("GRAPHQL_VALIDATION_FAILED", 400, 200),
    ("DOCUMENT_TOO_COMPLEX", 400, 200),
    ("OPERATION_UNKNOWN", 400, 200),
    ("VARIABLE_MISSING", 400, 200),
    ("VARIABLE_INVALID", 400, 200),
    ("VARIABLE_UNDECLARED", 400, 200),
    ("LOCATION_OUT_OF_RANGE", 400, 200),
    ("PAGE_SIZE_OUT_OF_RANGE", 400, 200),
    ("CURSOR_INVALID", 400, 200),
    ("BAD_USER_INPUT", 400, 200),
    ("VERSION_CONFLICT", 409, 200),
    ("LIMIT_REACHED", 409, 200),
    ("CREDENTIALS_INVALID", 401, 200),
    ("REFRESH_TOKEN_INVALID", 401, 200),
    ("CODE_INVALID", 400, 200),
    ("EMAIL_TAKEN", 409, 200),
    ("PHONE_TAKEN", 409, 200),
    ("PHONE_NOT_SERVED", 400, 200),
    ("EMAIL_NOT_VERIFIED", 403, 200),
    ("EMAIL_CHANGED_LATELY", 409, 200),
    ("OFFER_NOT_FOUND", 404, 200),
    ("OFFER_ARCHIVED", 409, 200),
    ("QUOTA_BELOW_BOOKED", 409, 200),
    ("DISTANCE_OUT_OF_RANGE", 400, 200),
    ("DISCOUNT_OUT_OF_RANGE", 400, 200),
    ("BOX_INVALID", 400, 200),
    ("OPEN_AT_NOT_ROUNDED", 400, 200),
    ("ORDER_NEEDS_LOCATION", 400, 200),
    ("PERIOD_OUT_OF_RANGE", 400, 200),
    ("ZOOM_OUT_OF_RANGE", 400, 200),
    ("APPROVAL_WITH_PRICE", 400, 200),
    ("PARTNER_NOT_FOUND", 404, 200),
    ("ESTABLISHMENT_NOT_FOUND", 404, 200),
    ("ESTABLISHMENT_IN_USE", 409, 200),
    ("ESTABLISHMENT_REQUIRED", 409, 200),
    ("PARTNER_STATUS_CONFLICT", 409, 200),
    ("SIRET_TAKEN", 409, 200),
    ("ALREADY_MEMBER", 409, 200),
    ("MEMBER_NOT_FOUND", 404, 200),
    ("LAST_OWNER", 409, 200),
    ("INVITATION_INVALID", 400, 200),
    ("PARTNER_NOT_YOURS", 403, 403),
    ("PARTNER_NOT_CHOSEN", 400, 200),
    ("OFFER_NOT_BOOKABLE", 409, 200),
    ("OFFER_CLOSED", 409, 200),
    ("OFFER_SOLD_OUT", 409, 200),
    ("OFFER_SOLD_OUT_THAT_DAY", 409, 200),
    ("BOOKING_LIMIT_REACHED", 409, 200),
    ("ALREADY_BOOKED", 409, 200),
    ("TOO_MANY_BOOKINGS", 409, 200),
    ("BOOKINGS_PER_DAY_REACHED", 409, 200),
    ("IDEMPOTENCY_KEY_REUSED", 409, 200),
    ("BOOKING_NOT_FOUND", 404, 200),
    ("BOOKING_STATUS_CONFLICT", 409, 200),
    ("CANCELLATION_TOO_LATE", 409, 200),
    ("BOOKING_TOO_EARLY", 409, 200),
    ("BOOKING_TOO_LATE", 409, 200),
    ("QR_CODE_INVALID", 400, 200),
    ("QR_CODE_EXPIRED", 400, 200),
    ("QR_CODE_REPLAYED", 409, 200),
    ("QR_CODE_FOREIGN", 400, 200),
    ("OPENING_NOT_FOUND", 400, 200),
    ("OPENING_OVER", 409, 200),
    ("OPENING_TOO_FAR", 409, 200),
    ("OFFER_PLACES_TOO_FEW", 409, 200),
    ("OFFER_PARTY_TOO_LARGE", 409, 200),
    ("APPROVAL_REQUIRED", 409, 200),
    ("APPROVAL_TOO_LATE", 409, 200),
    ("SHORT_CODE_UNKNOWN", 404, 200),
    ("CHECK_IN_UNDO_TOO_LATE", 409, 200),
    ("GUEST_BOOKED_AGAIN", 409, 200),
    ("SCAN_TOO_OLD", 400, 200),
    ("SCAN_IN_FUTURE", 400, 200),
    ("OFFER_NOT_OPEN", 409, 200),
    ("PARTNER_NOT_LISTED", 409, 200),
    ("DEVICE_INVALID", 400, 200),
    ("NOTIFICATION_MANDATORY", 409, 200),
    ("NOTIFICATION_CHANNEL_UNAVAILABLE", 400, 200),
    ("NEWS_CONSENT_MISSING", 409, 200),
    ("TEMPLATE_INVALID", 400, 200),
    ("CAMPAIGN_KEY_TAKEN", 409, 200),
    ("ADDRESS_NOT_FOUND", 400, 200),
    ("ADDRESS_AMBIGUOUS", 400, 200),
    ("POSITION_REQUIRED", 409, 200),
    ("MAPS_UNAVAILABLE", 503, 200),
    ("PICTURES_UNAVAILABLE", 503, 200),
    ("UPLOAD_NOT_FOUND", 404, 200),
    ("UPLOAD_MISSING", 409, 200),
    ("UPLOAD_LIMIT", 409, 200),
    ("PICTURE_LIMIT", 409, 200),
    ("PICTURES_BUSY", 503, 200),
    ("PICTURE_IN_USE", 409, 200),
    ("PICTURE_ADDRESS_FOREIGN", 400, 200),
    ("PICTURE_EMPTY", 400, 200),
    ("PICTURE_TOO_MANY_BYTES", 400, 200),
    ("NOT_A_PICTURE", 400, 200),
    ("PICTURE_IS_SVG", 400, 200),
    ("PICTURE_IS_GIF", 400, 200),
    ("PICTURE_IS_PDF", 400, 200),
    ("PICTURE_IS_HTML", 400, 200),
    ("PICTURE_IS_AVIF", 400, 200),
    ("PICTURE_IS_HEIC", 400, 200),
    ("PICTURE_POLYGLOT", 400, 200),
    ("PICTURE_TRAILING_DATA", 400, 200),
    ("PICTURE_TRUNCATED", 400, 200),
    ("PICTURE_BROKEN", 400, 200),
    ("PICTURE_UNSUPPORTED", 400, 200),
    ("PICTURE_TOO_MANY_SCANS", 400, 200),
    ("PICTURE_ANIMATED", 400, 200),
    ("PICTURE_CMYK", 400, 200),
    ("PICTURE_SIDE_TOO_LONG", 400, 200),
    ("PICTURE_TOO_MANY_PIXELS", 400, 200),
    ("PICTURE_TOO_SMALL", 400, 200),
    ("PICTURE_TOO_NARROW", 400, 200),
    ("PAYMENTS_UNAVAILABLE", 503, 200),
    ("PARTNER_TAKES_NO_PAYMENTS", 409, 200),
    ("PAYMENT_REQUIRED", 409, 200),
    ("NOT_PAYABLE", 409, 200),
    ("ALREADY_PAID", 409, 200),
    ("PAYMENT_NOT_FOUND", 404, 200),
    ("PAYMENT_NOT_CAPTURED", 409, 200),
    ("REFUND_AMOUNT_INVALID", 400, 200),
    ("REFUND_TOO_LARGE", 409, 200),
    ("REFUND_KEY_REUSED", 409, 200),
    ("IDENTITY_UNAVAILABLE", 503, 200),
    ("IDENTITY_VERIFIED_ALREADY", 409, 200),
    ("IDENTITY_ATTEMPTS_REACHED", 409, 200),
    ("IDENTITY_CONSENT_OUTDATED", 409, 200),
    ("VERIFICATION_NOT_FOUND", 404, 200),
    ("VERIFICATION_STATE_CONFLICT", 409, 200),
    ("VERIFICATION_IS_YOURS", 403, 200),
    ("IDENTITY_REQUIRED", 403, 200),
    ("IDENTITY_PENDING", 409, 200),
    ("AGE_TOO_LOW", 403, 200),
    ("IMPORT_UNREADABLE", 400, 200),
    ("IMPORT_LINE_MALFORMED", 400, 200),
    ("IMPORT_LINE_REPEATED", 409, 200),
    ("IMPORT_POSTPONED", 503, 200),
    ("REVIEW_NOT_FOUND", 404, 200),
    ("BOOKING_NOT_CHECKED_IN", 409, 200),
    ("ALREADY_REVIEWED", 409, 200),
    ("REVIEW_TOO_LATE", 409, 200),
    ("REVIEW_REMOVED", 409, 200),
    ("REVIEW_OF_OWN_PARTNER", 403, 200),
    ("REVIEW_IS_YOURS", 403, 200),
    ("ALREADY_REPORTED", 409, 200),
    ("REVIEW_NOT_REMOVED", 409, 200),
    ("ALREADY_CONTESTED", 409, 200),
    ("CONTEST_NEEDS_ANOTHER", 403, 200),
    ("USER_NOT_FOUND", 404, 200),
    ("USER_IS_YOURSELF", 409, 200),
    ("LAST_ADMINISTRATOR", 409, 200),
];

#[test]
fn the_statuses_of_every_code() {
    let actual: Vec<_> = all()
        .map(|code| {
            let refusal = Refusal::new(code, "");
            (
                code.as_str(),
                refusal.status(MediaType::GraphqlResponse),
                refusal.status(MediaType::Json),
            )
        })
        .collect();
    assert_eq!(actual, STATUSES);
}

#[test]
fn every_word_is_declared_once_and_found() {
    let mut words: Vec<_> = all().map(ErrorCode::as_str).collect();
    words.sort_unstable();
    let twice: Vec<_> = words.windows(2).filter(|pair| pair[0] == pair[1]).collect();
    assert!(twice.is_empty(), "declared twice: {twice:?}");
    for code in all() {
        assert_eq!(parse(code.as_str()), Some(code));
    }
    assert_eq!(parse("NO_SUCH_CODE"), None);
}

/// A request that is refused before it is executed has a code of the protocol: the edge knows no
/// others (`edge_core::answer::shared_status`). One is refused by who the caller is, so no shared answer has
/// its code.
#[test]
fn the_codes_of_blocks_are_errors_of_fields() {
    let codes = BLOCKS.iter().flat_map(|block| block.codes);
    for code in codes.filter(|code| **code != PARTNER_NOT_YOURS) {
        assert_eq!(code.layer, Layer::Field, "{code:?}");
    }
}

#[test]
fn every_code_says_what_it_means_and_what_to_do() {
    for code in all() {
        for text in [code.meaning, code.remedy] {
            let is_sentence = text.ends_with('.') && !text.contains(['|', '\n']);
            assert!(is_sentence, "{code:?}: {text}");
        }
    }
}
