//! TODO: what this module is.

pub mod calendar;
pub mod ending;
pub mod picture;
pub mod routes;
