//! Users: who has an account ([`account`]), what may become of it ([`change`]), and where it is
//! kept ([`store`]); in GraphQL [`resolvers`], [`mutations`] and all of it at once ([`export`]).
//! How they sign in is the `auth` block's.

pub mod account;
pub mod change;
pub mod codes;
pub mod store;
