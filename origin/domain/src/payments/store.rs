//! The store trait of payments. Each write is one transaction with the booking, the ledger, the purge
//! and the tasks that follow from it.

use std::{collections::HashMap, fmt};

use async_trait::async_trait;

use super::{
    cursors::{LedgerCursor, PaymentCursor},
    ledger::Transaction,
    money::Money,
    partner_account::PartnerAccount,
    payment::Payment,
    provider::{Dispute, Intent, Payout, ProviderAccount, ProviderRefund},
    reconciling::Difference,
    refund::{Refund, RefundCause},
    refusals::PaymentRefusal,
};
use crate::{BookingId, PartnerId, PaymentId, RefundId, StoreError, UserId, words::words};

/// The request to pay for a booking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPayment {
    /// The id of the payment if this request is the first one for the booking.
    pub id: PaymentId,
    pub booking: BookingId,
    pub user: UserId,
}

/// The outcome of a request to pay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Started {
    Refused(PaymentRefusal),
    /// The booking's payment, new or from an earlier request. It is open.
    Done(Box<Payment>),
}

/// What an answer of the provider changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    /// It is about something that this system does not know.
    Unknown,
    /// Nothing: it was known before.
    Nothing,
    Done,
    /// Nothing yet: it is a refund of money that is not known to have come, or more than is left, because
    /// another refund is not known to have failed. Look at the payment's intent and at its other refunds
    /// first, and apply it again.
    Early,
    /// It was applied as far as it can be, and an operator has to look. The caller logs and counts it, once.
    Worrying(Worry),
}

words! {
    /// Why an operator has to look at an answer of the provider.
    Worry {
        /// Another amount or currency has come than the booking costs: it is refunded.
        WrongAmount = "wrong_amount",
        /// A payment has a second intent whose money has come. The ledger does not know it.
        SecondIntent = "second_intent",
        /// The provider gave back another amount than it was asked for, or more than was left.
        WrongRefund = "wrong_refund",
        /// A refund failed. The guest waits for the money.
        RefundFailed = "refund_failed",
        /// A bank takes money back.
        Disputed = "disputed",
        /// A payout is in a currency that we do not take.
        UnknownCurrency = "unknown_currency",
    }
}

/// How many things wait or are wrong, for metrics and alerts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PaymentFigures {
    /// Payments of which the provider is still asked.
    pub open: u64,
    /// Since when the longest due look is due.
    pub oldest_look_at_ms: Option<i64>,
    /// Refunds that the provider was not asked for yet.
    pub refunds_requested: u64,
    /// Since when the oldest of them waits.
    pub oldest_refund_at_ms: Option<i64>,
    /// Differences between the provider's books and the ledger that stand.
    pub differences: u64,
}

/// The request for a refund by support.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRefund {
    /// The client's idempotency key and the payment make it: asked again it is the same refund.
    pub id: RefundId,
    pub payment: PaymentId,
    /// None: all that is left.
    pub amount: Option<i64>,
    pub cause: RefundCause,
    pub reason: Option<String>,
    pub by: Option<UserId>,
}

/// The outcome of a request for a refund.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefundAsked {
    Refused(PaymentRefusal),
    /// An earlier request with the same id made it.
    Before(Box<Refund>),
    Done(Box<Refund>),
}

/// Selects a page of a user's payments, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentQuery {
    pub user: UserId,
    pub first: usize,
    pub after: Option<PaymentCursor>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PaymentPage {
    pub items: Vec<Payment>,
    pub has_next_page: bool,
}

/// Selects a page of the transactions of a partner's account, oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerQuery {
    pub partner: PartnerId,
    pub from_ms: i64,
    /// The first moment that is not part of it.
    pub until_ms: i64,
    pub first: usize,
    pub after: Option<LedgerCursor>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LedgerPage {
    pub items: Vec<Transaction>,
    pub has_next_page: bool,
}

/// Payments, refunds, partners' accounts and the ledger in a database.
#[async_trait]
pub trait PaymentStore: fmt::Debug + Send + Sync {
    /// Stores the payment of a booking before the provider is asked for it.
    async fn start(&self, new: NewPayment, now_ms: i64) -> Result<Started, StoreError>;

