//! Purges: who asks for one ([`request`]; by [`resolvers`], [`routes`] or the command line), what
//! it would do ([`affected`]), the outbox's way into the log that gives it its revision
//! ([`log`], in Redis or in [`embedded_log`]), which log counts ([`in_force`]), who purged what
//! ([`audit`]), and where all that is kept ([`store`]).

pub mod log;
pub mod relay;
pub mod request;
pub mod trim;

pub use log::{Backend, PurgeLog};
pub use request::{PurgeReport, PurgeRequest, PurgeTarget, Reason, Run, request};
