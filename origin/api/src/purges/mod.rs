//! TODO: what this module is.

pub mod affected;
pub mod mutations;
