//! Users: the account ([`account`]), its changes ([`change`]), and where it is stored ([`store`]).
//! Signing in belongs to the `auth` block; queries, mutations and the data export are in
//! `api::users`.

pub mod account;
pub mod change;
pub mod codes;
pub mod consents;
pub mod membership;
pub mod profile;
pub mod store;
