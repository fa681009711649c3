//! Refuses settings that are convenient on a developer's machine and unsafe in production.

use api::documents::DocumentMode;
use domain::secret::Secret;

use super::{Config, reader::Reader};

pub(super) fn refuse(config: &Config, reader: &mut Reader<'_>) {
    match config.documents.mode {
        DocumentMode::Enforce | DocumentMode::Audit => {}
        DocumentMode::Off => reader.refuse(
            "YOUSOON_DOCUMENT_MODE",
            "production executes no document unseen: enforce or audit, not off",
        ),
    }
    if !config.rate_limits.is_on {
        reader.refuse("YOUSOON_RATE_LIMITS", "production counts requests: on");
    }
    if config.admin.token.is_none() {
        reader.require(
            "YOUSOON_ADMIN_TOKEN",
            "is required in production: nothing can be published or purged without it",
        );
    }
    weak(reader, "YOUSOON_ADMIN_TOKEN", config.admin.token.as_ref());
    weak(reader, "YOUSOON_EDGE_SECRET", config.edge.secret.as_ref());
    if config.edge.urls.iter().any(|url| url.scheme() != "https") {
        reader.refuse("YOUSOON_EDGE_URL", "production speaks https alone");
    }
}

fn weak(reader: &mut Reader<'_>, variable: &'static str, secret: Option<&Secret>) {
    if let Some(weakness) = secret.and_then(Secret::weakness) {
        reader.refuse(
            variable,
            format!("{weakness}: production needs one of its own"),
        );
    }
}
