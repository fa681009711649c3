//! Delivers purges: a [`request`] becomes a row of the outbox, the row gets its revision in the
//! [`log`] (in Redis, or in the embedded database), and [`relay`] sends it to every edge. [`trim`]
//! deletes old records.

pub mod log;
pub mod relay;
pub mod request;
pub mod trim;

pub use log::{Backend, PurgeLog};
pub use request::{Afterwards, PurgeReport, PurgeRequest, PurgeTarget, Reason, Run, request};
