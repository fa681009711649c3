//! Every refusal: one code per cause, the same from edge and origin.

use cache_core::variables::VariableError;
use serde_json::json;

use crate::negotiate::MediaType;

/// Why a request was refused; the word in `errors[0].extensions.code`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// The body, `variables` or `extensions` is not JSON.
    InvalidJson,
    /// The body has a NUL byte.
    NulByte,
    /// JSON, but not of the shape of a GraphQL request.
    InvalidRequest,
    /// Neither a document nor the name of one.
    DocumentMissing,
    /// A `documentId` or `sha256Hash` that is not a SHA-256.
    DocumentIdMalformed,
    /// The document that was sent does not have the hash that was sent.
    DocumentIdMismatch,
    /// No document with this hash is published.
    DocumentNotFound,
    /// The document itself was sent, and only published ones are executed here.
    DocumentNotPublished,
    /// The document is not valid against the schema.
    DocumentInvalid,
    /// The document, or what it asks for, is larger than is answered.
    DocumentTooComplex,
    /// The document asks about the schema itself, and that is not told here.
    IntrospectionDisabled,
    /// No operation of this name in the document.
    OperationUnknown,
    /// A required variable is absent.
    VariableMissing,
    /// A variable has another type.
    VariableInvalid,
    /// A variable that the document does not declare.
    VariableUndeclared,
    /// A latitude or longitude off the earth.
    LocationOutOfRange,
    /// `first` outside 1–100.
    PageSizeOutOfRange,
    /// `maxDistance` outside 0–50 km.
    DistanceOutOfRange,
    /// `minDiscount` outside 0–100 %.
    DiscountOutOfRange,
    /// `after` is not a cursor of this list.
    CursorInvalid,
    /// An argument that its field refuses for another reason.
    BadUserInput,
    /// A mutation of an offer that there is not.
    OfferNotFound,
    /// A mutation of an offer that is archived.
    OfferArchived,
    /// It was edited since it was read.
    VersionConflict,
    /// A mutation of a partner that there is not.
    PartnerNotFound,
    /// A mutation of an establishment that there is not, or not any more, or not of this partner.
    EstablishmentNotFound,
    /// Offers that are not archived are of the establishment.
    EstablishmentInUse,
    /// The user works for a partner already.
    AlreadyMember,
    /// Nobody of this id works for the partner.
    MemberNotFound,
    /// A partner has one owner at least.
    LastOwner,
    /// An invitation that is not taken: unknown, over, used, withdrawn, or somebody else's.
    InvitationInvalid,
    /// There are as many of these as there can be.
    LimitReached,
    /// Not GET or POST.
    MethodNotAllowed,
    /// A mutation or subscription over GET.
    MutationOverGet,
    /// A query or mutation where only subscriptions are answered.
    SubscriptionExpected,
    /// No acceptable media type.
    NotAcceptable,
    /// The body is not `application/json`.
    UnsupportedMediaType,
    /// The body or query string is larger than is read.
    RequestTooLarge,
    /// Who asks is not known, or a signature is wrong.
    Unauthenticated,
    /// The access token was ours, and its time is over.
    TokenExpired,
    /// An access token that is not taken: forged, too early, signed out.
    TokenInvalid,
    /// No account has this e-mail address and password; which of both is not told.
    CredentialsInvalid,
    /// A refresh token that is not taken: unknown, over, or used before.
    RefreshTokenInvalid,
    /// A code or a link's token that is not taken: wrong, used, over, or tried too often.
    CodeInvalid,
    /// Another account has this e-mail address.
    EmailTaken,
    /// Another account has this phone number.
    PhoneTaken,
    /// The offer is switched off, or not within its validity.
    OfferNotBookable,
    /// The offer does not open any more before it ends.
    OfferClosed,
    /// Nothing is left of the offer.
    OfferSoldOut,
    /// Nothing is left of the offer on the day of its opening.
    OfferSoldOutThatDay,
    /// The user had as many bookings of the offer as one may have.
    BookingLimitReached,
    /// The user has an open booking of the offer.
    AlreadyBooked,
    /// The user has as many open bookings as there can be.
    TooManyBookings,
    /// The idempotency key was used for something else.
    IdempotencyKeyReused,
    /// There is no such booking, or it is not for who asks to see.
    BookingNotFound,
    /// The booking is not in a status in which this can be done.
    BookingStatusConflict,
    /// The booking cannot be cancelled any more.
    CancellationTooLate,
    /// The booking cannot be used yet.
    BookingTooEarly,
    /// The booking's time is over.
    BookingTooLate,
    /// A QR code that none of our keys signed.
    QrCodeInvalid,
    /// A QR code whose time is over.
    QrCodeExpired,
    /// A QR code that was used before.
    QrCodeReplayed,
    /// Another booking's QR code.
    QrCodeForeign,
    /// More of this is asked for at once than is worked on.
    Overloaded,
    /// Who asks may not.
    Forbidden,
    /// More requests than may be made in so short a time.
    RateLimited,
    /// More connections are open than may be.
    TooManyConnections,
    /// A connection has as many subscriptions as it may have.
    TooManySubscriptions,
    /// No such address.
    NotFound,
    /// The origin cannot be reached, and nothing stored may be served instead.
    OriginUnreachable,
    /// Took longer than it may.
    Timeout,
    /// A defect on our side; logged with a reference.
    Internal,
}

