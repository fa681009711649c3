//! Users: profiles, favourites, consents, data export and erasure.

pub mod erasing;
pub mod export;
pub mod mutations;
pub mod queries;
