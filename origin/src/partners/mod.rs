//! Partners and their establishments.

pub mod hours;
pub mod resolvers;
pub mod store;
