//! TODO: what this module is.

pub mod gates;
pub mod mutations;
pub mod queries;

use async_graphql::Error;

use crate::{
    api::request::errors::refused,
    domain::{bookings::refusals::BookingRefusal, users::account::Language},
};

/// The refusal as a field answers it.
pub fn shown(refusal: BookingRefusal, language: Language) -> Error {
    refused(refusal.code(), refusal.sentence(language))
}
