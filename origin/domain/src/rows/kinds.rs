//! The tables: every column, and its field in MongoDB. A test compares them with the schema.

use super::{Field, Identity, Kind, Missing, Shape};
use crate::{
    bookings::booking::BookingStatus,
    identity::verification::{self as identity, Decider, Reason},
    messages::{
        kind::{Channel, Kind as MessageKind},
        part::Part,
        reach::Barrier,
    },
    notifications::device::Platform,
    operators::deed::Deed,
    payments::{
        money::Currency,
        payment::PaymentState,
        reconciling::DifferenceKind,
        refund::{RefundCause, RefundState},
    },
    pictures::{picture, refusal::Refusal, upload},
    queue::{Lane, State},
    reviews::{
        reports::{ReportReason, Reporter},
        review::ReviewState,
    },
    rows::Collection,
    sentence::Language,
    users::account::{IdentityStatus, Post, Purpose, Role, Status},
};

/// All tables, in the order in which they are copied.
pub const KINDS: [&Kind; 29] = [
    &USERS,
    &CONSENTS,
    &FAVORITES,
    &ERASURES,
    &SERVICE_TOKENS,
    &INVITATIONS,
    &OFFER_VIEWS,
    &BOOKINGS,
    &QUEUE,
    &REACH,
    &DEVICES,
    &INBOX,
    &TEMPLATES,
    &KNOWN_DEVICES,
    &CAMPAIGNS,
    &UPLOADS,
    &PICTURES,
    &PAYMENTS,
    &REFUNDS,
    &LEDGER,
    &LEDGER_TRANSFERS,
    &PARTNER_ACCOUNTS,
    &PAYMENT_DIFFERENCES,
    &VERIFICATIONS,
    &REVIEWS,
    &REVIEW_REPORTS,
    &PARTNER_RATINGS,
    &OPERATOR_AUDIT,
    &WALK_INS,
];

const fn field(column: &'static str, path: &'static str, shape: Shape) -> Field {
    Field {
        column,
        path,
        shape,
        missing: Missing::Never,
        later: false,
    }
}

impl Field {
    const fn or_null(mut self) -> Self {
        self.missing = Missing::Null;
        self
    }

    const fn later(mut self) -> Self {
        self.later = true;
        self
    }

    const fn or_absent(mut self) -> Self {
        self.missing = Missing::Absent;
        self
    }
}

const POST: Shape = Shape::Word(|text| Post::parse(text).is_some());
const CURRENCY: Shape = Shape::Word(|text| Currency::parse(text).is_some());
/// The establishments at which a member of staff works.
const PLACES: Field = field("establishments", "establishments", Shape::Ids)
    .or_absent()
    .later();
const CREATED: Field = field("created_at_ms", "createdAt", Shape::Moment);

static USERS: Kind = Kind {
    collection: Collection::Users,
    identity: Identity::First,
    fields: &[
        field("id", "_id", Shape::Id),
        field("email_key", "emailKey", Shape::Text),
        field("email", "email", Shape::Text),
        field("email_verified_at_ms", "emailVerifiedAt", Shape::Moment).or_null(),
        field("phone", "phone", Shape::Text).or_absent(),
        field("phone_verified_at_ms", "phoneVerifiedAt", Shape::Moment).or_null(),
        field("first_name", "firstName", Shape::Text),
        field("last_name", "lastName", Shape::Text),
        field("avatar", "avatar", Shape::Text).or_null(),
        field("preferences", "preferences", Shape::Preferences),
        field(
            "identity_status",
            "identityStatus",
            Shape::Word(|text| IdentityStatus::parse(text).is_some()),
        ),
        field(
            "role",
            "role",
            Shape::Word(|text| Role::parse(text).is_some()),
        ),
        field("partner_id", "membership.partnerId", Shape::Id).or_null(),
        field("post", "membership.post", POST).or_null(),
        field(
            "status",
            "status",
            Shape::Word(|text| Status::parse(text).is_some()),
        ),
        field("password_hash", "passwordHash", Shape::Text),
        field("epoch", "epoch", Shape::Whole),
        CREATED,
        field("updated_at_ms", "updatedAt", Shape::Moment),
        field("identity_until_ms", "identityUntil", Shape::Moment)
            .or_null()
            .later(),
        field("birth_year", "birthYear", Shape::Whole)
            .or_null()
            .later(),
        field("calendar_hash", "calendar.hash", Shape::Text)
            .or_absent()
            .later(),
        field("calendar_epoch", "calendar.epoch", Shape::Whole)
            .or_absent()
            .later(),
        field("calendar_since_ms", "calendar.since", Shape::Moment)
            .or_absent()
            .later(),
        PLACES,
        field("memberships", "memberships", Shape::Memberships)
            .or_absent()
            .later(),
    ],
};

