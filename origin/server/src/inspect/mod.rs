//! Read-only inspection of the caches for operators: why a request is answered from a cache or not
//! ([`explain`], asking the edges through [`edges`]), and hit rates and sizes ([`stats`]).
//! [`routes`] serves both over HTTP.

pub mod edges;
pub mod explain;
pub mod routes;
pub mod stats;
