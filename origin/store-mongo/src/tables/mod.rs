//! TODO: what this module is.

pub mod bookings;
pub mod offers;
pub mod partners;
pub mod places;
pub mod users;
