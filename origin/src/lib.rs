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

pub mod admin;
pub mod auth;
pub mod caches;
pub mod catalogue;
pub mod config;
pub mod connections;
pub mod cors;
pub mod database;
pub mod documents;
pub mod domain;
pub mod embedded;
pub mod gateway;
pub mod graphql;
pub mod inspect;
pub mod live;
pub mod metrics;
pub mod middleware;
pub mod mongo;
pub mod offers;
pub mod outgoing;
pub mod outings;
pub mod paris;
pub mod partners;
pub mod purge;
pub mod relay;
pub mod router;
pub mod server;
pub mod state;
pub mod stats;
pub mod team;
pub mod telemetry;
pub mod transfer;
pub mod users;
