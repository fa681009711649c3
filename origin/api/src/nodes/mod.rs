//! Every object type, below the blocks: offers show partners, bookings show users, and so on.

pub mod booking;
pub mod consent;
pub mod directives;
pub mod moment;
pub mod offer;
pub mod page;
pub mod partner;
pub mod place;
pub(crate) mod preferences;
pub mod user;
