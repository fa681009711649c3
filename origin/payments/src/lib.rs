//! Payments of bookings, between the database and a provider.
//!
//! 1. `starting.rs` makes the intent that a guest's app pays.
//! 2. `working.rs` does the tasks: asks the provider how something is, cancels, refunds.
//! 3. `accounts.rs` leads partners through what the provider asks of them.
//! 4. `polling.rs` has looked at what no report came of, and `reconciling.rs` compares the provider's
//!    books with the ledger, each on the server that holds the lease.
//!
//! `domain::payments` decides what an answer of the provider means, and stores it in one transaction.
//! Nothing here believes a report: each is a reason to ask.

mod accounts;
mod asking;
mod metrics;
mod polling;
mod reconciling;
mod shared;
mod starting;
mod working;

pub use accounts::NoAccount;
pub use reconciling::{ReconcileError, Reconciled};
pub use shared::{Now, Parts, Payments};
pub use starting::{NotStarted, ToPay};
