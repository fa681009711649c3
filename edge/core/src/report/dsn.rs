//! The address of a project of Sentry: `https://<public key>@<host>[/<path>]/<project>`.

use thiserror::Error;

/// Where reports are sent, and with which key.
#[derive(Clone, PartialEq, Eq)]
pub struct Dsn {
    endpoint: String,
    key: String,
}

/// The key is the right to send reports.
impl std::fmt::Debug for Dsn {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Dsn").finish_non_exhaustive()
    }
}

/// Why a text is no DSN. The text is not repeated, as it may have a key in it.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("it must have the form https://<key>@<host>/<project>")]
pub struct InvalidDsn;

impl std::str::FromStr for Dsn {
    type Err = InvalidDsn;

    fn from_str(text: &str) -> Result<Self, InvalidDsn> {
        let (scheme, rest) = text.trim().split_once("://").ok_or(InvalidDsn)?;
        let (keys, place) = rest.split_once('@').ok_or(InvalidDsn)?;
        // An old DSN has a secret key behind a colon, which is not sent any more.
        let key = keys.split(':').next().unwrap_or_default();
        let (place, project) = place.rsplit_once('/').ok_or(InvalidDsn)?;
        let (host, path) = place.split_once('/').unwrap_or((place, ""));
        let is = |text: &str, allowed: fn(&u8) -> bool| {
            !text.is_empty() && text.as_bytes().iter().all(allowed)
        };
        let is_sound = matches!(scheme, "https" | "http")
            && is(key, u8::is_ascii_alphanumeric)
            && is(host, |byte| {
                byte.is_ascii_alphanumeric() || b".-:[]".contains(byte)
            })
            && path
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"._-/".contains(&byte))
            && is(project, u8::is_ascii_digit);
        if !is_sound {
            return Err(InvalidDsn);
        }
        Ok(Self {
            endpoint: format!("{scheme}://{place}/api/{project}/envelope/"),
            key: key.to_owned(),
        })
    }
}

impl Dsn {
    /// The URL that envelopes are posted to.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The value of `X-Sentry-Auth`. `agent` is the sender's name and version.
    pub fn auth(&self, agent: &str) -> String {
        let key = &self.key;
        format!("Sentry sentry_version=7, sentry_client={agent}, sentry_key={key}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dsn_names_the_endpoint_and_the_key() {
        for (text, endpoint) in [
            (
                "https://0a1b@o1.ingest.de.sentry.io/45",
                "https://o1.ingest.de.sentry.io/api/45/envelope/",
            ),
            (
                " http://0a1b:geheim@127.0.0.1:9000/7\n",
                "http://127.0.0.1:9000/api/7/envelope/",
            ),
            (
                "https://0a1b@example.com/errors/of/7",
                "https://example.com/errors/of/api/7/envelope/",
            ),
            ("http://0a1b@[::1]:80/7", "http://[::1]:80/api/7/envelope/"),
        ] {
            let dsn: Dsn = text.parse().unwrap();
            assert_eq!(dsn.endpoint(), endpoint);
            assert_eq!(
                dsn.auth("edge/1"),
                "Sentry sentry_version=7, sentry_client=edge/1, sentry_key=0a1b"
            );
            assert!(!format!("{dsn:?}").contains("0a1b"));
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "o1.ingest.sentry.io",
            "https://o1.ingest.sentry.io/45",
            "https://@o1.ingest.sentry.io/45",
            "https://0a1b@/45",
            "https://0a1b@o1.ingest.sentry.io",
            "https://0a1b@o1.ingest.sentry.io/",
            "https://0a1b@o1.ingest.sentry.io/x",
            "https://0a1b@o1.ingest.sentry.io/45?x=1",
            "https://0a1b@o1 ingest/45",
            "https://0a1b, x=1@o1.ingest.sentry.io/45",
            "ftp://0a1b@o1.ingest.sentry.io/45",
        ] {
            assert_eq!(text.parse::<Dsn>(), Err(InvalidDsn), "{text}");
        }
    }
}
