//! Who takes the money: what it is asked, and what it answers.

use std::fmt;

use async_trait::async_trait;

use super::money::{Currency, Money};
use crate::{PartnerId, PaymentId, RefundId};

/// What a provider is asked to take. The payment's id makes it unique: asked again it answers the
/// same intent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewIntent {
    pub payment: PaymentId,
    pub money: Money,
    /// Our fee, which the money contains.
    pub fee: i64,
    /// The partner's account, which gets the rest.
    pub account: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IntentStatus {
    /// It waits for the guest: for a card, a wallet, or a confirmation at the bank.
    Waiting,
    /// The bank has not answered yet.
    Processing,
    /// The money has come.
    Succeeded,
    /// Nothing was taken, and nothing will be.
    Cancelled,
}

/// A payment at the provider, as it is now.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Intent {
    pub id: String,
    /// The payment that it was made for; none if it was not made by this system.
    pub payment: Option<PaymentId>,
    pub status: IntentStatus,
    pub amount: i64,
    /// What has come.
    pub received: i64,
    /// None if it is none that we take.
    pub currency: Option<Currency>,
    /// What the app gives to the provider's payment sheet. It is not stored and not logged.
    pub client_secret: String,
}

impl fmt::Debug for Intent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Intent")
            .field("id", &self.id)
            .field("status", &self.status)
            .field("amount", &self.amount)
            .finish_non_exhaustive()
    }
}

/// What a provider is asked to give back. The refund's id makes it unique. The partner's account
/// gives back its part, and we ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewProviderRefund {
    pub refund: RefundId,
    pub intent: String,
    pub amount: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RefundStatus {
    /// Accepted: the money is on its way, or has arrived.
    Accepted,
    Failed,
}

/// A refund at the provider, as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ProviderRefund {
    pub id: String,
    /// The refund that it was made for; none if somebody made it at the provider's own page.
    pub refund: Option<RefundId>,
    pub intent: String,
    pub amount: i64,
    pub status: RefundStatus,
    pub created_at_ms: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisputeStatus {
    Open,
    Won,
    Lost,
}

/// A payment that the guest's bank takes back, as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dispute {
    pub id: String,
    pub intent: String,
    pub amount: i64,
    pub reason: String,
    pub status: DisputeStatus,
    pub created_at_ms: i64,
}

/// A partner's account at the provider, as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderAccount {
    pub id: String,
    pub partner: Option<PartnerId>,
    pub takes_payments: bool,
    pub is_paid_out: bool,
    pub has_given_details: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayoutStatus {
    /// On its way, or arrived.
    Paid,
    Failed,
    /// Not sent yet, or called off before it was.
    NotSent,
}

/// Money that the provider sends from a partner's account to the partner's bank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payout {
    pub id: String,
    pub account: String,
    pub amount: i64,
    pub currency: Option<Currency>,
    pub status: PayoutStatus,
    pub created_at_ms: i64,
}

/// A page of the provider for a partner. It may be opened once, and soon.
#[derive(Clone, PartialEq, Eq)]
pub struct OnboardingLink {
    pub url: String,
    pub expires_at_ms: i64,
}

impl fmt::Debug for OnboardingLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OnboardingLink(…)")
    }
}

/// What moved money at the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MovementKind {
    /// The source is an intent.
    Capture,
    /// The source is a refund.
    Refund,
    /// The source is a refund that failed: its money came back.
    RefundFailure,
}

/// A line of the provider's books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    /// The provider's name of the line.
    pub id: String,
    pub kind: MovementKind,
    /// The provider's name of the intent or refund.
    pub source: String,
    /// Never negative.
    pub amount: i64,
    pub currency: Option<Currency>,
    pub at_ms: i64,
}

/// A page of the provider's books, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Movements {
    pub movements: Vec<Movement>,
    /// Where the next page begins; none at the end.
    pub next: Option<String>,
}

/// Why the provider has not done what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// It may do it later. Whether it has done it is not known: ask again with the same key.
    #[error("not now: {why}")]
    Later { why: String, after_ms: Option<i64> },
    /// It answered that it cannot do this now: ask again with the same key. It says nothing of other
    /// requests.
    #[error("not yet: {why}")]
    NotYet { why: String, after_ms: Option<i64> },
    /// It will never do it: our request or our account is wrong.
    #[error("refused: {why}")]
    Refused {
        /// The provider's code, such as `charge_already_refunded`.
        code: Option<String>,
        why: String,
    },
    /// It does not know what it was asked about.
    #[error("the provider does not know it")]
    Unknown,
}

/// Takes money for bookings, gives it back, and pays partners.
#[async_trait]
pub trait PaymentProvider: fmt::Debug + Send + Sync {
    /// The provider's name in logs and metrics.
    fn name(&self) -> &'static str;

    async fn create_intent(&self, new: &NewIntent) -> Result<Intent, ProviderError>;

    async fn intent(&self, id: &str) -> Result<Intent, ProviderError>;

    /// Cancels an intent, unless its money has come or is coming; answers how it is then.
    async fn cancel_intent(&self, id: &str) -> Result<Intent, ProviderError>;

    async fn create_refund(&self, new: &NewProviderRefund)
    -> Result<ProviderRefund, ProviderError>;

    async fn refund(&self, id: &str) -> Result<ProviderRefund, ProviderError>;

    /// None while it is an inquiry only, which takes no money.
    async fn dispute(&self, id: &str) -> Result<Option<Dispute>, ProviderError>;

    /// Makes the account of a partner; asked again it answers the same one.
    async fn create_account(&self, partner: &PartnerId) -> Result<ProviderAccount, ProviderError>;

    async fn account(&self, id: &str) -> Result<ProviderAccount, ProviderError>;

    async fn onboarding_link(&self, account: &str) -> Result<OnboardingLink, ProviderError>;

    async fn payout(&self, account: &str, id: &str) -> Result<Payout, ProviderError>;

    /// What moved money from `from_ms` until before `until_ms`; `after` is the `next` of the page before.
    async fn movements(
        &self,
        from_ms: i64,
        until_ms: i64,
        after: Option<&str>,
    ) -> Result<Movements, ProviderError>;
}
