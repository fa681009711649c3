//! Partners and their establishments.

pub mod store;