impl ErrorCode {
    /// Every code.
    pub const ALL: [Self; 72] = [
        Self::InvalidJson,
        Self::NulByte,
        Self::InvalidRequest,
        Self::DocumentMissing,
        Self::DocumentIdMalformed,
        Self::DocumentIdMismatch,
        Self::DocumentNotFound,
        Self::DocumentNotPublished,
        Self::DocumentInvalid,
        Self::DocumentTooComplex,
        Self::IntrospectionDisabled,
        Self::OperationUnknown,
        Self::VariableMissing,
        Self::VariableInvalid,
        Self::VariableUndeclared,
        Self::LocationOutOfRange,
        Self::PageSizeOutOfRange,
        Self::DistanceOutOfRange,
        Self::DiscountOutOfRange,
        Self::CursorInvalid,
        Self::BadUserInput,
        Self::OfferNotFound,
        Self::OfferArchived,
        Self::VersionConflict,
        Self::PartnerNotFound,
        Self::EstablishmentNotFound,
        Self::EstablishmentInUse,
        Self::AlreadyMember,
        Self::MemberNotFound,
        Self::LastOwner,
        Self::InvitationInvalid,
        Self::LimitReached,
        Self::MethodNotAllowed,
        Self::MutationOverGet,
        Self::SubscriptionExpected,
        Self::NotAcceptable,
        Self::UnsupportedMediaType,
        Self::RequestTooLarge,
        Self::Unauthenticated,
        Self::TokenExpired,
        Self::TokenInvalid,
        Self::CredentialsInvalid,
        Self::RefreshTokenInvalid,
        Self::CodeInvalid,
        Self::EmailTaken,
        Self::PhoneTaken,
        Self::OfferNotBookable,
        Self::OfferClosed,
        Self::OfferSoldOut,
        Self::OfferSoldOutThatDay,
        Self::BookingLimitReached,
        Self::AlreadyBooked,
        Self::TooManyBookings,
        Self::IdempotencyKeyReused,
        Self::BookingNotFound,
        Self::BookingStatusConflict,
        Self::CancellationTooLate,
        Self::BookingTooEarly,
        Self::BookingTooLate,
        Self::QrCodeInvalid,
        Self::QrCodeExpired,
        Self::QrCodeReplayed,
        Self::QrCodeForeign,
        Self::Overloaded,
        Self::Forbidden,
        Self::RateLimited,
        Self::TooManyConnections,
        Self::TooManySubscriptions,
        Self::NotFound,
        Self::OriginUnreachable,
        Self::Timeout,
        Self::Internal,
    ];

