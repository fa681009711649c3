//! The block of the showcase site: pages by their slugs.

pub mod cities;
pub mod queries;
