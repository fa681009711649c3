//! Auth: how somebody proves who they are.
//!
//! Reading order: [`passwords`] (bcrypt on a bounded pool) → [`keys`] and [`tokens`] (access tokens,
//! fifteen minutes) → [`sessions`] (refresh tokens, seven days) → [`standing`] (whether an account
//! may still be used). In GraphQL: [`mutations`], whose steps are [`sign_in`], and [`resolvers`].

pub mod keys;
pub mod mutations;
pub mod passwords;
pub(crate) mod random;
pub mod resolvers;
pub mod routes;
pub mod sessions;
pub(crate) mod sign_in;
pub mod standing;
pub mod tokens;

use std::sync::Arc;

use passwords::{PasswordError, Passwords};
use sessions::Sessions;
use standing::Standings;
use tokens::AccessTokens;

use crate::{config::AuthConfig, users::store::UserStore};

/// What signing in needs.
#[derive(Debug)]
pub struct Auth {
    pub passwords: Passwords,
    pub tokens: AccessTokens,
    pub sessions: Arc<dyn Sessions>,
    pub standings: Standings,
}

impl Auth {
    pub fn new(
        config: &AuthConfig,
        users: Arc<dyn UserStore>,
        sessions: Arc<dyn Sessions>,
    ) -> Result<Self, PasswordError> {
        Ok(Self {
            passwords: Passwords::new(&config.passwords)?,
            tokens: AccessTokens::new(&config.tokens),
            sessions,
            standings: Standings::new(users),
        })
    }
}