    /// Applies what the provider says of an intent: stores its name, confirms the booking, or
    /// refunds what came too late.
    async fn apply_intent(&self, intent: &Intent, now_ms: i64) -> Result<Applied, StoreError>;

    async fn apply_refund(
        &self,
        refund: &ProviderRefund,
        now_ms: i64,
    ) -> Result<Applied, StoreError>;

    async fn apply_dispute(&self, dispute: &Dispute, now_ms: i64) -> Result<Applied, StoreError>;

    async fn apply_account(
        &self,
        account: &ProviderAccount,
        now_ms: i64,
    ) -> Result<Applied, StoreError>;

    async fn apply_payout(&self, payout: &Payout, now_ms: i64) -> Result<Applied, StoreError>;

    /// Notes that the provider never made an intent for a payment whose booking has ended, or has
    /// cancelled it.
    async fn cancelled(&self, payment: &PaymentId) -> Result<Applied, StoreError>;

    /// Notes that the provider will not make this refund: an operator has to.
    async fn refund_failed(&self, refund: &RefundId, now_ms: i64) -> Result<Applied, StoreError>;

    async fn ask_refund(&self, new: NewRefund, now_ms: i64) -> Result<RefundAsked, StoreError>;

    async fn by_ids(&self, ids: &[PaymentId]) -> Result<HashMap<PaymentId, Payment>, StoreError>;

    async fn of_bookings(
        &self,
        ids: &[BookingId],
    ) -> Result<HashMap<BookingId, Payment>, StoreError>;

    async fn list(&self, query: &PaymentQuery) -> Result<PaymentPage, StoreError>;

    async fn refund(&self, id: &RefundId) -> Result<Option<Refund>, StoreError>;

    /// The refunds of these payments, oldest first.
    async fn refunds_of(
        &self,
        payments: &[PaymentId],
    ) -> Result<HashMap<PaymentId, Vec<Refund>>, StoreError>;

    /// Stores the account that the provider made for a partner, if there is none yet; returns the
    /// partner's.
    async fn keep_account(
        &self,
        partner: &PartnerId,
        account: &ProviderAccount,
        now_ms: i64,
    ) -> Result<PartnerAccount, StoreError>;

    async fn accounts(
        &self,
        partners: &[PartnerId],
    ) -> Result<HashMap<PartnerId, PartnerAccount>, StoreError>;

    /// What a partner is owed, by currency.
    async fn balance(&self, partner: &PartnerId) -> Result<Vec<Money>, StoreError>;

    async fn ledger(&self, query: &LedgerQuery) -> Result<LedgerPage, StoreError>;

    async fn figures(&self) -> Result<PaymentFigures, StoreError>;

    /// Puts a task into the queue for each payment that is to be looked at, and sets when it is looked
    /// at next; returns how many.
    async fn poll_due(&self, now_ms: i64, most: usize) -> Result<usize, StoreError>;

    /// The transactions of these moments that moved money at the provider, by the provider's name of
    /// what it did.
    async fn moved(
        &self,
        from_ms: i64,
        until_ms: i64,
    ) -> Result<HashMap<String, Vec<Transaction>>, StoreError>;

    /// Keeps what differs between the provider's books and the ledger, each once, and removes what
    /// differs no longer among those of the same days.
    async fn keep_differences(
        &self,
        from_ms: i64,
        until_ms: i64,
        found: &[Difference],
    ) -> Result<(), StoreError>;

    /// All differences that stand, oldest first.
    async fn differences(&self, most: usize) -> Result<Vec<Difference>, StoreError>;

    /// Makes `holder` the one server that polls and reconciles until `until_ms`; returns whether it
    /// is.
    async fn take_lease(
        &self,
        holder: &str,
        until_ms: i64,
        now_ms: i64,
    ) -> Result<bool, StoreError>;

    /// Releases the lease, so that another server can take it at once.
    async fn give_lease_back(&self, holder: &str) -> Result<(), StoreError>;
}
