//! Purges: who asks for one ([`request`]; by [`resolvers`], [`routes`] or the command line), what
//! it would do ([`affected`]), the outbox's way into the log that gives it its revision
//! ([`log`], in Redis or in [`embedded_log`]), which log counts ([`in_force`]), and who purged what
//! ([`audit`]).

pub mod affected;
pub mod audit;
pub mod embedded_log;
pub mod in_force;
pub mod log;
pub mod request;
pub mod resolvers;
pub mod routes;
pub mod trim;

pub use embedded_log::Entry;
pub use log::{Backend, PurgeLog, Role};
pub use request::{PurgeReport, PurgeRequest, PurgeTarget, Reason, Run, request};
