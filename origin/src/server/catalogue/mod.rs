//! The catalogue as a whole: filled with samples ([`seed`], of what [`sample`] makes up) or from a
//! file ([`import`]), a partner at a time with all that belongs to it.

pub mod import;
pub mod sample;
pub mod seed;

pub use crate::domain::catalogue::{Added, Announce, CatalogueStore, Family, Reach};
