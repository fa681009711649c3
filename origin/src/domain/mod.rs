//! TODO: what this module is.

pub mod bookings;
pub mod catalogue;
pub mod documents;
mod nouns;
pub mod offers;
pub mod paris;
pub mod partners;
pub mod purges;
pub mod rows;
pub mod stats;
pub mod team;
pub mod users;

pub use nouns::*;
