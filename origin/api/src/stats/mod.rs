//! A partner's statistics by day, and the view counter.

pub mod counter;
pub mod queries;
