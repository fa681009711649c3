//! Everything that can be set from outside, one struct per section; a contradiction fails the boot.

mod auth;

use std::{
    env, fmt,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Duration,
};

use reqwest::Url;

pub use auth::{AuthConfig, PasswordsConfig, TokensConfig};

use crate::caches::DEFAULT_REDIS_WITHIN;

const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);
/// The fewest bytes of a secret: fewer can be guessed.
const MIN_SECRET_BYTES: usize = 16;

/// One clear line on what is wrong with the environment.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{variable}: {why}")]
pub struct ConfigError {
    variable: &'static str,
    why: String,
}

impl ConfigError {
    fn new(variable: &'static str, why: impl Into<String>) -> Self {
        Self {
            variable,
            why: why.into(),
        }
    }
}

/// Bytes that no log shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl Secret {
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The whole configuration of `yousoon serve`; the data folder is a command-line option.
#[derive(Clone, Debug)]
pub struct Config {
    pub http: HttpConfig,
    pub documents: DocumentsConfig,
    pub cache: CacheConfig,
    pub admin: AdminConfig,
    pub auth: AuthConfig,
    pub edge: EdgeConfig,
    pub metrics: MetricsConfig,
}

#[derive(Clone, Debug)]
pub struct HttpConfig {
    /// Where to listen: `YOUSOON_LISTEN`, default 127.0.0.1:8080.
    pub listen: SocketAddr,
}

#[derive(Clone, Debug)]
pub struct DocumentsConfig {
    /// Which documents are executed, enforce | audit | off: `YOUSOON_DOCUMENT_MODE`, default enforce.
    pub mode: DocumentMode,
}

#[derive(Clone, Debug)]
pub struct CacheConfig {
    /// The second tier and the purge log, redis:// or rediss://: `YOUSOON_REDIS_URL`, default none
    /// (memory alone, and the log in the embedded store).
    pub redis: Option<redis::Client>,
    /// How long a look-up in Redis may take, milliseconds: `YOUSOON_REDIS_TIMEOUT_MS`, default 20.
    pub redis_within: Duration,
    /// How much memory the caches take, MiB: `YOUSOON_CACHE_MEMORY_MIB`, default 256.
    pub memory_mib: u64,
}

#[derive(Clone, Debug)]
pub struct AdminConfig {
    /// The bearer token of publishes and purges: `YOUSOON_ADMIN_TOKEN`, default none (both refused).
    pub token: Option<Secret>,
}

#[derive(Clone, Debug)]
pub struct EdgeConfig {
    /// The edges that the purge log is relayed to, comma-separated: `YOUSOON_EDGE_URL`, default none.
    pub urls: Vec<Url>,
    /// What origin and edge sign with, in hex: `YOUSOON_EDGE_SECRET`, default none.
    pub secret: Option<Secret>,
}

#[derive(Clone, Debug, Default)]
pub struct MetricsConfig {
    /// Where `GET /metrics` is answered, for the cluster's own eyes: `YOUSOON_METRICS_LISTEN`,
    /// default none.
    pub listen: Option<SocketAddr>,
}

/// Which documents are executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentMode {
    /// Published ones only.
    Enforce,
    /// All; those that are not published are logged.
    Audit,
    /// All.
    Off,
}

impl Config {
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::from_lookup(&|variable| env::var(variable).ok())
    }

    fn from_lookup(lookup: Lookup<'_>) -> Result<Self, ConfigError> {
        let config = Self {
            http: HttpConfig::from_lookup(lookup)?,
            documents: DocumentsConfig::from_lookup(lookup)?,
            cache: CacheConfig::from_lookup(lookup)?,
            admin: AdminConfig::from_lookup(lookup)?,
            auth: AuthConfig::from_lookup(lookup)?,
            edge: EdgeConfig::from_lookup(lookup)?,
            metrics: MetricsConfig::from_lookup(lookup)?,
        };
        if config.metrics.listen == Some(config.http.listen) {
            return Err(ConfigError::new(
                "YOUSOON_METRICS_LISTEN",
                "is YOUSOON_LISTEN as well",
            ));
        }
        if !config.edge.urls.is_empty() && config.edge.secret.is_none() {
            return Err(ConfigError::new(
                "YOUSOON_EDGE_SECRET",
                "is required when YOUSOON_EDGE_URL is set",
            ));
        }
        Ok(config)
    }
}

