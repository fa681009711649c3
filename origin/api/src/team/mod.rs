//! The members of a partner's team, and invitations to it.

pub mod mutations;
pub mod places;
pub mod queries;
