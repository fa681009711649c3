//! TODO: what this module is.

pub mod counter;
pub mod queries;
