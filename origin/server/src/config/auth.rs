//! Password hashing, access tokens, and the signing keys of tokens and QR codes.

use std::{fmt, num::NonZero, thread, time::Duration};

use access::{
    AuthConfig, keys::KeySet, passwords::PasswordsConfig, sessions::SessionsConfig,
    tokens::TokensConfig,
};
use api::environment::Environment;

use super::{Role, Roles, reader::Reader};

const DEFAULT_COST: u32 = 10;
/// Passwords that may queue per password being hashed: about half a second of waiting.
const DEFAULT_WAITING: usize = 8;

/// Reads the settings of passwords and access tokens.
pub(super) fn read(reader: &mut Reader<'_>, environment: Environment, roles: Roles) -> AuthConfig {
    AuthConfig {
        passwords: passwords(reader),
        tokens: tokens(reader, environment, roles),
        sessions: sessions(reader),
    }
}

fn sessions(reader: &mut Reader<'_>) -> SessionsConfig {
    let SessionsConfig { grace } = SessionsConfig::default();
    let grace_s = whole(reader, "YOUSOON_REFRESH_GRACE_S", grace.as_secs(), 0, 300);
    SessionsConfig {
        grace: Duration::from_secs(grace_s),
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

fn tokens(reader: &mut Reader<'_>, environment: Environment, roles: Roles) -> TokensConfig {
    let text = |text: &str| Ok(text.to_owned());
    TokensConfig {
        keys: keys(
            reader,
            // The codes in messages are made with them.
            environment.is_production() && (roles.serves_clients() || roles.has(Role::Jobs)),
            "YOUSOON_JWT_KEYS",
            "is required in production: a key that is made up dies with its process",
        ),
        issuer: reader.or("YOUSOON_JWT_ISSUER", "yousoon".to_owned(), text),
        audience: reader.or("YOUSOON_JWT_AUDIENCE", "yousoon-api".to_owned(), text),
    }
}

/// The keys that sign the QR codes of bookings: `YOUSOON_QR_KEYS`, in the format of
/// `YOUSOON_JWT_KEYS`.
pub(super) fn qr_keys(reader: &mut Reader<'_>, environment: Environment, roles: Roles) -> KeySet {
    keys(
        reader,
        environment.is_production() && roles.serves_clients(),
        "YOUSOON_QR_KEYS",
        "is required in production: codes are shown for longer than a process lives",
    )
}

/// Reads a key set, as PEM blocks or as a JWK set. Without one, the process refuses to start if it is
/// required; otherwise one key is generated.
fn keys(
    reader: &mut Reader<'_>,
    is_required: bool,
    variable: &'static str,
    missing: &'static str,
) -> KeySet {
    let without = "one key is made up, and dies with the process";
    let parse = |text: &str| KeySet::parse(text).map_err(|why| why.to_string());
    let given = reader.optional_masked(variable, without, parse);
    if given.is_none() && is_required {
        reader.require(variable, missing);
    }
    given.unwrap_or_else(KeySet::for_development)
}

/// Reads a number from `least` to `most`, both included.
fn whole<T>(reader: &mut Reader<'_>, variable: &'static str, default: T, least: T, most: T) -> T
where
    T: Copy + fmt::Display + PartialOrd + std::str::FromStr,
{
    reader.or(variable, default, |text| match text.parse() {
        Ok(number) if (least..=most).contains(&number) => Ok(number),
        Ok(_) | Err(_) => Err(format!("{text:?} is not a number from {least} to {most}")),
    })
}
