//! Auth: how somebody proves who they are.
//!
//! Reading order: [`passwords`] (bcrypt on a bounded pool) → [`keys`] and [`tokens`] (access tokens,
//! fifteen minutes) → [`sessions`] (refresh tokens, seven days) → [`standing`] (whether an account
//! may still be used).

pub mod keys;
pub mod passwords;
pub(crate) mod random;
pub mod sessions;
pub mod standing;
pub mod tokens;
