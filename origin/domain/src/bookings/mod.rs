//! Outings: users book offers and check in on the spot.
//!
//! Reading order: [`booking`] (what it is, and what may become of it) → [`window`] (when it may be
//! used) → [`rules`] (who may book, cancel and check in when) → [`refusals`] → [`qr`] (the codes
//! that are scanned) → [`store`]; in GraphQL
//! [`resolvers`] and [`mutations`]. [`ending`] is the job beside requests,
//! [`routes`] what is no GraphQL: [`picture`] and [`calendar`].

pub mod booking;
pub mod codes;
pub mod refusals;
pub mod rules;
#[cfg(any(test, feature = "samples"))]
pub mod samples;
pub mod store;
pub mod window;

/// The most bookings of a list that is no connection.
pub const MAX_LISTED: usize = 200;
