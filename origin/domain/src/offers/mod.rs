//! Offers: the discounts that users book.

pub mod codes;
pub mod discount;
pub mod edit;
pub mod events;
pub mod listing;
pub mod notices;
pub mod rules;
pub mod schedule;
pub mod store;
pub mod validity;
pub mod wording;
