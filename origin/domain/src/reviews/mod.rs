//! Reviews: what guests say of a visit, what the partner answers, and what becomes of reports.
//!
//! Reading order: [`review`] (the data) → [`rating`] (what a partner's reviews add up to) → [`rules`] (who
//! may write what, and when) → [`reports`] (reports and rulings) → [`change`] (what a store writes) →
//! [`refusals`] and [`outcome`] → [`store`]. What people are told is in [`notices`].

pub mod change;
pub mod codes;
pub mod input;
pub mod notices;
pub mod outcome;
pub mod rating;
pub mod refusals;
pub mod reports;
pub mod review;
pub mod rules;
#[cfg(any(test, feature = "samples"))]
pub mod samples;
pub mod store;