/// Owners are users, and pseudonyms of erased users.
static CONSENTS: Kind = Kind {
    collection: Collection::Consents,
    identity: Identity::Content,
    fields: &[
        field("owner", "owner", Shape::Text),
        field("at_ms", "at", Shape::Moment),
        field(
            "purpose",
            "purpose",
            Shape::Word(|text| Purpose::parse(text).is_some()),
        ),
        field("version", "version", Shape::Text),
        field("granted", "granted", Shape::Flag),
    ],
};

static FAVORITES: Kind = Kind {
    collection: Collection::Favorites,
    identity: Identity::Joined(2),
    fields: &[
        field("user_id", "userId", Shape::Id),
        field("offer_id", "offerId", Shape::Id),
        field("at_ms", "at", Shape::Moment),
    ],
};

static ERASURES: Kind = Kind {
    collection: Collection::Erasures,
    identity: Identity::First,
    fields: &[
        field("id", "_id", Shape::Text),
        CREATED,
        field("erased_at_ms", "erasedAt", Shape::Moment),
    ],
};

static SERVICE_TOKENS: Kind = Kind {
    collection: Collection::ServiceTokens,
    identity: Identity::First,
    fields: &[
        field("name", "_id", Shape::Text),
        field("scopes", "scopes", Shape::Words),
        field("hash", "hash", Shape::Text),
        CREATED,
        field("expires_at_ms", "expiresAt", Shape::Moment).or_null(),
        field("revoked_at_ms", "revokedAt", Shape::Moment).or_null(),
    ],
};

static INVITATIONS: Kind = Kind {
    collection: Collection::Invitations,
    identity: Identity::First,
    fields: &[
        field("id", "_id", Shape::Id),
        field("partner_id", "partnerId", Shape::Id),
        field("email_key", "emailKey", Shape::Text),
        field("email", "email", Shape::Text),
        field("post", "post", POST),
        field("token_hash", "tokenHash", Shape::Text),
        CREATED,
        field("expires_at_ms", "expiresAt", Shape::Moment),
        field("accepted", "accepted", Shape::Flag),
        PLACES,
    ],
};

static OFFER_VIEWS: Kind = Kind {
    collection: Collection::OfferViews,
    identity: Identity::Joined(3),
    fields: &[
        field("partner_id", "partnerId", Shape::Id),
        field("day", "day", Shape::Text),
        field("offer_id", "offerId", Shape::Id),
        field("views", "views", Shape::Whole),
    ],
};

