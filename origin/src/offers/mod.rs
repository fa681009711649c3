//! Offers: what users book.

pub mod events;
pub mod resolvers;
pub mod store;
