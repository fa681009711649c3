//! Yousoon's origin: GraphQL over HTTP, the stores behind it, and the purges that keep caches honest.
//!
//! Reading order: [`router`] and [`middleware`] (the door) → [`gateway`] (who asks, and how much) →
//! [`graphql`] (a request's way) → the
//! functional blocks [`offers`] and [`partners`] (store, resolvers, events) and who fills them
//! ([`catalogue`]) → [`database`] (the stores of one backend) → [`embedded`] (that of SQLite) and
//! [`mongo`] (that of MongoDB) → [`caches`] (what is kept) → [`purge`] (the log) and [`relay`] (its
//! way to the edge) → [`documents`] (what may be asked) → [`admin`], [`inspect`] and [`metrics`]
//! (what operators ask).
//! [`config`], [`state`] and [`server`] put it together; [`connections`] is where clients come in.

pub mod access;
pub mod api;
pub mod domain;
pub mod providers;
pub mod purging;
pub mod server;
pub mod store_mongo;
pub mod store_sqlite;
