//! Refuses settings that are convenient on a developer's machine and unsafe in production.

use api::documents::DocumentMode;
use domain::secret::Secret;
use sentry::types::Scheme;

use super::{Config, Role, reader::Reader};

pub(super) fn refuse(config: &Config, reader: &mut Reader<'_>) {
    match config.documents.mode {
        DocumentMode::Enforce | DocumentMode::Audit => {}
        DocumentMode::Off => reader.refuse(
            "YOUSOON_DOCUMENT_MODE",
            "is off, which production does not allow: set enforce or audit",
        ),
    }
    if !config.rate_limits.is_on {
        reader.refuse(
            "YOUSOON_RATE_LIMITS",
            "is off, which production does not allow: set on",
        );
    }
    if config.admin.token.is_none() && config.roles.has(Role::Api) {
        reader.require(
            "YOUSOON_ADMIN_TOKEN",
            "is required in production, to publish documents and to purge",
        );
    }
    weak(reader, "YOUSOON_ADMIN_TOKEN", config.admin.token.as_ref());
    weak(reader, "YOUSOON_EDGE_SECRET", config.edge.secret.as_ref());
    let sentry = config.telemetry.sentry.as_ref();
    if sentry.is_some_and(|sentry| sentry.dsn.scheme() != Scheme::Https) {
        reader.refuse("SENTRY_DSN", "must be an https URL in production");
    }
    if config.edge.urls.iter().any(|url| url.scheme() != "https") {
        reader.refuse("YOUSOON_EDGE_URL", "must be an https URL in production");
    }
}

fn weak(reader: &mut Reader<'_>, variable: &'static str, secret: Option<&Secret>) {
    if let Some(weakness) = secret.and_then(Secret::weakness) {
        reader.refuse(
            variable,
            format!("{weakness}: production needs a random secret"),
        );
    }
}
