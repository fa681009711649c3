//! Fills the catalogue from a CSV file; `domain::catalogue` makes sample data.

pub mod import;

pub use domain::catalogue::{Added, Announce, CatalogueStore, Family, Reach};
