//! Authentication and rate limits: who the caller is, how callers prove it, how often they may
//! call.
//!
//! Reading order: [`caller`] (the user or service that sends a request) → [`tokens`] and [`keys`]
//! (access tokens, 15 minutes) → [`sessions`] and [`redis_sessions`] (refresh tokens, 7 days) →
//! [`standing`] (whether an account may still be used, and a session goes on) → [`passwords`] (bcrypt on a bounded pool) →
//! [`codes`] (six-digit codes and links sent to users) → [`unsubscribing`] (links that switch e-mails
//! off) → [`devices`] (which device somebody signs in from) → [`service_tokens`]. [`peer`] determines
//! the client's address, [`rate`] counts requests, [`qr`] signs the QR codes of bookings, [`pseudonyms`]
//! names people for product events.

pub mod caller;
pub mod codes;
pub mod devices;
pub mod keys;
pub mod language;
pub mod passwords;
pub mod peer;
pub mod pseudonyms;
pub mod qr;
pub mod random;
pub mod rate;
pub mod redis_sessions;
pub mod service_tokens;
pub mod sessions;
pub mod standing;
pub mod tokens;
pub mod unsubscribing;

use std::sync::Arc;

use codes::Codes;
use devices::DeviceHashes;
use domain::{
    auth::{
        codes::CodeStore, known_devices::KnownDevices, service_tokens::ServiceTokenStore,
        sessions::Sessions,
    },
    secret::Secret,
    users::store::UserStore,
};
use passwords::{PasswordError, Passwords};
use service_tokens::ServiceTokens;
use sessions::RefreshTokens;
use standing::Standings;
use tokens::AccessTokens;
use unsubscribing::Unsubscribing;

#[derive(Clone, Debug)]
pub struct AuthConfig {
    pub passwords: passwords::PasswordsConfig,
    pub tokens: tokens::TokensConfig,
    pub sessions: sessions::SessionsConfig,
}

/// Everything that authentication needs.
#[derive(Debug)]
pub struct Auth {
    /// A bearer token with every scope, in addition to those in the database.
    admin_token: Option<Secret>,
    pub passwords: Passwords,
    pub tokens: AccessTokens,
    pub refresh_tokens: RefreshTokens,
    pub sessions: Arc<dyn Sessions>,
    pub standings: Standings,
    pub service_tokens: ServiceTokens,
    pub codes: Codes,
    pub code_store: Arc<dyn CodeStore>,
    pub unsubscribing: Unsubscribing,
    pub device_hashes: DeviceHashes,
    pub known_devices: Arc<dyn KnownDevices>,
}

impl Auth {
    pub fn new(
        config: &AuthConfig,
        admin_token: Option<Secret>,
        users: Arc<dyn UserStore>,
        sessions: Arc<dyn Sessions>,
        code_store: Arc<dyn CodeStore>,
        known_devices: Arc<dyn KnownDevices>,
        service_tokens: Arc<dyn ServiceTokenStore>,
    ) -> Result<Self, PasswordError> {
        Ok(Self {
            admin_token,
            passwords: Passwords::new(&config.passwords)?,
            tokens: AccessTokens::new(&config.tokens),
            standings: Standings::new(users, Arc::clone(&sessions)),
            refresh_tokens: RefreshTokens::new(
                config.tokens.keys.derived_secret("refresh tokens"),
                config.sessions,
            ),
            sessions,
            service_tokens: ServiceTokens::new(service_tokens),
            codes: Codes::new(config.tokens.keys.derived_secret("codes")),
            code_store,
            unsubscribing: Unsubscribing::new(&config.tokens.keys),
            device_hashes: DeviceHashes::new(&config.tokens.keys),
            known_devices,
        })
    }
}