/// Reads a variable. The environment is one of two; tests bring their own.
type Lookup<'a> = &'a dyn Fn(&'static str) -> Option<String>;

/// A variable that is set to nothing counts as absent.
fn given(lookup: Lookup<'_>, variable: &'static str) -> Option<String> {
    lookup(variable)
        .map(|value| value.trim().to_owned())
        .filter(|value| !value.is_empty())
}

impl HttpConfig {
    fn from_lookup(lookup: Lookup<'_>) -> Result<Self, ConfigError> {
        let listen = address(lookup, "YOUSOON_LISTEN")?;
        Ok(Self {
            listen: listen.unwrap_or(DEFAULT_LISTEN),
        })
    }
}

impl MetricsConfig {
    fn from_lookup(lookup: Lookup<'_>) -> Result<Self, ConfigError> {
        let listen = address(lookup, "YOUSOON_METRICS_LISTEN")?;
        Ok(Self { listen })
    }
}

fn address(lookup: Lookup<'_>, variable: &'static str) -> Result<Option<SocketAddr>, ConfigError> {
    let read = |text: String| {
        text.parse().map_err(|_| {
            ConfigError::new(variable, format!("{text:?} is not an address and a port"))
        })
    };
    given(lookup, variable).map(read).transpose()
}

impl DocumentsConfig {
    fn from_lookup(lookup: Lookup<'_>) -> Result<Self, ConfigError> {
        let variable = "YOUSOON_DOCUMENT_MODE";
        let mode = match given(lookup, variable).as_deref() {
            None | Some("enforce") => DocumentMode::Enforce,
            Some("audit") => DocumentMode::Audit,
            Some("off") => DocumentMode::Off,
            Some(other) => {
                let why = format!("{other:?} is none of enforce, audit and off");
                return Err(ConfigError::new(variable, why));
            }
        };
        Ok(Self { mode })
    }
}

impl Default for CacheConfig {
    fn default() -> Self {
        Self {
            redis: None,
            redis_within: DEFAULT_REDIS_WITHIN,
            memory_mib: 256,
        }
    }
}

impl CacheConfig {
    /// From the environment alone: commands beside the servers need no more.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::from_lookup(&|variable| env::var(variable).ok())
    }

    fn from_lookup(lookup: Lookup<'_>) -> Result<Self, ConfigError> {
        let default = Self::default();
        let variable = "YOUSOON_REDIS_URL";
        let redis = given(lookup, variable)
            // Never the value itself: it may have a password.
            .map(|url| {
                redis::Client::open(url)
                    .map_err(|_| ConfigError::new(variable, "is not a Redis URL"))
            })
            .transpose()?;
        let within_ms = number(lookup, "YOUSOON_REDIS_TIMEOUT_MS", 1..=10_000)?;
        Ok(Self {
            redis,
            redis_within: within_ms.map_or(default.redis_within, Duration::from_millis),
            memory_mib: number(lookup, "YOUSOON_CACHE_MEMORY_MIB", 1..=1_048_576)?
                .unwrap_or(default.memory_mib),
        })
    }
}

fn number(
    lookup: Lookup<'_>,
    variable: &'static str,
    range: std::ops::RangeInclusive<u64>,
) -> Result<Option<u64>, ConfigError> {
    let Some(text) = given(lookup, variable) else {
        return Ok(None);
    };
    match text.parse() {
        Ok(number) if range.contains(&number) => Ok(Some(number)),
        Ok(_) | Err(_) => {
            let why = format!(
                "{text:?} is not a number from {} to {}",
                range.start(),
                range.end()
            );
            Err(ConfigError::new(variable, why))
        }
    }
}

impl AdminConfig {
    fn from_lookup(lookup: Lookup<'_>) -> Result<Self, ConfigError> {
        let variable = "YOUSOON_ADMIN_TOKEN";
        let token = given(lookup, variable).map(|token| Secret::new(token.into_bytes()));
        long_enough(variable, token.as_ref())?;
        Ok(Self { token })
    }
}

