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
    let providers = &config.providers;
    let email = providers.email.as_ref();
    let key = email.map(|email| &email.credentials.secret_key);
    weak(reader, "YOUSOON_SES_SECRET_KEY", key);
    let sms = providers.sms.as_ref();
    weak(
        reader,
        "YOUSOON_TWILIO_SECRET",
        sms.map(|sms| &sms.password),
    );
    let twilio = providers.webhooks.twilio.as_ref();
    for token in twilio.iter().flat_map(|of| &of.tokens) {
        weak(reader, "YOUSOON_TWILIO_TOKEN", Some(token));
    }
    let push = providers.push.as_ref();
    weak(reader, "YOUSOON_ONESIGNAL_KEY", push.map(|push| &push.key));
    let maps = providers.maps.as_ref();
    weak(reader, "YOUSOON_GOOGLE_KEY", maps.map(|maps| &maps.key));
    if let Some(events) = &providers.events {
        let amplitude = &events.amplitude;
        weak(reader, "YOUSOON_AMPLITUDE_SECRET", Some(&amplitude.secret));
        let key = Some(&events.pseudonym_key);
        weak(reader, "YOUSOON_AMPLITUDE_PSEUDONYM_KEY", key);
    }
    if let Some(payments) = &providers.payments {
        let key = Some(&payments.stripe.secret_key);
        weak(reader, "YOUSOON_STRIPE_SECRET_KEY", key);
        for (variable, secret) in &payments.webhook_secrets {
            weak(reader, variable, Some(secret));
        }
    }
    if let Some(identity) = &providers.identity {
        for secret in &identity.report_secrets {
            weak(reader, "YOUSOON_VERIFF_SECRET", Some(secret));
        }
        let key = Some(&identity.pseudonym_key);
        weak(reader, "YOUSOON_VERIFF_PSEUDONYM_KEY", key);
    }
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
