//! Fills the catalogue from a file; samples come from `domain::catalogue`.

pub mod import;

pub use domain::catalogue::{Added, Announce, CatalogueStore, Family, Reach};
