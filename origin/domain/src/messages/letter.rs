//! What a message says, before it has the form of a channel: the data of each kind.
//!
//! A row of the queue holds a letter as JSON, so these types only grow: a new field is optional, and
//! a field is never renamed. A reader ignores fields that it does not know.

#[cfg(test)]
mod tests;

use std::fmt;

use serde::{Deserialize, Serialize};

use super::kind::{Channel, Kind};
use crate::{BookingId, OfferId, payments::money::Money, words::words};

/// A message's kind and data. The recipient, the language and the channel are stored beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Letter {
    VerifyEmail(VerifyEmail),
    ResetPassword(ResetPassword),
    PhoneCode(PhoneCode),
    Invitation(Invitation),
    NewDevice(NewDevice),
    BookingConfirmed(BookingConfirmed),
    BookingToConfirm(BookingToConfirm),
    BookingReminder(BookingReminder),
    BookingCancelledByVenue(BookingCancelledByVenue),
    BookingExpired(BookingExpired),
    FavouritePartnerOffer(FavouritePartnerOffer),
    FavouriteEndsSoon(FavouriteEndsSoon),
    IdentityResult(IdentityResult),
    PaymentResult(PaymentResult),
    PaymentDisputed(PaymentDisputed),
    News(News),
    ReviewRequest(ReviewRequest),
    ReviewReplied(ReviewReplied),
    ReviewRemoved(ReviewRemoved),
    PartnerReviewed(PartnerReviewed),
    ReviewContestAnswered(ReviewContestAnswered),
    ChangeEmail(ChangeEmail),
    EmailChanged(EmailChanged),
}

impl Letter {
    pub const fn kind(&self) -> Kind {
        match self {
            Self::VerifyEmail(_) => Kind::VerifyEmail,
            Self::ResetPassword(_) => Kind::ResetPassword,
            Self::PhoneCode(_) => Kind::PhoneCode,
            Self::Invitation(_) => Kind::Invitation,
            Self::NewDevice(_) => Kind::NewDevice,
            Self::BookingConfirmed(_) => Kind::BookingConfirmed,
            Self::BookingToConfirm(_) => Kind::BookingToConfirm,
            Self::BookingReminder(_) => Kind::BookingReminder,
            Self::BookingCancelledByVenue(_) => Kind::BookingCancelledByVenue,
            Self::BookingExpired(_) => Kind::BookingExpired,
            Self::FavouritePartnerOffer(_) => Kind::FavouritePartnerOffer,
            Self::FavouriteEndsSoon(_) => Kind::FavouriteEndsSoon,
            Self::IdentityResult(_) => Kind::IdentityResult,
            Self::PaymentResult(_) => Kind::PaymentResult,
            Self::PaymentDisputed(_) => Kind::PaymentDisputed,
            Self::News(_) => Kind::News,
            Self::ReviewRequest(_) => Kind::ReviewRequest,
            Self::ReviewReplied(_) => Kind::ReviewReplied,
            Self::ReviewRemoved(_) => Kind::ReviewRemoved,
            Self::PartnerReviewed(_) => Kind::PartnerReviewed,
            Self::ReviewContestAnswered(_) => Kind::ReviewContestAnswered,
            Self::ChangeEmail(_) => Kind::ChangeEmail,
            Self::EmailChanged(_) => Kind::EmailChanged,
        }
    }

    /// The booking that the message is about.
    pub const fn booking(&self) -> Option<&BookingDetails> {
        match self {
            Self::BookingConfirmed(letter) => Some(&letter.booking),
            Self::BookingToConfirm(letter) => Some(&letter.booking),
            Self::BookingReminder(letter) => Some(&letter.booking),
            Self::BookingCancelledByVenue(letter) => Some(&letter.booking),
            Self::BookingExpired(letter) => Some(&letter.booking),
            Self::ReviewRequest(letter) => Some(&letter.booking),
            Self::VerifyEmail(_)
            | Self::ResetPassword(_)
            | Self::PhoneCode(_)
            | Self::Invitation(_)
            | Self::NewDevice(_)
            | Self::FavouritePartnerOffer(_)
            | Self::FavouriteEndsSoon(_)
            | Self::IdentityResult(_)
            | Self::PaymentResult(_)
            | Self::PaymentDisputed(_)
            | Self::News(_)
            | Self::ReviewReplied(_)
            | Self::ReviewRemoved(_)
            | Self::PartnerReviewed(_)
            | Self::ReviewContestAnswered(_)
            | Self::ChangeEmail(_)
            | Self::EmailChanged(_) => None,
        }
    }

    /// See [`Kind::waits_until`].
    pub fn waits_until(&self, channel: Channel, now_ms: i64) -> Option<i64> {
        let begins_ms = self.booking().map(|booking| booking.from_ms);
        self.kind().waits_until(channel, now_ms, begins_ms)
    }

    /// See [`Kind::worth_until`].
    pub fn worth_until(&self, created_at_ms: i64) -> i64 {
        let begins_ms = self.booking().map(|booking| booking.from_ms);
        self.kind().worth_until(created_at_ms, begins_ms)
    }
}

/// A code or token, which proves that the message arrived. `Debug` hides it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Proof(String);

