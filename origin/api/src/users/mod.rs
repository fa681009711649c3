//! Users: profiles, favourites, consents, data export and erasure.

pub mod export;
pub mod mutations;
pub mod queries;
