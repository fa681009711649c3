//! What the fields of every request use; the layer below all object types.
//!
//! Reading order: [`context`] (one request) → [`policy`] and [`authorise`] (who may read or write
//! what) → [`loaders`] and [`review_loaders`] (one batch per relation) → [`loads`] (when they run) → [`facts`] (what the
//! answer depends on) → [`errors`], in the language of its [`reader`]. For inputs: [`idempotency`] and
//! [`input`]. Stricter rate limits: [`attempts`]. Staff of some establishments: [`places`]. After a write: [`relaying`].

pub mod attempts;
pub mod authorise;
pub mod context;
pub mod days;
pub mod errors;
pub mod facts;
pub mod idempotency;
pub mod input;
pub mod loaders;
pub mod loads;
pub(crate) mod places;
pub mod policy;
pub mod reader;
pub mod relaying;
pub mod review_loaders;
