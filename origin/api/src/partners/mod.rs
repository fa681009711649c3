//! Partners and their establishments: lists, details and how they are written.

pub mod mutations;
pub mod queries;
