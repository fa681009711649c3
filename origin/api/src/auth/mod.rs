//! Authentication: each mutation checks its input and runs one step of [`sign_in`] or [`proving`].
//! Rate limits ([`crate::request::attempts`]) come first.

pub mod changing_email;
pub(crate) mod input;
pub mod mutations;
pub mod proving;
pub mod queries;
pub mod sign_in;
