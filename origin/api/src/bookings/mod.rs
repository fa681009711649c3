//! Bookings: creating, confirming, cancelling and checking in.

pub mod calendars;
pub mod mutations;
pub mod night;
pub mod queries;
pub mod scans;
pub mod venue;
pub mod walk_ins;

use async_graphql::Error;
use domain::bookings::refusals::BookingRefusal;

use crate::request::errors::refused;

/// Converts a store's booking refusal into a GraphQL error.
pub fn refuse(refusal: BookingRefusal) -> Error {
    refused(refusal.code(), refusal.sentence())
}