static BOOKINGS: Kind = Kind {
    collection: Collection::Bookings,
    identity: Identity::First,
    fields: &[
        field("id", "_id", Shape::Id),
        field("user_id", "userId", Shape::Id).or_absent(),
        field("offer_id", "offerId", Shape::Id),
        field("partner_id", "partnerId", Shape::Id),
        field(
            "status",
            "status",
            Shape::Word(|text| BookingStatus::parse(text).is_some()),
        ),
        field("counted", "counted", Shape::Flag),
        field("from_ms", "from", Shape::Moment),
        field("until_ms", "until", Shape::Moment),
        field("idempotency_key", "key", Shape::KeyOfUser).or_absent(),
        CREATED,
        field("changed_at_ms", "changedAt", Shape::Moment),
        field("checked_in_at_ms", "checkedInAt", Shape::Moment).or_absent(),
        field("checked_in_by", "checkedInBy", Shape::Id).or_absent(),
        field("due_ms", "due", Shape::Moment).or_absent(),
        field("day", "day", Shape::Text),
        field("made_on", "madeOn", Shape::Text),
        field("checked_in_on", "checkedInOn", Shape::Text).or_absent(),
        field("price_amount", "price.amount", Shape::Whole)
            .or_absent()
            .later(),
        field("price_currency", "price.currency", CURRENCY)
            .or_absent()
            .later(),
        field("price_is_deposit", "price.isDeposit", Shape::Flag)
            .or_absent()
            .later(),
        field("price_vat_rate_bp", "price.vatRate", Shape::Whole)
            .or_absent()
            .later(),
        field("price_fee", "price.fee", Shape::Whole)
            .or_absent()
            .later(),
        field(
            "refundable_until_ms",
            "price.refundableUntil",
            Shape::Moment,
        )
        .or_absent()
        .later(),
        field("pay_before_ms", "price.payBefore", Shape::Moment)
            .or_absent()
            .later(),
        field("party_size", "partySize", Shape::Whole)
            .or_absent()
            .later(),
        field("decide_before_ms", "decideBefore", Shape::Moment)
            .or_absent()
            .later(),
        field("changes", "changes", Shape::Whole)
            .or_absent()
            .later(),
        field("cancel_reason", "cancelReason", Shape::Text)
            .or_absent()
            .later(),
        field("short_code", "shortCode", Shape::Text)
            .or_absent()
            .later(),
        field("scan_id", "scanId", Shape::Text).or_absent().later(),
    ],
};

/// Also what waits to be sent, so that moving loses nothing; what was sent, so that it is not sent again.
static QUEUE: Kind = Kind {
    collection: Collection::Queue,
    identity: Identity::First,
    fields: &[
        field("key", "_id", Shape::Text),
        field(
            "lane",
            "lane",
            Shape::Word(|text| Lane::parse(text).is_some()),
        ),
        field("kind", "kind", Shape::Text),
        field("work", "work", Shape::Text),
        field("person_id", "personId", Shape::Id).or_absent(),
        field(
            "state",
            "state",
            Shape::Word(|text| State::parse(text).is_some()),
        ),
        field("attempts", "attempts", Shape::Whole),
        field("lease", "lease", Shape::Text).or_absent(),
        field("error", "error", Shape::Text).or_absent(),
        field("provider_id", "providerId", Shape::Text).or_absent(),
        CREATED,
        field("due_at_ms", "dueAt", Shape::Moment),
        field("expires_at_ms", "expiresAt", Shape::Moment),
        field("ended_at_ms", "endedAt", Shape::Moment).or_absent(),
    ],
};

static REACH: Kind = Kind {
    collection: Collection::Reach,
    identity: Identity::Joined(2),
    fields: &[
        field(
            "channel",
            "channel",
            Shape::Word(|text| Channel::parse(text).is_some()),
        ),
        field("address", "address", Shape::Text),
        field(
            "barrier",
            "barrier",
            Shape::Word(|text| Barrier::parse(text).is_some()),
        )
        .or_absent(),
        field("at_ms", "at", Shape::Moment),
    ],
};

static DEVICES: Kind = Kind {
    collection: Collection::Devices,
    identity: Identity::First,
    fields: &[
        field("id", "_id", Shape::Text),
        field("user_id", "userId", Shape::Id),
        field(
            "platform",
            "platform",
            Shape::Word(|text| Platform::parse(text).is_some()),
        ),
        CREATED,
        field("seen_at_ms", "seenAt", Shape::Moment),
    ],
};

static INBOX: Kind = Kind {
    collection: Collection::Inbox,
    identity: Identity::First,
    fields: &[
        field("id", "_id", Shape::Id),
        field("user_id", "userId", Shape::Id),
        field("letter", "letter", Shape::Text),
        field("at_ms", "at", Shape::Moment),
        field("read_at_ms", "readAt", Shape::Moment).or_absent(),
    ],
};

static TEMPLATES: Kind = Kind {
    collection: Collection::Templates,
    identity: Identity::Joined(3),
    fields: &[
        field(
            "kind",
            "kind",
            Shape::Word(|text| MessageKind::parse(text).is_some()),
        ),
        field(
            "language",
            "language",
            Shape::Word(|text| Language::parse(text).is_some()),
        ),
        field(
            "part",
            "part",
            Shape::Word(|text| Part::parse(text).is_some()),
        ),
        field("source", "source", Shape::Text).or_null(),
        field("version", "version", Shape::Whole),
        field("changed_at_ms", "changedAt", Shape::Moment),
    ],
};