    /// The word in answers, logs and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidJson => "INVALID_JSON",
            Self::NulByte => "NUL_BYTE",
            Self::InvalidRequest => "INVALID_REQUEST",
            Self::DocumentMissing => "DOCUMENT_MISSING",
            Self::DocumentIdMalformed => "DOCUMENT_ID_MALFORMED",
            Self::DocumentIdMismatch => "DOCUMENT_ID_MISMATCH",
            // Apollo's clients know this word.
            Self::DocumentNotFound => "PERSISTED_QUERY_NOT_FOUND",
            Self::DocumentNotPublished => "DOCUMENT_NOT_PUBLISHED",
            Self::DocumentInvalid => "GRAPHQL_VALIDATION_FAILED",
            Self::DocumentTooComplex => "DOCUMENT_TOO_COMPLEX",
            Self::IntrospectionDisabled => "INTROSPECTION_DISABLED",
            Self::OperationUnknown => "OPERATION_UNKNOWN",
            Self::VariableMissing => "VARIABLE_MISSING",
            Self::VariableInvalid => "VARIABLE_INVALID",
            Self::VariableUndeclared => "VARIABLE_UNDECLARED",
            Self::LocationOutOfRange => "LOCATION_OUT_OF_RANGE",
            Self::PageSizeOutOfRange => "PAGE_SIZE_OUT_OF_RANGE",
            Self::DistanceOutOfRange => "DISTANCE_OUT_OF_RANGE",
            Self::DiscountOutOfRange => "DISCOUNT_OUT_OF_RANGE",
            Self::CursorInvalid => "CURSOR_INVALID",
            Self::BadUserInput => "BAD_USER_INPUT",
            Self::OfferNotFound => "OFFER_NOT_FOUND",
            Self::OfferArchived => "OFFER_ARCHIVED",
            Self::VersionConflict => "VERSION_CONFLICT",
            Self::PartnerNotFound => "PARTNER_NOT_FOUND",
            Self::EstablishmentNotFound => "ESTABLISHMENT_NOT_FOUND",
            Self::EstablishmentInUse => "ESTABLISHMENT_IN_USE",
            Self::AlreadyMember => "ALREADY_MEMBER",
            Self::MemberNotFound => "MEMBER_NOT_FOUND",
            Self::LastOwner => "LAST_OWNER",
            Self::InvitationInvalid => "INVITATION_INVALID",
            Self::LimitReached => "LIMIT_REACHED",
            Self::MethodNotAllowed => "METHOD_NOT_ALLOWED",
            Self::MutationOverGet => "MUTATION_OVER_GET",
            Self::SubscriptionExpected => "SUBSCRIPTION_EXPECTED",
            Self::NotAcceptable => "NOT_ACCEPTABLE",
            Self::UnsupportedMediaType => "UNSUPPORTED_MEDIA_TYPE",
            Self::RequestTooLarge => "REQUEST_TOO_LARGE",
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::TokenExpired => "TOKEN_EXPIRED",
            Self::TokenInvalid => "TOKEN_INVALID",
            Self::CredentialsInvalid => "CREDENTIALS_INVALID",
            Self::RefreshTokenInvalid => "REFRESH_TOKEN_INVALID",
            Self::CodeInvalid => "CODE_INVALID",
            Self::EmailTaken => "EMAIL_TAKEN",
            Self::PhoneTaken => "PHONE_TAKEN",
            Self::OfferNotBookable => "OFFER_NOT_BOOKABLE",
            Self::OfferClosed => "OFFER_CLOSED",
            Self::OfferSoldOut => "OFFER_SOLD_OUT",
            Self::OfferSoldOutThatDay => "OFFER_SOLD_OUT_THAT_DAY",
            Self::BookingLimitReached => "BOOKING_LIMIT_REACHED",
            Self::AlreadyBooked => "ALREADY_BOOKED",
            Self::TooManyBookings => "TOO_MANY_BOOKINGS",
            Self::IdempotencyKeyReused => "IDEMPOTENCY_KEY_REUSED",
            Self::BookingNotFound => "BOOKING_NOT_FOUND",
            Self::BookingStatusConflict => "BOOKING_STATUS_CONFLICT",
            Self::CancellationTooLate => "CANCELLATION_TOO_LATE",
            Self::BookingTooEarly => "BOOKING_TOO_EARLY",
            Self::BookingTooLate => "BOOKING_TOO_LATE",
            Self::QrCodeInvalid => "QR_CODE_INVALID",
            Self::QrCodeExpired => "QR_CODE_EXPIRED",
            Self::QrCodeReplayed => "QR_CODE_REPLAYED",
            Self::QrCodeForeign => "QR_CODE_FOREIGN",
            Self::Overloaded => "OVERLOADED",
            Self::Forbidden => "FORBIDDEN",
            Self::RateLimited => "RATE_LIMITED",
            Self::TooManyConnections => "TOO_MANY_CONNECTIONS",
            Self::TooManySubscriptions => "TOO_MANY_SUBSCRIPTIONS",
            Self::NotFound => "NOT_FOUND",
            Self::OriginUnreachable => "ORIGIN_UNREACHABLE",
            Self::Timeout => "TIMEOUT",
            Self::Internal => "INTERNAL",
        }
    }

    /// The code that a word names.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.as_str() == word)
    }

    /// The status as `application/graphql-response+json`.
    pub const fn status(self) -> u16 {
        match self {
            Self::Unauthenticated
            | Self::TokenExpired
            | Self::TokenInvalid
            | Self::CredentialsInvalid
            | Self::RefreshTokenInvalid => 401,
            Self::Forbidden | Self::DocumentNotPublished | Self::IntrospectionDisabled => 403,
            Self::DocumentNotFound
            | Self::NotFound
            | Self::OfferNotFound
            | Self::BookingNotFound
            | Self::PartnerNotFound
            | Self::EstablishmentNotFound
            | Self::MemberNotFound => 404,
            Self::MethodNotAllowed | Self::MutationOverGet => 405,
            Self::NotAcceptable => 406,
            Self::EmailTaken
            | Self::PhoneTaken
            | Self::OfferNotBookable
            | Self::OfferClosed
            | Self::OfferSoldOut
            | Self::OfferSoldOutThatDay
            | Self::BookingLimitReached
            | Self::AlreadyBooked
            | Self::TooManyBookings
            | Self::IdempotencyKeyReused
            | Self::BookingStatusConflict
            | Self::CancellationTooLate
            | Self::BookingTooEarly
            | Self::BookingTooLate
            | Self::QrCodeReplayed
            | Self::OfferArchived
            | Self::VersionConflict
            | Self::EstablishmentInUse
            | Self::AlreadyMember
            | Self::LastOwner
            | Self::LimitReached => 409,
            Self::RequestTooLarge => 413,
            Self::UnsupportedMediaType => 415,
            Self::RateLimited | Self::TooManyConnections | Self::TooManySubscriptions => 429,
            Self::Internal => 500,
            Self::OriginUnreachable | Self::Overloaded => 503,
            Self::Timeout => 504,
            Self::InvalidJson
            | Self::NulByte
            | Self::InvalidRequest
            | Self::DocumentMissing
            | Self::DocumentIdMalformed
            | Self::DocumentIdMismatch
            | Self::DocumentInvalid
            | Self::DocumentTooComplex
            | Self::OperationUnknown
            | Self::SubscriptionExpected
            | Self::VariableMissing
            | Self::VariableInvalid
            | Self::VariableUndeclared
            | Self::LocationOutOfRange
            | Self::PageSizeOutOfRange
            | Self::DistanceOutOfRange
            | Self::DiscountOutOfRange
            | Self::CursorInvalid
            | Self::BadUserInput
            | Self::InvitationInvalid
            | Self::CodeInvalid
            | Self::QrCodeInvalid
            | Self::QrCodeExpired
            | Self::QrCodeForeign => 400,
        }
    }

    /// Whether the request was a well-formed one that GraphQL refuses. Under `application/json`
    /// such an answer has status 200 (GraphQL over HTTP, "application/json": an intermediary's
    /// error must not look like GraphQL's).
    pub const fn is_graphql(self) -> bool {
        matches!(
            self,
            Self::DocumentInvalid
                | Self::DocumentTooComplex
                | Self::OperationUnknown
                | Self::VariableMissing
                | Self::VariableInvalid
                | Self::VariableUndeclared
        ) || self.is_refused_input()
    }

    /// Whether a booking is not made or not changed as somebody asked.
    const fn is_of_a_booking(self) -> bool {
        matches!(
            self,
            Self::OfferNotBookable
                | Self::OfferClosed
                | Self::OfferSoldOut
                | Self::OfferSoldOutThatDay
                | Self::BookingLimitReached
                | Self::AlreadyBooked
                | Self::TooManyBookings
                | Self::IdempotencyKeyReused
                | Self::BookingNotFound
                | Self::BookingStatusConflict
                | Self::CancellationTooLate
                | Self::BookingTooEarly
                | Self::BookingTooLate
                | Self::QrCodeInvalid
                | Self::QrCodeExpired
                | Self::QrCodeReplayed
                | Self::QrCodeForeign
        )
    }

    /// Whether it is an argument's value that a field refuses.
    pub const fn is_refused_input(self) -> bool {
        matches!(
            self,
            Self::LocationOutOfRange
                | Self::PageSizeOutOfRange
                | Self::DistanceOutOfRange
                | Self::DiscountOutOfRange
                | Self::CursorInvalid
                | Self::BadUserInput
                | Self::CodeInvalid
                | Self::OfferNotFound
                | Self::OfferArchived
                | Self::VersionConflict
                | Self::PartnerNotFound
                | Self::EstablishmentNotFound
                | Self::EstablishmentInUse
                | Self::AlreadyMember
                | Self::MemberNotFound
                | Self::LastOwner
                | Self::InvitationInvalid
                | Self::LimitReached
        ) || self.is_of_a_booking()
    }
}

