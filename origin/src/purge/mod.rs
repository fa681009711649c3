//! Purges: who asks for one ([`request`]), and the log that gives it its revision ([`log`]).

pub mod log;
pub mod request;
pub mod resolvers;
pub mod sweeper;

pub use log::PurgeLog;
pub use request::{PurgeReport, PurgeRequest, PurgeTarget, Reason, Run, request};
