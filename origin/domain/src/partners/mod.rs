//! Partners and their establishments.

pub mod codes;
pub mod edit;
pub mod ending;
pub mod hours;
pub mod refusals;
pub mod review;
pub mod rules;
pub mod siret;
pub mod standing;
pub mod store;
