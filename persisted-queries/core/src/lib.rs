//! Persisted documents and GraphQL over HTTP, as edge and origin both read them.
//!
//! Pure: no clock, no I/O, no randomness. Reading order: [`hash`] (a document's name) →
//! [`policy`] (what may be cached) → [`manifest`] (documents and all that is known of them) →
//! [`limits`] (how large anything may be) → [`request`] (what a client asks) → [`error`] (every refusal, its code and its status) →
//! [`negotiate`] (which media type answers) and [`security`] (what browsers are told). Feature `compile` adds `compile`: validation against
//! a schema and the policy of a document; native tools only.

#[cfg(feature = "compile")]
pub mod compile;
pub mod error;
pub mod hash;
pub mod limits;
pub mod manifest;
pub mod negotiate;
pub mod policy;
pub mod request;
pub mod security;

pub use error::{ErrorCode, Refusal};
pub use hash::DocumentHash;
pub use manifest::{Manifest, Operation};
pub use negotiate::MediaType;
pub use policy::CachePolicy;
pub use request::{DocumentRef, GraphqlRequest};
