//! Offers: what users book.

pub mod events;
pub mod store;
