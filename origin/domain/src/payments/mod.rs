//! Payments: a booking of an offer with a price is paid before it is confirmed.
//!
//! Reading order: [`money`] → [`price`] (what an offer asks for, and what a booking keeps of that) →
//! [`payment`] and [`refund`] (their states) → [`ledger`] (where the money is) → [`partner_account`] (who
//! is paid) → [`provider`] (who moves the money) → [`work`] (what is left for workers) →
//! [`refusals`] → [`store`] → [`writes`] (what the stores' writes decide) → [`reconciling`].
//!
//! The provider alone knows whether money was paid. What it reports is a hint to ask it; what it
//! answers is applied in one transaction with the booking, the ledger and the tasks that follow.

pub mod codes;
pub mod cursors;
pub mod ledger;
pub mod money;
pub mod partner_account;
pub mod payment;
pub mod price;
pub mod provider;
pub mod reconciling;
pub mod refund;
pub mod refusals;
pub mod store;
pub mod work;
pub mod writes;
