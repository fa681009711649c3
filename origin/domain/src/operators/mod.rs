//! Operators: people who help others with their accounts and bookings, and an audit of what they do that
//! cannot be changed.
//!
//! Reading order: [`deed`] (what an operator did, and the chain of digests) → [`rules`] (whose role may
//! change) → [`store`] (the transactions) → [`codes`] (refusals).

pub mod codes;
pub mod deed;
pub mod input;
pub mod rules;
pub mod store;
