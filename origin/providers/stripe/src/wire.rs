//! Stripe's objects, as far as they are read.

use std::collections::BTreeMap;

use domain::{
    PartnerId, PaymentId, RefundId,
    payments::{
        money::Currency,
        provider::{
            Dispute, DisputeStatus, Intent, IntentStatus, Movement, MovementKind, OnboardingLink,
            Payout, PayoutStatus, ProviderAccount, ProviderRefund, RefundStatus,
        },
    },
};
use serde::{Deserialize, Deserializer};

type Metadata = BTreeMap<String, String>;

/// Some fields are null where others are left out.
fn nullable<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

fn currency(code: &str) -> Option<Currency> {
    Currency::parse(&code.to_ascii_uppercase())
}

#[derive(Deserialize)]
pub(crate) struct PaymentIntent {
    id: String,
    status: String,
    amount: i64,
    #[serde(default)]
    amount_received: i64,
    currency: String,
    #[serde(default)]
    client_secret: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    metadata: Metadata,
}

impl From<PaymentIntent> for Intent {
    fn from(found: PaymentIntent) -> Self {
        let payment = found.metadata.get("payment");
        Self {
            status: match found.status.as_str() {
                "succeeded" => IntentStatus::Succeeded,
                "canceled" => IntentStatus::Cancelled,
                // Money may still come: no state that a later version adds ends a payment.
                "processing" => IntentStatus::Processing,
                _ => IntentStatus::Waiting,
            },
            payment: payment.and_then(|id| PaymentId::parse(id)),
            amount: found.amount,
            received: found.amount_received,
            currency: currency(&found.currency),
            client_secret: found.client_secret.unwrap_or_default(),
            id: found.id,
        }
    }
}

#[derive(Deserialize)]
pub(crate) struct Refund {
    id: String,
    amount: i64,
    #[serde(default)]
    status: Option<String>,
    payment_intent: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    metadata: Metadata,
    created: i64,
}

impl Refund {
    pub(crate) fn is_of(&self, refund: &RefundId) -> bool {
        self.metadata.get("refund").map(String::as_str) == Some(refund.as_str())
    }

    /// None if it is a refund of a charge that no intent made: none of ours.
    pub(crate) fn read(self) -> Option<ProviderRefund> {
        let refund = self.metadata.get("refund");
        Some(ProviderRefund {
            refund: refund.and_then(|id| RefundId::parse(id)),
            intent: self.payment_intent?,
            amount: self.amount,
            status: match self.status.as_deref() {
                Some("failed" | "canceled") => RefundStatus::Failed,
                // pending, requires_action, succeeded; none for some ways to pay.
                _ => RefundStatus::Accepted,
            },
            created_at_ms: self.created * 1_000,
            id: self.id,
        })
    }
}

#[derive(Deserialize)]
pub(crate) struct DisputeObject {
    id: String,
    amount: i64,
    #[serde(default, deserialize_with = "nullable")]
    reason: String,
    status: String,
    payment_intent: Option<String>,
    created: i64,
}

impl DisputeObject {
    /// None for an inquiry, which takes no money, and for a charge that no intent made.
    pub(crate) fn read(self) -> Option<Dispute> {
        let status = match self.status.as_str() {
            "needs_response" | "under_review" => DisputeStatus::Open,
            "won" => DisputeStatus::Won,
            "lost" => DisputeStatus::Lost,
            // warning_needs_response, warning_under_review, warning_closed, prevented.
            _ => return None,
        };
        Some(Dispute {
            intent: self.payment_intent?,
            id: self.id,
            amount: self.amount,
            reason: self.reason,
            status,
            created_at_ms: self.created * 1_000,
        })
    }
}

#[derive(Deserialize)]
pub(crate) struct Account {
    id: String,
    #[serde(default, deserialize_with = "nullable")]
    charges_enabled: bool,
    #[serde(default, deserialize_with = "nullable")]
    payouts_enabled: bool,
    #[serde(default, deserialize_with = "nullable")]
    details_submitted: bool,
    #[serde(default, deserialize_with = "nullable")]
    capabilities: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "nullable")]
    metadata: Metadata,
}

impl From<Account> for ProviderAccount {
    fn from(found: Account) -> Self {
        let transfers = found.capabilities.get("transfers").map(String::as_str);
        let partner = found.metadata.get("partner");
        Self {
            partner: partner.and_then(|id| PartnerId::parse(id)),
            // What we charge is transferred: without that capability each payment would be refused.
            takes_payments: found.charges_enabled && transfers == Some("active"),
            is_paid_out: found.payouts_enabled,
            has_given_details: found.details_submitted,
            id: found.id,
        }
    }
}

#[derive(Deserialize)]
pub(crate) struct AccountLink {
    url: String,
    expires_at: i64,
}

impl From<AccountLink> for OnboardingLink {
    fn from(found: AccountLink) -> Self {
        Self {
            url: found.url,
            expires_at_ms: found.expires_at * 1_000,
        }
    }
}

#[derive(Deserialize)]
pub(crate) struct PayoutObject {
    id: String,
    amount: i64,
    currency: String,
    status: String,
    created: i64,
}

impl PayoutObject {
    pub(crate) fn read(self, account: &str) -> Payout {
        Payout {
            account: account.to_owned(),
            amount: self.amount,
            currency: currency(&self.currency),
            status: match self.status.as_str() {
                "paid" | "in_transit" => PayoutStatus::Paid,
                "failed" => PayoutStatus::Failed,
                // pending, canceled.
                _ => PayoutStatus::NotSent,
            },
            created_at_ms: self.created * 1_000,
            id: self.id,
        }
    }
}

/// A page of a list, newest first.
#[derive(Deserialize)]
pub(crate) struct List<T> {
    pub(crate) data: Vec<T>,
    #[serde(default)]
    pub(crate) has_more: bool,
}

#[derive(Deserialize)]
pub(crate) struct BalanceTransaction {
    pub(crate) id: String,
    #[serde(rename = "type")]
    kind: String,
    amount: i64,
    currency: String,
    created: i64,
    source: Option<Source>,
}

/// What moved money: expanded, so that a charge tells its intent.
#[derive(Deserialize)]
#[serde(untagged)]
enum Source {
    Object {
        id: String,
        payment_intent: Option<String>,
    },
    // Stripe expands what it can.
    Name(String),
}

impl BalanceTransaction {
    /// None if no money of a guest moved: fees, transfers to partners, payouts, disputes.
    pub(crate) fn read(self) -> Option<Movement> {
        let kind = match self.kind.as_str() {
            "charge" | "payment" => MovementKind::Capture,
            "refund" | "payment_refund" => MovementKind::Refund,
            "refund_failure" | "payment_failure_refund" => MovementKind::RefundFailure,
            _ => return None,
        };
        let source = match (kind, self.source?) {
            // A charge without an intent has only its own name, which the ledger does not know.
            (MovementKind::Capture, Source::Object { id, payment_intent }) => {
                payment_intent.unwrap_or(id)
            }
            (MovementKind::Refund | MovementKind::RefundFailure, Source::Object { id, .. })
            | (_, Source::Name(id)) => id,
        };
        Some(Movement {
            id: self.id,
            kind,
            source,
            amount: self.amount.saturating_abs(),
            currency: currency(&self.currency),
            at_ms: self.created * 1_000,
        })
    }
}