static KNOWN_DEVICES: Kind = Kind {
    collection: Collection::KnownDevices,
    identity: Identity::Joined(2),
    fields: &[
        field("user_id", "userId", Shape::Id),
        field("hash", "hash", Shape::Text),
        field("seen_at_ms", "seenAt", Shape::Moment),
    ],
};

static CAMPAIGNS: Kind = Kind {
    collection: Collection::Campaigns,
    identity: Identity::First,
    fields: &[
        field("id", "_id", Shape::Id),
        field("content", "content", Shape::Text),
        CREATED,
    ],
};

const PICTURE_PURPOSE: Shape = Shape::Word(|text| picture::Purpose::parse(text).is_some());

static UPLOADS: Kind = Kind {
    collection: Collection::Uploads,
    identity: Identity::First,
    fields: &[
        field("id", "_id", Shape::Id),
        field("user_id", "userId", Shape::Id).or_absent(),
        field("purpose", "purpose", PICTURE_PURPOSE),
        field("partner_id", "partnerId", Shape::Id).or_absent(),
        field("content_type", "contentType", Shape::Text),
        field("bytes", "bytes", Shape::Whole),
        field(
            "state",
            "state",
            Shape::Word(|text| upload::State::parse(text).is_some()),
        ),
        field(
            "refusal",
            "refusal",
            Shape::Word(|text| Refusal::parse(text).is_some()),
        )
        .or_absent(),
        field("picture_id", "pictureId", Shape::Text).or_absent(),
        field("holder", "holder", Shape::Text).or_absent(),
        field("held_until_ms", "heldUntil", Shape::Moment).or_absent(),
        CREATED,
        field("expires_at_ms", "expiresAt", Shape::Moment),
    ],
};

/// The rows; the files stay in the bucket, which both databases know.
static PICTURES: Kind = Kind {
    collection: Collection::Pictures,
    identity: Identity::First,
    fields: &[
        field("id", "_id", Shape::Text),
        field("purpose", "purpose", PICTURE_PURPOSE),
        field("user_id", "userId", Shape::Id).or_absent(),
        field("partner_id", "partnerId", Shape::Id).or_absent(),
        field("width", "width", Shape::Whole),
        field("height", "height", Shape::Whole),
        field("widths", "widths", Shape::Words),
        field("bytes", "bytes", Shape::Whole),
        field("blurhash", "blurhash", Shape::Text),
        field(
            "state",
            "state",
            Shape::Word(|text| picture::State::parse(text).is_some()),
        ),
        CREATED,
        field("unused_since_ms", "unusedSince", Shape::Moment).or_absent(),
        field("due_ms", "due", Shape::Moment),
    ],
};

static PAYMENTS: Kind = Kind {
    collection: Collection::Payments,
    identity: Identity::First,
    fields: &[
        field("id", "_id", Shape::Id),
        field("booking_id", "bookingId", Shape::Id),
        field("user_id", "userId", Shape::Id).or_absent(),
        field("offer_id", "offerId", Shape::Id),
        field("partner_id", "partnerId", Shape::Id),
        field("account", "account", Shape::Text),
        field("amount", "amount", Shape::Whole),
        field("currency", "currency", CURRENCY),
        field("fee", "fee", Shape::Whole),
        field(
            "state",
            "state",
            Shape::Word(|text| PaymentState::parse(text).is_some()),
        ),
        field("intent", "intent", Shape::Text).or_absent(),
        field("refunded", "refunded", Shape::Whole),
        CREATED,
        field("captured_at_ms", "capturedAt", Shape::Moment).or_absent(),
        field("look_at_ms", "lookAt", Shape::Moment).or_absent(),
    ],
};

