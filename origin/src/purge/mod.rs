//! Purges: who asks for one ([`request`]; by [`resolvers`], [`routes`] or the command line), what
//! it would do ([`affected`]), the outbox's way into the log that gives it its revision
//! ([`log`], in Redis or in [`embedded_log`]), which log counts ([`in_force`]), who purged what
//! ([`audit`]), and where all that is kept ([`store`]).

pub mod affected;
pub mod audit;
pub mod embedded_log;
pub mod in_force;
pub mod log;
pub mod request;
pub mod resolvers;
pub mod routes;
pub mod store;
pub mod trim;

pub use embedded_log::Entry;
pub use log::{Backend, PurgeLog, Role};
pub use request::{PurgeReport, PurgeRequest, PurgeTarget, Reason, Run, request};
pub use store::PurgeStore;
