//! Purges: who asks for one ([`request`]), the log that gives it its revision ([`log`]), and who
//! purged what ([`audit`]).

pub mod audit;
pub mod log;
pub mod request;
pub mod resolvers;
pub mod sweeper;

pub use log::PurgeLog;
pub use request::{PurgeReport, PurgeRequest, PurgeTarget, Reason, Run, request};
