//! Outings: users book offers and check in on the spot.
//!
//! Reading order: [`booking`] (what it is, and what may become of it) → [`window`] (when it may be
//! used) → [`rules`] (who may book, cancel and check in when) → [`refusals`] → [`qr`] (the codes
//! that are scanned) → [`store`].

pub mod booking;
pub mod qr;
pub mod refusals;
pub mod rules;
#[cfg(test)]
mod samples;
pub mod store;
pub mod window;
