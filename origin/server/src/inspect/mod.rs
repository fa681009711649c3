//! The caches, for people: why a question is answered out of them or not ([`explain`], with the
//! edges' part in [`edges`]), and how well they do ([`stats`]). Read only; [`routes`] is the door.

pub mod edges;
pub mod explain;
pub mod routes;
pub mod stats;
