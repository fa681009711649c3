//! Stripe, as far as Yousoon uses it: intents that a guest pays, refunds, partners' accounts, disputes,
//! payouts, idempotency keys, books of its own, and signed reports.
//!
//! `books.rs` has the objects and the money; `api.rs` is the wire; `objects.rs` writes the objects as JSON;
//! `reports.rs` sends reports; `control.rs` takes orders; `page.rs` is for developers who pay by hand.

mod api;
mod books;
mod chaos;
mod control;
mod intents;
mod objects;
mod page;
mod partners;
mod reporting;
mod reports;

pub use books::{Books, IntentEntry, RefundEntry};
pub use chaos::Chaos;

pub(crate) use api::routes;
pub(crate) use books::Stripe;
pub(crate) use control::routes as control_routes;
pub(crate) use page::routes as page_routes;