impl Proof {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The code or token, to be used in the message only.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Proof(…)")
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VerifyEmail {
    pub first_name: String,
    pub token: Proof,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResetPassword {
    pub first_name: String,
    pub token: Proof,
}

/// To the new address. It names nobody: somebody may have mistyped it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangeEmail {
    pub token: Proof,
}

/// To the address that was the account's, without the new one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EmailChanged {
    pub first_name: String,
    pub token: Proof,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PhoneCode {
    pub code: Proof,
}

/// The recipient may have no account, so it has no name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Invitation {
    /// The partner's name.
    pub partner: String,
    pub token: Proof,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewDevice {
    pub first_name: String,
    /// What the device calls itself, such as "iPhone 15".
    pub device: Option<String>,
    pub signed_in_at_ms: i64,
}

/// What messages say of a booking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BookingDetails {
    pub id: BookingId,
    /// The offer's title.
    pub offer: String,
    /// The partner's name.
    pub partner: String,
    /// The establishment's address, on one line.
    pub address: Option<String>,
    /// The first moment at which it may be used; `until_ms` is the first at which it no longer may.
    pub from_ms: i64,
    pub until_ms: i64,
    /// For how many people it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub people: Option<i32>,
    /// Until when the venue may answer it, if it asked for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decide_before_ms: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BookingConfirmed {
    pub first_name: String,
    pub booking: BookingDetails,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BookingToConfirm {
    /// The first name of the user who booked.
    pub guest: String,
    pub booking: BookingDetails,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BookingReminder {
    pub first_name: String,
    pub booking: BookingDetails,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BookingCancelledByVenue {
    pub first_name: String,
    pub booking: BookingDetails,
    /// What the venue says to the guest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BookingExpired {
    pub first_name: String,
    pub booking: BookingDetails,
}

/// What messages say of an offer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OfferDetails {
    pub id: OfferId,
    pub title: String,
    /// The partner's name.
    pub partner: String,
    /// The discount in percent; none or 0 where the title says it.
    pub percentage: Option<i32>,
    /// First moment that is no longer valid.
    pub valid_until_ms: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FavouritePartnerOffer {
    pub first_name: String,
    pub offer: OfferDetails,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FavouriteEndsSoon {
    pub first_name: String,
    pub offer: OfferDetails,
}

words! {
    /// What the check of an identity document found.
    IdentityOutcome {
        Verified = "verified",
        Rejected = "rejected",
        /// It was verified, and that ends soon.
        Expiring = "expiring",
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IdentityResult {
    pub first_name: String,
    pub outcome: IdentityOutcome,
}

words! {
    /// What became of a payment.
    PaymentOutcome { Paid = "paid", Failed = "failed", Refunded = "refunded" }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentResult {
    pub first_name: String,
    pub outcome: PaymentOutcome,
    /// With tax.
    pub amount: Money,
    /// The rate of value-added tax that the amount contains, in basis points.
    pub vat_rate_bp: i32,
    /// The payment's id, for support.
    pub reference: String,
    /// The booking that is paid.
    pub booking: BookingId,
    /// The offer's title.
    pub offer: String,
    /// The partner's name.
    pub partner: String,
}

words! {
    /// Where a dispute about a payment stands.
    DisputeOutcome {
        /// The bank has taken the money back until it decides.
        Opened = "opened",
        /// The money stays.
        Won = "won",
        /// The money is lost.
        Lost = "lost",
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentDisputed {
    pub first_name: String,
    pub outcome: DisputeOutcome,
    pub amount: Money,
    pub booking: BookingId,
    /// The payment's id, for support.
    pub reference: String,
    /// The offer's title.
    pub offer: String,
}

/// News, in the recipient's language. Longer ones are cut off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct News {
    pub first_name: String,
    pub title: String,
    pub paragraphs: Vec<String>,
    /// What the app opens, such as "/offers"; its first page if none.
    pub path: Option<String>,
}

impl News {
    pub const MOST_TITLE_CHARS: usize = 120;
    pub const MOST_PARAGRAPHS: usize = 12;
    pub const MOST_PARAGRAPH_CHARS: usize = 800;
}

/// Asks the guest what a visit was like.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReviewRequest {
    pub first_name: String,
    pub booking: BookingDetails,
}

/// What the partner answered is not repeated: it may be changed or taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReviewReplied {
    pub first_name: String,
    /// The partner's name.
    pub partner: String,
    /// The booking that was reviewed.
    pub booking: BookingId,
}

/// The statement of reasons that the author of removed content is owed (Regulation (EU) 2022/2065, Article 17).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReviewRemoved {
    pub first_name: String,
    /// The partner's name.
    pub partner: String,
    /// The booking that was reviewed.
    pub booking: BookingId,
    /// What the administrator wrote, on one line.
    pub reason: String,
}

/// What an administrator decided on a contest (Regulation (EU) 2022/2065, Article 20).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReviewContestAnswered {
    pub first_name: String,
    /// The partner's name.
    pub partner: String,
    /// The booking that was reviewed.
    pub booking: BookingId,
    /// Why the review stays removed, on one line; none if it is shown again.
    pub answer: Option<String>,
}

impl ReviewRemoved {
    pub const MOST_REASON_CHARS: usize = 500;
}

words! {
    /// What an operator decided about a partner.
    PartnerOutcome {
        Approved = "approved",
        Returned = "returned",
        Suspended = "suspended",
        Restored = "restored",
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PartnerReviewed {
    pub first_name: String,
    pub outcome: PartnerOutcome,
    /// The partner's name.
    pub partner: String,
    /// Why it was returned or suspended.
    pub reason: Option<String>,
}

impl PartnerReviewed {
    /// The most characters of a reason.
    pub const MOST_REASON_CHARS: usize = 300;
}
