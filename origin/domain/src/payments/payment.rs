//! A payment as both backends store it: the money of one booking.

use super::money::{Currency, Money};
use crate::{BookingId, OfferId, PartnerId, PaymentId, UserId, words::words};

words! {
    /// Where a payment is.
    PaymentState {
        /// The provider was asked, or will be, to take the money.
        Open = "open",
        /// The provider has the money. It may have been refunded since.
        Captured = "captured",
        /// The provider took nothing, and never will.
        Cancelled = "cancelled",
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Payment {
    pub id: PaymentId,
    /// A booking has at most one payment.
    pub booking: BookingId,
    /// Who pays; none once the account was erased.
    pub user: Option<UserId>,
    pub offer: OfferId,
    pub partner: PartnerId,
    /// The provider's account of the partner, which gets the money without our fee.
    pub account: String,
    pub amount: i64,
    pub currency: Currency,
    /// Our fee, which the amount contains.
    pub fee: i64,
    pub state: PaymentState,
    /// The provider's name of it; none until the provider's first answer was stored.
    pub intent: Option<String>,
    /// The sum of its refunds, without those that failed. Never more than the amount.
    pub refunded: i64,
    pub created_at_ms: i64,
    pub captured_at_ms: Option<i64>,
    /// When a job asks the provider about it, because no report came; none: not again.
    pub look_at_ms: Option<i64>,
}

impl Payment {
    /// What was not refunded.
    pub const fn left(&self) -> i64 {
        self.amount - self.refunded
    }

    pub const fn money(&self) -> Money {
        Money {
            minor: self.amount,
            currency: self.currency,
        }
    }
}
