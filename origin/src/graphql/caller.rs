//! Who asks, as far as this origin knows people: the service token, so far.

use http::{HeaderMap, header::AUTHORIZATION};
use subtle::ConstantTimeEq;

use crate::config::AdminConfig;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// No credentials.
    Anonymous,
    /// Credentials that are not ours.
    Unknown,
    /// The service token.
    Service,
}

impl Caller {
    /// The word in logs and in the audit.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::Unknown => "unknown credentials",
            Self::Service => "service token",
        }
    }

    /// Reads `Authorization: Bearer …`.
    pub fn of(headers: &HeaderMap, config: &AdminConfig) -> Self {
        let Some(given) = headers.get(AUTHORIZATION) else {
            return Self::Anonymous;
        };
        let bearer = given.to_str().ok().and_then(|value| {
            let (scheme, token) = value.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
        });
        match (bearer, &config.token) {
            // In constant time: how long a comparison takes tells nothing of the token.
            (Some(token), Some(known)) if bool::from(token.as_bytes().ct_eq(known.expose())) => {
                Self::Service
            }
            (Some(_) | None, Some(_) | None) => Self::Unknown,
        }
    }
}
