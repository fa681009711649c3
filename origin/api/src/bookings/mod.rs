//! Bookings: creating, confirming, cancelling and checking in.

pub mod mutations;
pub mod queries;

use async_graphql::Error;
use domain::{bookings::refusals::BookingRefusal, users::account::Language};

use crate::request::errors::refused;

/// Converts a store's booking refusal into a GraphQL error, in the caller's language.
pub fn shown(refusal: BookingRefusal, language: Language) -> Error {
    refused(refusal.code(), refusal.sentence(language))
}
