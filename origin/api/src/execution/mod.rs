//! TODO: what this module is.

pub mod absent;
pub mod cached;
pub mod execute;
pub mod executed;
pub mod order;
pub mod spellings;
