//! Partners and their establishments.

pub mod resolvers;
pub mod store;
