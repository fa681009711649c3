//! Persisted documents and GraphQL over HTTP. Edge and origin share this code, so both read a
//! request in the same way.
//!
//! Pure: no clock, no I/O, no randomness. Reading order: [`hash`] (a document's id) → [`policy`]
//! (what may be cached) → [`split`] (documents that are partly private) → [`manifest`] (the published
//! documents) → [`limits`] (maximum sizes) → [`media`] (media types) → [`error`] (refusals, their codes and statuses) → [`encoding`] (unpacks a
//! body) → [`request`] (parses a client's request) → [`negotiate`] (how it is answered) and
//! [`security`] (security headers); [`websocket`] (what clients of subscriptions say). The feature
//! `compile` adds `compile`, which validates a document against a schema and decides its policy; for
//! native targets only.

#[cfg(feature = "compile")]
pub mod compile;
pub mod encoding;
pub mod error;
pub mod hash;
pub mod limits;
pub mod manifest;
pub mod media;
pub mod nearest;
pub mod negotiate;
pub mod policy;
pub mod request;
pub mod security;
pub mod split;
pub mod websocket;

pub use error::{ErrorCode, Refusal};
pub use hash::DocumentHash;
pub use manifest::{Clients, Manifest, Operation};
pub use media::MediaType;
pub use negotiate::{Accepted, Form};
pub use policy::CachePolicy;
pub use request::{DocumentRef, GraphqlRequest};
