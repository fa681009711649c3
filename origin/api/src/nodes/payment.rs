//! Payments, refunds, and where a partner's money is.

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use domain::PartnerId;
use domain::payments::{
    cursors::{LedgerCursor, PaymentCursor},
    ledger::{Account, Transaction},
    money::Money,
    partner_account::{self, PartnerAccount},
    payment::{self, Payment},
    reconciling::{self, Difference},
    refund::{self, Refund},
    store::{LedgerPage, PaymentPage},
};

use crate::{
    nodes::{
        booking::BookingNode,
        directives::{CacheControlScope, cache_control},
        moment::{DateTime, timestamp},
        money::{Currency, minor},
        page::PageInfo,
    },
    request::{context::RequestContext, errors::failed, loaders::RefundsOf},
};

/// Where a payment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "payment::PaymentState")]
pub enum PaymentStatus {
    /// It waits for the guest, or for the bank.
    Open,
    /// The money has come. `refunded` says how much of it went back.
    Captured,
    /// Nothing was taken, and nothing will be.
    Cancelled,
}

/// What has become of a refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "refund::RefundState")]
pub enum RefundStatus {
    /// The provider will be asked for it.
    Requested,
    /// The provider has accepted it: the money is on its way, or has arrived.
    Accepted,
    /// The provider could not give the money back. Our support will.
    Failed,
}

/// Why money goes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "refund::RefundCause")]
pub enum RefundCause {
    /// The guest cancelled in time.
    Guest,
    /// The venue cancelled.
    Venue,
    /// The money came after the booking had ended.
    Late,
    /// The booking ended with the guest's account.
    Erasure,
    /// Our support decided it.
    Support,
}

/// The payment of a booking.
#[derive(Clone, Debug)]
pub struct PaymentNode(pub Payment);

/// The payment of a booking.
#[Object(name = "Payment", directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
impl PaymentNode {
    async fn id(&self) -> ID {
        ID(self.0.id.to_string())
    }

    /// Null if the caller may not see the booking.
    async fn booking(&self, ctx: &Context<'_>) -> Result<Option<BookingNode>> {
        let loader = &RequestContext::of(ctx).loader;
        let found = loader.load_one(self.0.booking.clone()).await;
        Ok(found.map_err(failed)?.map(BookingNode::from))
    }

    async fn status(&self) -> PaymentStatus {
        self.0.state.into()
    }

    /// In the currency's minor unit, with tax.
    async fn amount(&self) -> i32 {
        minor(self.0.amount)
    }

    async fn currency(&self) -> Currency {
        self.0.currency.into()
    }

    /// The sum of its refunds, without those that failed.
    async fn refunded(&self) -> i32 {
        minor(self.0.refunded)
    }

    /// Oldest first.
    async fn refunds(&self, ctx: &Context<'_>) -> Result<Vec<RefundNode>> {
        let loader = &RequestContext::of(ctx).loader;
        let found = loader.load_one(RefundsOf(self.0.id.clone())).await;
        let refunds = found.map_err(failed)?.unwrap_or_default();
        Ok(refunds.into_iter().map(RefundNode::from).collect())
    }

    async fn created_at(&self) -> DateTime {
        timestamp(self.0.created_at_ms)
    }

    /// When the money came.
    async fn captured_at(&self) -> Option<DateTime> {
        self.0.captured_at_ms.map(timestamp)
    }
}

/// Money that goes back to who paid.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "Refund", directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
pub struct RefundNode {
    id: ID,
    /// In the minor unit of the payment's currency.
    amount: i32,
    status: RefundStatus,
    cause: RefundCause,
    created_at: DateTime,
}

impl From<Refund> for RefundNode {
    fn from(refund: Refund) -> Self {
        Self {
            id: ID(refund.id.to_string()),
            amount: minor(refund.amount),
            status: refund.state.into(),
            cause: refund.cause.into(),
            created_at: timestamp(refund.created_at_ms),
        }
    }
}

/// What an app needs to let its user pay.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
pub struct PaymentIntent {
    pub payment: PaymentNode,
    /// For the provider's payment sheet. Keep it out of logs and links.
    pub client_secret: String,
    /// Our key for the provider's SDK; it is public.
    pub publishable_key: String,
    /// The booking holds its place until then.
    pub pay_before: DateTime,
}

/// A page of payments.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
pub struct PaymentConnection {
    edges: Vec<PaymentEdge>,
    page_info: PageInfo,
}

/// A payment in a list.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
pub struct PaymentEdge {
    cursor: String,
    node: PaymentNode,
}

impl PaymentConnection {
    pub fn new(page: PaymentPage, has_previous_page: bool) -> Self {
        let edge = |payment: Payment| PaymentEdge {
            cursor: PaymentCursor::of(&payment).encode(),
            node: PaymentNode(payment),
        };
        let edges: Vec<_> = page.items.into_iter().map(edge).collect();
        Self {
            page_info: PageInfo {
                has_next_page: page.has_next_page,
                has_previous_page,
                ..PageInfo::between(edges.iter().map(|edge| &edge.cursor))
            },
            edges,
        }
    }
}

