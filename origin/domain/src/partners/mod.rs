//! Partners and their establishments.

pub mod codes;
pub mod edit;
pub mod hours;
pub mod rules;
pub mod store;
