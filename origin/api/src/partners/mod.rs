//! Partners and establishments: lists, details and mutations.

pub mod mutations;
pub mod queries;
