//! TODO: what this module is.

pub mod export;
pub mod mutations;
pub mod queries;
