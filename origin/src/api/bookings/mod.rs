//! TODO: what this module is.

pub mod gates;
pub mod mutations;
pub mod queries;
