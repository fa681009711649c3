//! What the writes of payments decide.
//!
//! A backend reads the facts, calls these functions, and stores what they return, all in one
//! transaction. Nothing here reads or writes, so every backend decides the same. Each of them may be
//! called again with what it was called with before, and with answers in any order: states only go
//! forward.

mod disputes;
mod ending;
mod intents;
mod looking;
mod payouts;
mod refunds;
mod starting;
#[cfg(test)]
mod tests;

pub use disputes::dispute;
pub use ending::ended;
pub use intents::{cancelled, intent};
pub use looking::{look, next_look_ms};
pub use payouts::payout;
pub use refunds::{ask, failed, refund};
pub use starting::start;

use super::{
    ledger::Transaction,
    payment::Payment,
    refund::Refund,
    store::{Applied, Worry},
};
use crate::{bookings::booking::Booking, queue::NewTask};

/// A payment, and all its refunds.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    pub payment: &'a Payment,
    pub refunds: &'a [Refund],
}

/// A payment and its refunds, as a backend reads them in a transaction.
#[derive(Debug)]
pub struct Found {
    pub payment: Payment,
    pub refunds: Vec<Refund>,
}

impl Found {
    pub fn facts(&self) -> Facts<'_> {
        Facts {
            payment: &self.payment,
            refunds: &self.refunds,
        }
    }
}

/// What a backend stores, in one transaction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// The payment as it is afterwards, if it changes.
    pub payment: Option<Payment>,
    /// The booking as it is after the payment has confirmed it.
    pub confirmed: Option<Booking>,
    /// Refunds that are new.
    pub asked: Vec<Refund>,
    /// Refunds as they are afterwards.
    pub changed: Vec<Refund>,
    pub transactions: Vec<Transaction>,
    pub tasks: Vec<NewTask>,
    pub worry: Option<Worry>,
    /// Whether something else has to be applied first: nothing is stored.
    pub is_early: bool,
}

impl Change {
    /// What is answered for it.
    pub fn applied(&self) -> Applied {
        match self.worry {
            Some(worry) => Applied::Worrying(worry),
            None if self.is_early => Applied::Early,
            None if *self == Self::default() => Applied::Nothing,
            None => Applied::Done,
        }
    }

    fn worrying(worry: Worry) -> Self {
        Self {
            worry: Some(worry),
            ..Self::default()
        }
    }
}
