//! Tables: how a row is written and read, and single statements.

pub mod bookings;
pub mod offers;
pub mod partners;
pub mod places;
pub mod users;