static REFUNDS: Kind = Kind {
    collection: Collection::Refunds,
    identity: Identity::First,
    fields: &[
        field("id", "_id", Shape::Id),
        field("payment_id", "paymentId", Shape::Id),
        field("amount", "amount", Shape::Whole),
        field("fee", "fee", Shape::Whole),
        field(
            "cause",
            "cause",
            Shape::Word(|text| RefundCause::parse(text).is_some()),
        ),
        field("reason", "reason", Shape::Text).or_absent(),
        field("by_user", "by", Shape::Id).or_absent(),
        field(
            "state",
            "state",
            Shape::Word(|text| RefundState::parse(text).is_some()),
        ),
        field("provider_id", "providerId", Shape::Text).or_absent(),
        CREATED,
        field("ended_at_ms", "endedAt", Shape::Moment).or_absent(),
    ],
};

static LEDGER: Kind = Kind {
    collection: Collection::Ledger,
    identity: Identity::First,
    fields: &[
        field("key", "_id", Shape::Text),
        field("payment_id", "paymentId", Shape::Id).or_absent(),
        field("partner_id", "partnerId", Shape::Id).or_absent(),
        field("provider_id", "providerId", Shape::Text),
        field("currency", "currency", CURRENCY),
        field("at_ms", "at", Shape::Moment),
    ],
};

static LEDGER_TRANSFERS: Kind = Kind {
    collection: Collection::LedgerTransfers,
    identity: Identity::First,
    fields: &[
        field("id", "_id", Shape::Text),
        field("key", "key", Shape::Text),
        field("debit", "debit", Shape::Text),
        field("credit", "credit", Shape::Text),
        field("amount", "amount", Shape::Whole),
        field("currency", "currency", CURRENCY),
    ],
};

static PARTNER_ACCOUNTS: Kind = Kind {
    collection: Collection::PartnerAccounts,
    identity: Identity::First,
    fields: &[
        field("partner_id", "_id", Shape::Id),
        field("account", "account", Shape::Text),
        field("takes_payments", "takesPayments", Shape::Flag),
        field("is_paid_out", "isPaidOut", Shape::Flag),
        field("has_given_details", "hasGivenDetails", Shape::Flag),
        CREATED,
        field("seen_at_ms", "seenAt", Shape::Moment),
    ],
};

static PAYMENT_DIFFERENCES: Kind = Kind {
    collection: Collection::PaymentDifferences,
    identity: Identity::First,
    fields: &[
        field("provider_id", "_id", Shape::Text),
        field(
            "kind",
            "kind",
            Shape::Word(|text| DifferenceKind::parse(text).is_some()),
        ),
        field("provider_minor", "providerMinor", Shape::Whole),
        field("ledger_minor", "ledgerMinor", Shape::Whole),
        field("currency", "currency", Shape::Text),
        field("at_ms", "at", Shape::Moment),
        field("found_at_ms", "foundAt", Shape::Moment),
    ],
};

/// The provider keeps the documents; these are the states.
static VERIFICATIONS: Kind = Kind {
    collection: Collection::Verifications,
    identity: Identity::First,
    fields: &[
        field("id", "_id", Shape::Id),
        field("user_id", "userId", Shape::Id),
        field("consent_version", "consentVersion", Shape::Text),
        field("attempt", "attempt", Shape::Whole),
        field("session_id", "sessionId", Shape::Text).or_absent(),
        field("session_url", "sessionUrl", Shape::Text).or_absent(),
        field(
            "state",
            "state",
            Shape::Word(|text| identity::State::parse(text).is_some()),
        ),
        field(
            "reason",
            "reason",
            Shape::Word(|text| Reason::parse(text).is_some()),
        )
        .or_absent(),
        field("birth_year", "birthYear", Shape::Whole).or_absent(),
        field("decided_at_ms", "decidedAt", Shape::Moment).or_absent(),
        field(
            "decided_by",
            "decidedBy",
            Shape::Word(|text| Decider::parse(text).is_some()),
        )
        .or_absent(),
        field("ruled_by", "ruledBy", Shape::Id).or_absent(),
        field("ruled_at_ms", "ruledAt", Shape::Moment).or_absent(),
        field("ruling_note", "rulingNote", Shape::Text).or_absent(),
        field("expires_at_ms", "expiresAt", Shape::Moment).or_absent(),
        field("polls", "polls", Shape::Whole),
        field("due_ms", "due", Shape::Moment),
        CREATED,
        field("changed_at_ms", "changedAt", Shape::Moment),
    ],
};

