//! The GraphQL API: schema, resolvers, published documents, execution and cached answers.
//!
//! Layers, each below the next: [`request`] (context, authorisation, loaders) → [`nodes`] (object
//! types) → one folder a block ([`auth`], [`users`], [`partners`], [`offers`], [`bookings`], [`payments`],
//! [`notifications`], [`news`], [`pictures`], [`identity`], [`reviews`], [`team`], [`maps`], [`analytics`], [`stats`], [`purges`],
//! [`live`]) → [`schema`] → [`execution`] (runs a document, answers from the cache). [`services`] is all that
//! resolvers may use. Nothing here knows HTTP.

// An optimized build computes the layout of the future of each root field. They nest deeper than the
// compiler's own limit of 128.
#![recursion_limit = "256"]

pub mod analytics;
pub mod auth;
pub mod bookings;
pub mod caches;
pub mod documents;
pub mod environment;
pub mod execution;
pub mod identity;
pub mod lists;
pub mod live;
pub mod maps;
pub mod news;
pub mod nodes;
pub mod notifications;
pub mod offers;
pub mod operators;
pub mod partners;
pub mod payments;
pub mod pictures;
pub mod purges;
pub mod request;
pub mod reviews;
pub mod schema;
pub mod services;
pub mod site;
pub mod stats;
pub mod team;
pub mod users;
