//! TODO: what this module is.

pub mod absent;
pub mod cached;
pub mod execute;
pub mod order;
pub mod spellings;
