//! The server's configuration, read from environment variables, one file per section. Any wrong
//! variable stops the server from starting.
//!
//! `reader` reads single variables and records the state of each; `secret_file` reads secrets that
//! are given in files. Each section reads its own variables. `production` refuses settings that are
//! unsafe in production, `rollout` also those with which a server starts and that must not be deployed.
//! [`check`] prints a report for people.

mod admin;
mod auth;
mod cache;
pub mod check;
mod cors;
mod documents;
mod edge;
mod environment;
mod events;
mod http;
mod identity;
mod live;
mod maps;
mod messages;
mod metrics;
mod payments;
mod pictures;
mod production;
mod providers;
mod rate_limits;
mod reader;
mod roles;
mod rollout;
mod secret_file;
mod telemetry;
#[cfg(test)]
mod tests;
mod values;

pub use admin::AdminConfig;
pub use cache::cache_from_env;
pub use cors::CorsConfig;
pub use events::EventsConfig;
pub use http::HttpConfig;
pub use identity::IdentityConfig;
pub use live::LiveConfig;
pub use messages::MessagesConfig;
pub use metrics::MetricsConfig;
pub use payments::PaymentsConfig;
pub use pictures::{PictureBucket, PicturesConfig};
pub use providers::{ProvidersConfig, TwilioWebhook, WebhooksConfig};
pub use reader::ConfigError;
pub use roles::{Role, Roles};
pub use rollout::{PlainRedis, Rollout};
pub use telemetry::telemetry_from_env;

use std::sync::Arc;

use access::{AuthConfig, keys::KeySet, rate::RateLimitsConfig};
use api::{
    caches::CacheConfig, documents::DocumentsConfig, environment::Environment, lists::ListsConfig,
};
use purging::relay::EdgeConfig;
use reader::{Lookup, Reader, process_environment};

use crate::telemetry::TelemetryConfig;

/// The whole configuration of `yousoon serve`, except the database, which command-line options
/// choose.
#[derive(Clone, Debug)]
pub struct Config {
    pub environment: Environment,
    pub roles: Roles,
    pub http: HttpConfig,
    pub cors: CorsConfig,
    pub documents: DocumentsConfig,
    pub cache: CacheConfig,
    pub admin: AdminConfig,
    pub auth: AuthConfig,
    pub qr_keys: KeySet,
    pub edge: EdgeConfig,
    pub rate_limits: RateLimitsConfig,
    pub lists: ListsConfig,
    pub live: LiveConfig,
    pub messages: MessagesConfig,
    pub providers: Arc<ProvidersConfig>,
    pub pictures: PicturesConfig,
    pub metrics: MetricsConfig,
    pub telemetry: TelemetryConfig,
}

impl Config {
    /// Reads the environment; `roles` is used instead of `YOUSOON_ROLES` if it is given.
    pub fn from_env(roles: Option<&str>) -> Result<Self, ConfigError> {
        Self::from_lookup(&|variable| match roles {
            Some(roles) if variable == roles::VARIABLE => Some(roles.to_owned()),
            Some(_) | None => process_environment(variable),
        })
    }

    fn from_lookup(lookup: Lookup<'_>) -> Result<Self, ConfigError> {
        let mut reader = Reader::new(lookup);
        let config = Self::read(&mut reader);
        reader.outcome().map(|()| config)
    }

    /// Reads all sections. Records every error in the reader and uses the default instead, so that
    /// one run reports all errors.
    fn read(reader: &mut Reader<'_>) -> Self {
        let environment = environment::read(reader);
        let roles = Roles::read(reader);
        let config = Self {
            environment,
            roles,
            http: HttpConfig::read(reader),
            cors: CorsConfig::read(reader, environment),
            documents: documents::read(reader),
            cache: cache::read(reader),
            admin: AdminConfig::read(reader),
            auth: auth::read(reader, environment, roles),
            qr_keys: auth::qr_keys(reader, environment, roles),
            edge: edge::read(reader),
            rate_limits: rate_limits::read(reader),
            lists: cache::lists(reader),
            live: LiveConfig::read(reader),
            messages: MessagesConfig::read(reader, environment, roles),
            providers: Arc::new(ProvidersConfig::read(reader, environment, roles)),
            pictures: PicturesConfig::read(reader, environment),
            metrics: MetricsConfig::read(reader),
            telemetry: telemetry::read(reader),
        };
        config.refuse_contradictions(reader);
        if config.environment.is_production() {
            production::refuse(&config, reader);
        }
        config
    }

    fn refuse_contradictions(&self, reader: &mut Reader<'_>) {
        if self.metrics.listen == Some(self.http.listen) {
            reader.refuse(
                "YOUSOON_METRICS_LISTEN",
                "is the same as YOUSOON_LISTEN: set another address or port",
            );
        }
        if !self.edge.urls.is_empty() && self.edge.secret.is_none() {
            reader.require(
                "YOUSOON_EDGE_SECRET",
                "is required when YOUSOON_EDGE_URL is set",
            );
        }
    }
}

/// Reads a secret that only a command needs, from `variable` or from the file that
/// `<variable>_FILE` names.
pub fn secret_from_env(variable: &'static str) -> Result<Option<String>, ConfigError> {
    let mut reader = Reader::new(&process_environment);
    let text = reader.optional_masked(variable, "", |text| Ok(text.to_owned()));
    reader.outcome().map(|()| text)
}
