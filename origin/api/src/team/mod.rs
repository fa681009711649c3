//! Members of a partner, and invitations.

pub mod mutations;
pub mod queries;
