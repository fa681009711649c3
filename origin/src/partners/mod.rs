//! Partners and their establishments.

pub mod edit;
pub mod hours;
pub mod mutations;
pub mod resolvers;
pub mod rules;
pub mod store;
