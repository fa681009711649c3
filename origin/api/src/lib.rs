//! TODO: what this module is.

pub mod auth;
pub mod bookings;
pub mod caches;
pub mod documents;
pub mod environment;
pub mod execution;
pub mod live;
pub mod nodes;
pub mod offers;
pub mod partners;
pub mod purges;
pub mod request;
pub mod schema;
pub mod services;
pub mod stats;
pub mod team;
pub mod users;
