//! Passwords, tokens and the keys that sign them.

use std::{fmt, num::NonZero, thread};

use super::{environment::Environment, reader::Reader};
use crate::{access::keys::KeySet, providers::outgoing::Telling};

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
    pub(super) fn read(reader: &mut Reader<'_>, environment: Environment) -> Self {
        Self {
            passwords: PasswordsConfig::read(reader),
            tokens: TokensConfig::read(reader, environment),
            telling: match environment {
                Environment::Production => Telling::Nothing,
                Environment::Development => Telling::All,
            },
        }
    }
}

impl PasswordsConfig {
    fn read(reader: &mut Reader<'_>) -> Self {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        let cost = whole(reader, "YOUSOON_BCRYPT_COST", DEFAULT_COST, 4, 15);
        let at_once = whole(reader, "YOUSOON_BCRYPT_AT_ONCE", (cores / 2).max(1), 1, 256);
        let waiting = at_once * DEFAULT_WAITING;
        Self {
            cost,
            at_once,
            waiting: whole(reader, "YOUSOON_BCRYPT_WAITING", waiting, 1, 10_000),
        }
    }
}

impl TokensConfig {
    fn read(reader: &mut Reader<'_>, environment: Environment) -> Self {
        let variable = "YOUSOON_JWT_KEYS";
        let without = "one key is made up, and dies with the process";
        let parse = |text: &str| KeySet::parse(text).map_err(|why| why.to_string());
        let given = reader.optional_masked(variable, without, parse);
        if given.is_none() && environment.is_production() {
            reader.require(
                variable,
                "is required in production: a key that is made up dies with its process",
            );
        }
        let text = |text: &str| Ok(text.to_owned());
        Self {
            keys: given.unwrap_or_else(KeySet::for_development),
            issuer: reader.or("YOUSOON_JWT_ISSUER", "yousoon".to_owned(), text),
            audience: reader.or("YOUSOON_JWT_AUDIENCE", "yousoon-api".to_owned(), text),
        }
    }
}

/// A number from `least` to `most`.
fn whole<T>(reader: &mut Reader<'_>, variable: &'static str, default: T, least: T, most: T) -> T
where
    T: Copy + fmt::Display + PartialOrd + std::str::FromStr,
{
    reader.or(variable, default, |text| match text.parse() {
        Ok(number) if (least..=most).contains(&number) => Ok(number),
        Ok(_) | Err(_) => Err(format!("{text:?} is not a number from {least} to {most}")),
    })
}
