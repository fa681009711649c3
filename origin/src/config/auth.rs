//! Passwords, tokens and the keys that sign them.

use std::{num::NonZero, thread};

use super::{ConfigError, Lookup, given, number};
use crate::{auth::keys::KeySet, outgoing::Telling};

const DEFAULT_COST: u32 = 10;
/// How many passwords may wait for each that is worked on: half a second of waiting, about.
const DEFAULT_WAITING: usize = 8;

#[derive(Clone, Debug)]
pub struct AuthConfig {
    pub passwords: PasswordsConfig,
    pub tokens: TokensConfig,
    /// Whether messages that are not sent are told to the log: not in production.
    pub telling: Telling,
}

#[derive(Clone, Debug)]
pub struct PasswordsConfig {
    /// bcrypt's cost: `YOUSOON_BCRYPT_COST`, default 10, 4 to 15.
    pub cost: u32,
    /// How many passwords are hashed at once: `YOUSOON_BCRYPT_AT_ONCE`, default half of the cores.
    pub at_once: usize,
    /// How many more may wait: `YOUSOON_BCRYPT_WAITING`, default eight for each at once. Whoever
    /// comes after them is refused.
    pub waiting: usize,
}

#[derive(Clone, Debug)]
pub struct TokensConfig {
    /// The keys of access tokens: `YOUSOON_JWT_KEYS`, PEM blocks or a JWK set; the first private
    /// one signs, all of them verify. Default, except in production: one that lives as long as the
    /// process.
    pub keys: KeySet,
    /// Who issues access tokens: `YOUSOON_JWT_ISSUER`, default `yousoon`.
    pub issuer: String,
    /// Whom they are for: `YOUSOON_JWT_AUDIENCE`, default `yousoon-api`.
    pub audience: String,
}

impl AuthConfig {
    pub(super) fn from_lookup(lookup: Lookup<'_>) -> Result<Self, ConfigError> {
        Ok(Self {
            passwords: PasswordsConfig::from_lookup(lookup)?,
            tokens: TokensConfig::from_lookup(lookup)?,
            telling: if is_production(lookup)? {
                Telling::Nothing
            } else {
                Telling::All
            },
        })
    }
}

impl PasswordsConfig {
    fn from_lookup(lookup: Lookup<'_>) -> Result<Self, ConfigError> {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        let count = |variable, most| -> Result<Option<usize>, ConfigError> {
            let number = number(lookup, variable, 1..=most)?;
            Ok(number.and_then(|number| usize::try_from(number).ok()))
        };
        let at_once = count("YOUSOON_BCRYPT_AT_ONCE", 256)?.unwrap_or_else(|| (cores / 2).max(1));
        let cost = number(lookup, "YOUSOON_BCRYPT_COST", 4..=15)?;
        Ok(Self {
            cost: cost
                .and_then(|cost| u32::try_from(cost).ok())
                .unwrap_or(DEFAULT_COST),
            at_once,
            waiting: count("YOUSOON_BCRYPT_WAITING", 10_000)?.unwrap_or(at_once * DEFAULT_WAITING),
        })
    }
}

impl TokensConfig {
    fn from_lookup(lookup: Lookup<'_>) -> Result<Self, ConfigError> {
        let variable = "YOUSOON_JWT_KEYS";
        let keys = match given(lookup, variable) {
            // Never the value itself: this line is printed.
            Some(text) => {
                KeySet::parse(&text).map_err(|why| ConfigError::new(variable, why.to_string()))?
            }
            None if is_production(lookup)? => {
                return Err(ConfigError::new(
                    variable,
                    "is required in production: a key that is made up dies with its process",
                ));
            }
            None => KeySet::for_development(),
        };
        let word = |variable, default: &str| given(lookup, variable).unwrap_or(default.to_owned());
        Ok(Self {
            keys,
            issuer: word("YOUSOON_JWT_ISSUER", "yousoon"),
            audience: word("YOUSOON_JWT_AUDIENCE", "yousoon-api"),
        })
    }
}

/// Where this runs: `YOUSOON_ENV`, development (default) or production.
fn is_production(lookup: Lookup<'_>) -> Result<bool, ConfigError> {
    let variable = "YOUSOON_ENV";
    match given(lookup, variable).as_deref() {
        None | Some("development") => Ok(false),
        Some("production") => Ok(true),
        Some(other) => Err(ConfigError::new(
            variable,
            format!("{other:?} is neither development nor production"),
        )),
    }
}
