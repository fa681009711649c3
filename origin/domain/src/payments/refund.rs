//! A refund as both backends store it.

use crate::{PaymentId, RefundId, UserId, words::words};

words! {
    /// Where a refund is.
    RefundState {
        /// The provider will be asked for it.
        Requested = "requested",
        /// The provider has accepted it; the money is on its way.
        Accepted = "accepted",
        /// The provider could not give the money back. An operator has to.
        Failed = "failed",
    }
}

words! {
    /// Why money goes back.
    RefundCause {
        /// The guest cancelled in time.
        Guest = "guest",
        Venue = "venue",
        /// The money came after the booking had ended.
        Late = "late",
        /// The booking ended with the erasure of its guest's account.
        Erasure = "erasure",
        /// Support decided it, and says why.
        Support = "support",
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Refund {
    pub id: RefundId,
    pub payment: PaymentId,
    /// In the minor unit of the payment's currency.
    pub amount: i64,
    /// The part of our fee that it gives back.
    pub fee: i64,
    pub cause: RefundCause,
    /// What support says about it.
    pub reason: Option<String>,
    /// The operator who asked for it; none if nobody did, or once that account was erased.
    pub by: Option<UserId>,
    pub state: RefundState,
    /// The provider's name of it.
    pub provider_id: Option<String>,
    pub created_at_ms: i64,
    pub ended_at_ms: Option<i64>,
}
