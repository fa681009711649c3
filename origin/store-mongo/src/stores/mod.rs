//! Each block's store: transactions over the rows of [`crate::tables`].

pub mod announcements;
pub mod bookings;
pub mod catalogue;
pub mod codes;
pub mod documents;
pub mod identity;
pub mod known_devices;
pub mod notifications;
pub mod offers;
pub mod operators;
pub mod partners;
pub mod payments;
pub mod pictures;
pub mod purges;
pub mod queue;
pub mod reach;
pub mod reviews;
pub mod rows;
pub mod service_tokens;
pub mod sessions;
pub mod site;
pub mod stats;
pub mod team;
pub mod templates;
pub mod users;
