//! TODO: what this module is.

pub mod doors;
pub(crate) mod input;
pub mod mutations;
pub mod proving;
pub mod queries;
pub mod sign_in;
