//! Payments: paying for a booking, refunds, and a partner's account, balance and ledger.

pub mod mutations;
pub mod queries;

use async_graphql::Error;
use domain::payments::refusals::PaymentRefusal;

use crate::request::errors::refused;

/// Converts a refusal into a GraphQL error.
pub fn refuse(refusal: PaymentRefusal) -> Error {
    refused(refusal.code(), refusal.sentence())
}
