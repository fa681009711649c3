//! TODO: what this module is.

pub mod mutations;
pub mod queries;

use async_graphql::Error;
use domain::{bookings::refusals::BookingRefusal, users::account::Language};

use crate::request::errors::refused;

/// The refusal as a field answers it.
pub fn shown(refusal: BookingRefusal, language: Language) -> Error {
    refused(refusal.code(), refusal.sentence(language))
}
