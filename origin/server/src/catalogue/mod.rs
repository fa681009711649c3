//! Fills the catalogue: [`sheet`] from partners' own files, [`import`] with what is made of places;
//! `domain::catalogue` reads both, and makes sample data.

pub mod import;
pub mod sheet;

pub use domain::catalogue::{Added, Announce, CatalogueStore, Family, Reach};