impl EdgeConfig {
    fn from_lookup(lookup: Lookup<'_>) -> Result<Self, ConfigError> {
        let variable = "YOUSOON_EDGE_URL";
        let mut urls = Vec::new();
        for text in given(lookup, variable).unwrap_or_default().split(',') {
            let text = text.trim();
            if text.is_empty() {
                continue;
            }
            let url = Url::parse(text)
                .ok()
                .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
                .ok_or_else(|| {
                    ConfigError::new(variable, format!("{text:?} is not an HTTP URL"))
                })?;
            urls.push(url);
        }
        let variable = "YOUSOON_EDGE_SECRET";
        let secret = match given(lookup, variable) {
            None => None,
            // Never the value itself: this line is printed.
            Some(text) => {
                Some(Secret::new(hex::decode(text).map_err(|_| {
                    ConfigError::new(variable, "is not hexadecimal")
                })?))
            }
        };
        long_enough(variable, secret.as_ref())?;
        Ok(Self { urls, secret })
    }
}

fn long_enough(variable: &'static str, secret: Option<&Secret>) -> Result<(), ConfigError> {
    match secret {
        Some(secret) if secret.0.len() < MIN_SECRET_BYTES => Err(ConfigError::new(
            variable,
            format!("has fewer than {MIN_SECRET_BYTES} bytes"),
        )),
        Some(_) | None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Config, String> {
        let lookup = |wanted: &'static str| {
            variables
                .iter()
                .find(|(name, _)| *name == wanted)
                .map(|(_, value)| (*value).to_owned())
        };
        Config::from_lookup(&lookup).map_err(|error| error.to_string())
    }

    #[test]
    fn an_empty_environment_enforces_and_listens_on_loopback() {
        let config = read(&[]).unwrap();
        assert_eq!(config.http.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(config.documents.mode, DocumentMode::Enforce);
        assert!(config.admin.token.is_none() && config.edge.urls.is_empty());
        assert_eq!(config.metrics.listen, None);
    }

    #[test]
    fn a_contradiction_fails_with_one_line_that_names_the_variable() {
        let table: [(&[(&str, &str)], &str); 13] = [
            (
                &[("YOUSOON_ENV", "prod")],
                "YOUSOON_ENV: \"prod\" is neither development nor production",
            ),
            (
                &[("YOUSOON_ENV", "production")],
                "YOUSOON_JWT_KEYS: is required in production: a key that is made up dies with its process",
            ),
            (
                &[("YOUSOON_JWT_KEYS", "hunter2")],
                "YOUSOON_JWT_KEYS: is neither PEM nor a JWK set",
            ),
            (
                &[("YOUSOON_BCRYPT_COST", "3")],
                "YOUSOON_BCRYPT_COST: \"3\" is not a number from 4 to 15",
            ),
            (
                &[("YOUSOON_METRICS_LISTEN", "9090")],
                "YOUSOON_METRICS_LISTEN: \"9090\" is not an address and a port",
            ),
            (
                &[("YOUSOON_METRICS_LISTEN", "127.0.0.1:8080")],
                "YOUSOON_METRICS_LISTEN: is YOUSOON_LISTEN as well",
            ),
            (
                &[("YOUSOON_LISTEN", "here")],
                "YOUSOON_LISTEN: \"here\" is not an address and a port",
            ),
            (
                &[("YOUSOON_DOCUMENT_MODE", "on")],
                "YOUSOON_DOCUMENT_MODE: \"on\" is none of enforce, audit and off",
            ),
            (
                &[("YOUSOON_ADMIN_TOKEN", "short")],
                "YOUSOON_ADMIN_TOKEN: has fewer than 16 bytes",
            ),
            (
                &[("YOUSOON_EDGE_URL", "ftp://x")],
                "YOUSOON_EDGE_URL: \"ftp://x\" is not an HTTP URL",
            ),
            (
                &[("YOUSOON_EDGE_SECRET", "zz")],
                "YOUSOON_EDGE_SECRET: is not hexadecimal",
            ),
            (
                &[("YOUSOON_EDGE_SECRET", "00ff")],
                "YOUSOON_EDGE_SECRET: has fewer than 16 bytes",
            ),
            (
                &[("YOUSOON_EDGE_URL", "http://x")],
                "YOUSOON_EDGE_SECRET: is required when YOUSOON_EDGE_URL is set",
            ),
        ];
        for (variables, expected) in table {
            assert_eq!(read(variables).unwrap_err(), expected);
        }
    }

    #[test]
    fn a_secret_is_not_printed() {
        let config = read(&[("YOUSOON_ADMIN_TOKEN", "0123456789abcdef")]).unwrap();
        assert!(!format!("{config:?}").contains("0123456789abcdef"));
    }
}
