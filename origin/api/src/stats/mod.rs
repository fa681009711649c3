//! A partner's figures by day, and the counter of views.

pub mod counter;
pub mod queries;
