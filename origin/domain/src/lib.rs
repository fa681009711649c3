//! The domain types of Yousoon and the rules of every block: no I/O, no clock, no randomness.

pub mod analytics;
pub mod announcements;
pub mod auth;
pub mod bookings;
pub mod broken;
pub mod catalogue;
pub mod circuit;
pub mod codes;
pub mod cursor;
pub mod documents;
pub mod error_chain;
pub mod identity;
pub mod maps;
pub mod messages;
pub mod notifications;
mod nouns;
pub mod offers;
pub mod paris;
pub mod partners;
pub mod pending_purge;
pub mod pictures;
pub mod purges;
pub mod queue;
pub mod rows;
pub mod search_text;
pub mod secret;
pub mod sentence;
pub mod stats;
mod store_error;
pub mod tags;
pub mod team;
pub mod texts;
pub mod users;
pub mod words;

pub use nouns::*;
pub use store_error::StoreError;
