//! TODO: what this module is.

pub mod mutations;
pub mod queries;
