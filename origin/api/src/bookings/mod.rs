//! Booking an offer, confirming, cancelling and checking in.

pub mod mutations;
pub mod queries;

use async_graphql::Error;
use domain::{bookings::refusals::BookingRefusal, users::account::Language};

use crate::request::errors::refused;

/// The refusal as a field answers it.
pub fn shown(refusal: BookingRefusal, language: Language) -> Error {
    refused(refusal.code(), refusal.sentence(language))
}
