//! Collections: how a row is written and read, and operations on a single one.

pub mod bookings;
pub mod offers;
pub mod partners;
pub mod places;
pub mod users;
