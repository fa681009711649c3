//! Users: who has an account ([`account`]), what may become of it ([`change`]), and where it is
//! kept ([`store`]). How they sign in is the `auth` block's.

pub mod account;
pub mod change;
pub mod store;
