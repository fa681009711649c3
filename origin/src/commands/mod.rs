//! Commands that ask a running server and how they print what it says, and the database of the others.

pub(crate) mod cache;
pub(crate) mod database;
pub(crate) mod migrate;
pub(crate) mod purge;
pub(crate) mod server;
mod table;
pub(crate) mod transfer;
