//! What is left for workers. A task names what to ask the provider about; the answer decides.

use serde::{Deserialize, Serialize};

use crate::{PaymentId, RefundId};

/// What a report of the provider is about. It says that something changed, and not what is true.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum Subject {
    Intent { id: String },
    Refund { id: String },
    Dispute { id: String },
    Account { id: String },
    Payout { account: String, id: String },
}

/// What a worker does.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "work", rename_all = "snake_case")]
pub enum PaymentWork {
    /// Asks the provider how something is, because it reported a change, and applies the answer.
    Look { subject: Subject },
    /// Asks the provider how a payment is, because no report of it came. If the booking has ended it
    /// cancels the intent before, unless the money has come.
    Poll { payment: PaymentId },
    /// Cancels the intent of a payment whose booking has ended unpaid.
    Cancel { payment: PaymentId },
    /// Asks the provider for a refund.
    Refund { refund: RefundId },
}

impl PaymentWork {
    /// Its name in lists, logs and metrics.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Look { .. } => "payment_report",
            Self::Poll { .. } => "payment_poll",
            Self::Cancel { .. } => "payment_cancel",
            Self::Refund { .. } => "payment_refund",
        }
    }
}