/// What a partner's account at the provider of payments can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "partner_account::AccountStatus")]
pub enum PartnerAccountStatus {
    /// The partner has not finished what the provider asks for.
    Incomplete,
    /// The provider checks what the partner gave.
    Checking,
    /// It takes payments and is paid out.
    Active,
    /// The provider asks for more before it takes payments, or pays them out.
    Restricted,
}

/// A partner's account at the provider of payments. Offers can have a price once it takes payments.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "PartnerAccount", directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
pub struct PartnerAccountNode {
    status: PartnerAccountStatus,
    takes_payments: bool,
    is_paid_out: bool,
    created_at: DateTime,
}

impl From<PartnerAccount> for PartnerAccountNode {
    fn from(account: PartnerAccount) -> Self {
        Self {
            status: account.status().into(),
            takes_payments: account.takes_payments,
            is_paid_out: account.is_paid_out,
            created_at: timestamp(account.created_at_ms),
        }
    }
}

/// A page of the provider on which a partner says who it is, and to which bank account it is paid. It
/// can be opened once.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
pub struct OnboardingLink {
    pub url: String,
    pub expires_at: DateTime,
}

/// What a partner is owed in one currency.
#[derive(Clone, Copy, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
pub struct PartnerBalance {
    /// In the currency's minor unit. Negative if more was refunded than came since the last payout.
    amount: i32,
    currency: Currency,
}

impl From<Money> for PartnerBalance {
    fn from(money: Money) -> Self {
        Self {
            amount: minor(money.minor),
            currency: money.currency.into(),
        }
    }
}

/// Why the partner's balance changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum LedgerCause {
    Capture,
    Refund,
    /// A refund that failed: its amount came back.
    RefundFailed,
    Payout,
    /// A payout that failed: its amount came back.
    PayoutFailed,
    Other,
}

impl LedgerCause {
    fn of(transaction: &Transaction) -> Self {
        match transaction.cause() {
            "capture" => Self::Capture,
            "refund" => Self::Refund,
            "refund-failed" => Self::RefundFailed,
            "payout" => Self::Payout,
            "payout-failed" => Self::PayoutFailed,
            _ => Self::Other,
        }
    }
}

/// A change of a partner's balance.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
pub struct LedgerEntry {
    pub at: DateTime,
    pub cause: LedgerCause,
    /// In the currency's minor unit; negative if the balance went down.
    pub amount: i32,
    pub currency: Currency,
    /// The payment that it belongs to; null for a payout.
    pub payment_id: Option<ID>,
    /// The provider's name of what it did.
    pub provider_id: String,
}

impl LedgerEntry {
    pub fn of(transaction: &Transaction, partner: &PartnerId) -> Self {
        Self {
            at: timestamp(transaction.at_ms),
            cause: LedgerCause::of(transaction),
            amount: minor(transaction.change_of(&Account::Partner(partner.clone()))),
            currency: transaction.currency.into(),
            payment_id: transaction.payment.as_ref().map(|id| ID(id.to_string())),
            provider_id: transaction.provider_id.clone(),
        }
    }
}

/// A page of a partner's ledger.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
pub struct LedgerConnection {
    edges: Vec<LedgerEdge>,
    page_info: PageInfo,
}

/// An entry of the ledger.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
pub struct LedgerEdge {
    cursor: String,
    node: LedgerEntry,
}

impl LedgerConnection {
    pub fn new(page: &LedgerPage, partner: &PartnerId, has_previous_page: bool) -> Self {
        let edge = |transaction: &Transaction| LedgerEdge {
            cursor: LedgerCursor::of(transaction).encode(),
            node: LedgerEntry::of(transaction, partner),
        };
        let edges: Vec<_> = page.items.iter().map(edge).collect();
        Self {
            page_info: PageInfo {
                has_next_page: page.has_next_page,
                has_previous_page,
                ..PageInfo::between(edges.iter().map(|edge| &edge.cursor))
            },
            edges,
        }
    }
}

/// How the provider's books and the ledger differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "reconciling::DifferenceKind")]
pub enum DifferenceKind {
    /// The provider moved money that the ledger does not know.
    NotInLedger,
    /// The ledger has what the provider does not.
    NotAtProvider,
    /// Both have it, with another amount or currency.
    Amount,
}

/// A difference between the provider's books and the ledger.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
pub struct PaymentDifference {
    provider_id: String,
    kind: DifferenceKind,
    /// The provider's amount, in the currency's minor unit; 0 if it has none.
    provider_amount: i32,
    /// The ledger's amount; 0 if it has none.
    ledger_amount: i32,
    /// By ISO 4217.
    currency: String,
    at: DateTime,
    found_at: DateTime,
}

impl From<Difference> for PaymentDifference {
    fn from(difference: Difference) -> Self {
        Self {
            kind: difference.kind.into(),
            provider_amount: minor(difference.provider_minor),
            ledger_amount: minor(difference.ledger_minor),
            currency: difference.currency,
            at: timestamp(difference.at_ms),
            found_at: timestamp(difference.found_at_ms),
            provider_id: difference.provider_id,
        }
    }
}
