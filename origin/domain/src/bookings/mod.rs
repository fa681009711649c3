//! Bookings: users book offers and check in on site.
//!
//! Reading order: [`booking`] (the data and its state machine) → [`window`] (when a booking may be
//! used) → [`rules`] (who may book, cancel and check in, and when) → [`scan`] (those without a network) → [`writes`] (what a store writes
//! for it) → [`night`] (a venue's evening) → [`notices`] (what its guest is told) → [`tasks`] (that and its product event) → [`refusals`] (why a request is refused) → [`store`]. Other crates hold the QR codes (`access::qr`), queries and mutations
//! (`api::bookings`), and the ending job, routes, picture and calendar (`server::bookings`).

pub mod approval;
pub mod booking;
pub mod calendar_feed;
pub mod codes;
pub mod figures;
pub mod night;
pub mod notices;
pub mod party;
pub mod reason;
pub mod refusals;
pub mod rules;
#[cfg(any(test, feature = "samples"))]
pub mod samples;
pub mod scan;
pub mod short_code;
pub mod store;
pub mod tasks;
pub mod walk_in;
pub mod window;
pub mod writes;

/// The maximum number of bookings in a list without pagination.
pub const MAX_LISTED: usize = 200;
