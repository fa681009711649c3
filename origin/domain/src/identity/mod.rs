//! The check of an identity document: a provider looks at the document and keeps it. Here are the state of
//! each check, and of an account whether it is verified, until when, and the year of birth.

pub mod codes;
pub mod input;
pub mod notices;
pub mod provider;
pub mod refusals;
pub mod rules;
#[cfg(any(test, feature = "samples"))]
pub mod samples;
pub mod store;
pub mod tasks;
pub mod turns;
pub mod verification;
