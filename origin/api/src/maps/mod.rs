//! Maps: where addresses are, what a text may mean, and how long the way to offers takes.

mod metrics;
pub mod queries;
pub mod service;
