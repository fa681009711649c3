//! The program's larger commands, and how they print what they found.

pub(crate) mod cache;
pub(crate) mod config;
pub(crate) mod migrate;
pub(crate) mod purge;
pub(crate) mod server;
mod table;
