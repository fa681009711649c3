//! Yousoon's origin: GraphQL over HTTP, the stores behind it, and the purges that keep caches honest.
//!
//! Reading order: [`router`] and [`middleware`] (the door) → [`graphql`] (a request's way) → the
//! functional blocks [`offers`] and [`partners`] (store, resolvers, events) → [`embedded`] (the
//! database; [`mongo`] is the ground of a second one) → [`caches`] (what is kept) → [`purge`] (the
//! log) and [`relay`] (its way to the edge) → [`documents`] (what may be asked) → [`admin`],
//! [`inspect`] and [`metrics`] (what operators ask).
//! [`config`], [`state`] and [`server`] put it together.

pub mod admin;
pub mod caches;
pub mod config;
pub mod cors;
pub mod documents;
pub mod domain;
pub mod embedded;
pub mod graphql;
pub mod import;
pub mod inspect;
pub mod metrics;
pub mod middleware;
pub mod mongo;
pub mod offers;
pub mod partners;
pub mod purge;
pub mod relay;
pub mod router;
pub mod seed;
pub mod server;
pub mod state;
pub mod telemetry;
