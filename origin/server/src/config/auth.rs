//! Passwords, tokens and the keys that sign them.

use std::{fmt, num::NonZero, thread};

use access::{AuthConfig, keys::KeySet, passwords::PasswordsConfig, tokens::TokensConfig};
use api::environment::Environment;

use super::reader::Reader;

const DEFAULT_COST: u32 = 10;
/// How many passwords may wait for each that is worked on: half a second of waiting, about.
const DEFAULT_WAITING: usize = 8;

/// Passwords and access tokens, and the operators' token of the environment.
pub(super) fn read(reader: &mut Reader<'_>, environment: Environment) -> AuthConfig {
    AuthConfig {
        passwords: passwords(reader),
        tokens: tokens(reader, environment),
    }
}

fn passwords(reader: &mut Reader<'_>) -> PasswordsConfig {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let cost = whole(reader, "YOUSOON_BCRYPT_COST", DEFAULT_COST, 4, 15);
    let at_once = whole(reader, "YOUSOON_BCRYPT_AT_ONCE", (cores / 2).max(1), 1, 256);
    let waiting = at_once * DEFAULT_WAITING;
    PasswordsConfig {
        cost,
        at_once,
        waiting: whole(reader, "YOUSOON_BCRYPT_WAITING", waiting, 1, 10_000),
    }
}

fn tokens(reader: &mut Reader<'_>, environment: Environment) -> TokensConfig {
    let text = |text: &str| Ok(text.to_owned());
    TokensConfig {
        keys: keys(
            reader,
            environment,
            "YOUSOON_JWT_KEYS",
            "is required in production: a key that is made up dies with its process",
        ),
        issuer: reader.or("YOUSOON_JWT_ISSUER", "yousoon".to_owned(), text),
        audience: reader.or("YOUSOON_JWT_AUDIENCE", "yousoon-api".to_owned(), text),
    }
}

/// `YOUSOON_QR_KEYS`, as `YOUSOON_JWT_KEYS`: the keys of the QR codes of bookings.
pub(super) fn qr_keys(reader: &mut Reader<'_>, environment: Environment) -> KeySet {
    keys(
        reader,
        environment,
        "YOUSOON_QR_KEYS",
        "is required in production: codes are shown for longer than a process lives",
    )
}

/// A set of keys, PEM blocks or a JWK set; outside production one key is made up if none is given.
fn keys(
    reader: &mut Reader<'_>,
    environment: Environment,
    variable: &'static str,
    missing: &'static str,
) -> KeySet {
    let without = "one key is made up, and dies with the process";
    let parse = |text: &str| KeySet::parse(text).map_err(|why| why.to_string());
    let given = reader.optional_masked(variable, without, parse);
    if given.is_none() && environment.is_production() {
        reader.require(variable, missing);
    }
    given.unwrap_or_else(KeySet::for_development)
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