/// A refusal: a code, and a sentence that is safe to show to anybody.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {message}", code.as_str())]
pub struct Refusal {
    /// One per cause.
    pub code: ErrorCode,
    /// For people.
    pub message: String,
}

impl Refusal {
    /// A refusal with its sentence.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    /// The HTTP status in a media type.
    pub const fn status(&self, media: MediaType) -> u16 {
        match media {
            MediaType::Json if self.code.is_graphql() => 200,
            MediaType::Json | MediaType::GraphqlResponse => self.code.status(),
        }
    }

    /// The answer's body.
    pub fn body(&self) -> String {
        json!({"errors": [{"message": self.message, "extensions": {"code": self.code.as_str()}}]})
            .to_string()
    }
}

impl From<VariableError> for Refusal {
    fn from(error: VariableError) -> Self {
        let code = match error {
            VariableError::Undeclared { .. } => ErrorCode::VariableUndeclared,
            VariableError::Missing { .. } => ErrorCode::VariableMissing,
            VariableError::IllTyped { .. } => ErrorCode::VariableInvalid,
        };
        Self::new(code, error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_a_word_of_its_own() {
        for code in ErrorCode::ALL {
            assert_eq!(ErrorCode::parse(code.as_str()), Some(code));
            assert!((400..600).contains(&code.status()));
        }
    }

    #[test]
    fn a_well_formed_request_is_answered_200_as_json() {
        let refused = Refusal::new(ErrorCode::VariableMissing, "`id` is required");
        assert_eq!(refused.status(MediaType::Json), 200);
        assert_eq!(refused.status(MediaType::GraphqlResponse), 400);
        let malformed = Refusal::new(ErrorCode::InvalidJson, "not JSON");
        assert_eq!(malformed.status(MediaType::Json), 400);
        assert_eq!(
            malformed.body(),
            r#"{"errors":[{"message":"not JSON","extensions":{"code":"INVALID_JSON"}}]}"#
        );
    }
}
