//! TODO: what this module is.

pub mod directives;
pub mod moment;
pub mod offer;
pub mod page;
pub mod partner;
pub mod place;