/// After the bookings that they are about.
static REVIEWS: Kind = Kind {
    collection: Collection::Reviews,
    identity: Identity::First,
    fields: &[
        field("id", "_id", Shape::Id),
        field("booking_id", "bookingId", Shape::Id),
        field("user_id", "userId", Shape::Id).or_absent(),
        field("partner_id", "partnerId", Shape::Id),
        field("offer_id", "offerId", Shape::Id),
        field("stars", "stars", Shape::Whole),
        field("body", "text", Shape::Text).or_absent(),
        field("author", "author", Shape::Text).or_absent(),
        field("visited_at_ms", "visitedAt", Shape::Moment),
        field(
            "state",
            "state",
            Shape::Word(|text| ReviewState::parse(text).is_some()),
        ),
        field("idempotency_key", "key", Shape::Text).or_absent(),
        field("reply", "reply", Shape::Text).or_absent(),
        field("replied_at_ms", "repliedAt", Shape::Moment).or_absent(),
        field("removed_at_ms", "removedAt", Shape::Moment).or_absent(),
        field("removal_reason", "removalReason", Shape::Text).or_absent(),
        field("removed_by", "removedBy", Shape::Id).or_absent(),
        field("reported_at_ms", "reportedAt", Shape::Moment).or_absent(),
        CREATED,
        field("changed_at_ms", "changedAt", Shape::Moment),
        field("contest", "contest", Shape::Text).or_absent().later(),
        field("contested_at_ms", "contestedAt", Shape::Moment)
            .or_absent()
            .later(),
        field("contest_answer", "contestAnswer", Shape::Text)
            .or_absent()
            .later(),
        field("contest_answered_at_ms", "contestAnsweredAt", Shape::Moment)
            .or_absent()
            .later(),
    ],
};

static REVIEW_REPORTS: Kind = Kind {
    collection: Collection::ReviewReports,
    identity: Identity::First,
    fields: &[
        field("id", "_id", Shape::Id),
        field("review_id", "reviewId", Shape::Id),
        field(
            "reporter",
            "reporter",
            Shape::Word(|text| Reporter::parse(text).is_some()),
        ),
        field("user_id", "userId", Shape::Id).or_absent(),
        field(
            "reason",
            "reason",
            Shape::Word(|text| ReportReason::parse(text).is_some()),
        ),
        field("body", "text", Shape::Text).or_absent(),
        field("at_ms", "at", Shape::Moment),
        field("decided_at_ms", "decidedAt", Shape::Moment).or_absent(),
    ],
};

/// What the reviews add up to. The partner's own row has what is shown of it.
static PARTNER_RATINGS: Kind = Kind {
    collection: Collection::PartnerRatings,
    identity: Identity::First,
    fields: &[
        field("partner_id", "_id", Shape::Id),
        field("stars_1", "stars1", Shape::Whole),
        field("stars_2", "stars2", Shape::Whole),
        field("stars_3", "stars3", Shape::Whole),
        field("stars_4", "stars4", Shape::Whole),
        field("stars_5", "stars5", Shape::Whole),
    ],
};

/// In the order of its numbers: each row follows the one before.
static OPERATOR_AUDIT: Kind = Kind {
    collection: Collection::OperatorAudit,
    identity: Identity::First,
    fields: &[
        field("number", "_id", Shape::Text),
        field("at_ms", "at", Shape::Moment),
        field("actor", "actor", Shape::Text),
        field(
            "deed",
            "deed",
            Shape::Word(|text| Deed::parse(text).is_some()),
        ),
        field("target", "target", Shape::Text).or_null(),
        field("reason", "reason", Shape::Text),
        field("request", "request", Shape::Text),
        field("digest", "digest", Shape::Text),
    ],
};

/// Of nobody: neither who came, nor who let them in.
static WALK_INS: Kind = Kind {
    collection: Collection::WalkIns,
    identity: Identity::First,
    fields: &[
        field("id", "_id", Shape::Id),
        field("offer_id", "offerId", Shape::Id),
        field("partner_id", "partnerId", Shape::Id),
        field("night", "night", Shape::Text),
        field("party_size", "partySize", Shape::Whole),
        field("counted", "counted", Shape::Flag),
        field("at_ms", "at", Shape::Moment),
    ],
};
