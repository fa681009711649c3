//! Everything that can be set from outside, one file per section; what is wrong fails the boot.
//!
//! [`reader`] reads one variable and notes what became of it; each section is a struct that reads
//! its own; [`production`] is what production refuses; [`check`] tells people.

mod admin;
mod auth;
mod cache;
pub mod check;
mod cors;
mod documents;
mod edge;
mod environment;
mod http;
mod live;
mod metrics;
mod production;
mod qr;
mod rate_limits;
mod reader;
mod secret;
#[cfg(test)]
mod tests;

pub use admin::AdminConfig;
pub use auth::{AuthConfig, PasswordsConfig, TokensConfig};
pub use cache::CacheConfig;
pub use cors::CorsConfig;
pub use documents::{DocumentMode, DocumentsConfig};
pub use edge::EdgeConfig;
pub use environment::Environment;
pub use http::HttpConfig;
pub use live::LiveConfig;
pub use metrics::MetricsConfig;
pub use qr::QrConfig;
pub use rate_limits::RateLimitsConfig;
pub use reader::ConfigError;
pub use secret::Secret;

use reader::{Lookup, Reader, process_environment};

/// The whole configuration of `yousoon serve`; the data folder is a command-line option.
#[derive(Clone, Debug)]
pub struct Config {
    pub environment: Environment,
    pub http: HttpConfig,
    pub cors: CorsConfig,
    pub documents: DocumentsConfig,
    pub cache: CacheConfig,
    pub admin: AdminConfig,
    pub auth: AuthConfig,
    pub qr: QrConfig,
    pub edge: EdgeConfig,
    pub rate_limits: RateLimitsConfig,
    pub live: LiveConfig,
    pub metrics: MetricsConfig,
}

impl Config {
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::from_lookup(&process_environment)
    }

    fn from_lookup(lookup: Lookup<'_>) -> Result<Self, ConfigError> {
        let mut reader = Reader::new(lookup);
        let config = Self::read(&mut reader);
        reader.outcome().map(|()| config)
    }

    /// Reads all sections; what is wrong with them is noted in the reader, and a default stands in
    /// its place.
    fn read(reader: &mut Reader<'_>) -> Self {
        let environment = Environment::read(reader);
        let config = Self {
            environment,
            http: HttpConfig::read(reader),
            cors: CorsConfig::read(reader, environment),
            documents: DocumentsConfig::read(reader),
            cache: CacheConfig::read(reader),
            admin: AdminConfig::read(reader),
            auth: AuthConfig::read(reader, environment),
            qr: QrConfig::read(reader, environment),
            edge: EdgeConfig::read(reader),
            rate_limits: RateLimitsConfig::read(reader),
            live: LiveConfig::read(reader),
            metrics: MetricsConfig::read(reader),
        };
        config.refuse_contradictions(reader);
        if config.environment.is_production() {
            production::refuse(&config, reader);
        }
        config
    }

    fn refuse_contradictions(&self, reader: &mut Reader<'_>) {
        if self.metrics.listen == Some(self.http.listen) {
            reader.refuse("YOUSOON_METRICS_LISTEN", "is YOUSOON_LISTEN as well");
        }
        if !self.edge.urls.is_empty() && self.edge.secret.is_none() {
            reader.require(
                "YOUSOON_EDGE_SECRET",
                "is required when YOUSOON_EDGE_URL is set",
            );
        }
    }
}
