//! Profiles, favourites, consents, export and erasure.

pub mod export;
pub mod mutations;
pub mod queries;
