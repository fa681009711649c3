//! TODO: what this module is.

pub mod outgoing;
