//! Offers: what users book.

pub mod edit;
pub mod events;
pub mod mutations;
pub mod resolvers;
pub mod rules;
pub mod schedule;
pub mod store;
