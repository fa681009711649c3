//! Where providers report: what became of messages, that an identity check was decided, and that something
//! changed about payments. A report is
//! believed once its signature was checked; it may come late, twice, and in any order.

use std::fmt;

use axum::{
    body::Bytes,
    extract::{DefaultBodyLimit, OriginalUri, State},
    http::{HeaderMap, StatusCode, header},
    routing::{MethodRouter, post},
};
use domain::{
    error_chain::chain,
    identity::{
        provider::{Hint, HintError},
        store::Hinted,
    },
    messages::{
        provider::{Report, ReportError},
        reach::Reach,
    },
    queue::NewTask,
};
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family},
    registry::Registry,
};
use provider_http::SetupError;
use url::Url;

use crate::{
    config::{IdentityConfig, ProvidersConfig},
    state::AppState,
};

/// SNS sends at most 256 KiB.
const MOST_BYTES: usize = 256 * 1024;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    provider: &'static str,
    outcome: &'static str,
}

/// Who may report to this server.
pub struct Webhooks {
    ses: Option<ses::Webhook>,
    twilio: Option<(twilio::Webhook, Url)>,
    veriff: Option<veriff::Webhook>,
    stripe: Option<stripe::Webhook>,
    reports: Family<Labels, Counter>,
}

impl fmt::Debug for Webhooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhooks").finish_non_exhaustive()
    }
}

impl Webhooks {
    pub fn new(providers: &ProvidersConfig) -> Result<Self, SetupError> {
        let config = &providers.webhooks;
        let ses = config.ses.as_ref().map(ses::Webhook::new).transpose()?;
        let twilio = config.twilio.as_ref().map(|of| {
            let webhook = twilio::Webhook::new(of.account.clone(), of.tokens.clone());
            (webhook, of.url.clone())
        });
        let stripe = providers.payments.as_ref().map(|of| {
            let secrets = of.webhook_secrets.iter();
            let secrets = secrets.map(|(_, secret)| secret.clone()).collect();
            stripe::Webhook::new(secrets, of.livemode)
        });
        Ok(Self {
            ses,
            twilio,
            veriff: providers.identity.as_ref().map(IdentityConfig::webhook),
            stripe,
            reports: Family::default(),
        })
    }

    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register(
            "provider_reports",
            "Reports of providers, by what became of them.",
            self.reports.clone(),
        );
    }

    fn count(&self, provider: &'static str, outcome: &'static str) {
        self.reports
            .get_or_create(&Labels { provider, outcome })
            .inc();
    }
}

/// `POST /webhooks/ses`: what Amazon SNS delivers.
pub fn of_ses() -> MethodRouter<AppState> {
    post(from_ses).layer(DefaultBodyLimit::max(MOST_BYTES))
}

/// `POST /webhooks/twilio`.
pub fn of_twilio() -> MethodRouter<AppState> {
    post(from_twilio).layer(DefaultBodyLimit::max(MOST_BYTES))
}

/// `POST /webhooks/veriff`.
pub fn of_veriff() -> MethodRouter<AppState> {
    post(from_veriff).layer(DefaultBodyLimit::max(MOST_BYTES))
}

/// `POST /webhooks/stripe`: of our own account, and of those of partners.
pub fn of_stripe() -> MethodRouter<AppState> {
    post(from_stripe).layer(DefaultBodyLimit::max(stripe::Webhook::MOST_BYTES))
}

async fn from_ses(State(state): State<AppState>, body: Bytes) -> StatusCode {
    let Some(webhook) = &state.webhooks.ses else {
        return StatusCode::NOT_FOUND;
    };
    let report = webhook.read(&body, state.services.clock.now_ms()).await;
    answer(&state, "ses", report).await
}

async fn from_twilio(
    State(state): State<AppState>,
    OriginalUri(asked): OriginalUri,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let Some((webhook, url)) = &state.webhooks.twilio else {
        return StatusCode::NOT_FOUND;
    };
    // The address that Twilio was told, which it signs: a proxy may have changed the host.
    let mut url = url.clone();
    url.set_query(asked.query());
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let report = webhook.read(
        &url,
        text("x-twilio-signature"),
        text(header::CONTENT_TYPE.as_str()),
        &body,
        state.services.clock.now_ms(),
    );
    answer(&state, "twilio", report).await
}

/// A report is a task before it is answered. What it says is not believed: the worker asks.
async fn from_stripe(State(state): State<AppState>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let Some(webhook) = &state.webhooks.stripe else {
        return StatusCode::NOT_FOUND;
    };
    let signature = headers.get("stripe-signature");
    let signature = signature.and_then(|value| value.to_str().ok());
    let now_ms = state.services.clock.now_ms();
    let (status, outcome) = match webhook.read(signature, &body, now_ms) {
        // An endpoint for partners' accounts gets the events of both environments: Stripe would take a
        // refusal for a failure, and stop reporting.
        Err(ReportError::Topic) => (StatusCode::OK, "topic"),
        Err(error) => refused("stripe", error),
        Ok(stripe::Event { subject: None, .. }) => (StatusCode::OK, "nothing"),
        Ok(stripe::Event {
            id,
            subject: Some(subject),
        }) => {
            let task = NewTask::of_provider_report("stripe", &id, subject, now_ms);
            match state.queue.add(task).await {
                Ok(true) => {
                    state.services.queue_wake.send_replace(());
                    (StatusCode::OK, "taken")
                }
                Ok(false) => (StatusCode::OK, "repeated"),
                Err(error) => {
                    let error = chain(&error);
                    tracing::error!(provider = "stripe", error, "a report was not stored");
                    (StatusCode::SERVICE_UNAVAILABLE, "failed")
                }
            }
        }
    };
    state.webhooks.count("stripe", outcome);
    status
}

/// Notes what was reported before it is answered: a provider reports again what was not taken.
async fn answer(
    state: &AppState,
    provider: &'static str,
    report: Result<Option<Report>, ReportError>,
) -> StatusCode {
    let (status, outcome) = match report {
        Ok(Some(report)) => note(state, provider, &report).await,
        Ok(None) => (StatusCode::NO_CONTENT, "nothing"),
        Err(error) => refused(provider, error),
    };
    state.webhooks.count(provider, outcome);
    status
}

fn refused(provider: &'static str, error: ReportError) -> (StatusCode, &'static str) {
    tracing::warn!(provider, %error, "a report was refused");
    match error {
        ReportError::Unsigned => (StatusCode::UNAUTHORIZED, "unsigned"),
        ReportError::Signature => (StatusCode::FORBIDDEN, "signature"),
        ReportError::Topic => (StatusCode::FORBIDDEN, "topic"),
        ReportError::Old => (StatusCode::BAD_REQUEST, "old"),
        ReportError::Malformed => (StatusCode::BAD_REQUEST, "malformed"),
        // It comes again.
        ReportError::Later => (StatusCode::SERVICE_UNAVAILABLE, "later"),
    }
}

async fn note(
    state: &AppState,
    provider: &'static str,
    report: &Report,
) -> (StatusCode, &'static str) {
    for reach in Reach::of_report(&report.outcome, report.at_ms) {
        if let Err(error) = state.services.reach.note(reach).await {
            tracing::error!(provider, error = chain(&error), "a report was not stored");
            return (StatusCode::SERVICE_UNAVAILABLE, "failed");
        }
    }
    (StatusCode::NO_CONTENT, "taken")
}

/// A report is a hint: it is stored as a task before it is answered, and the task asks Veriff for the
/// truth. Veriff repeats everything that is not answered with 200.
async fn from_veriff(State(state): State<AppState>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let Some(webhook) = &state.webhooks.veriff else {
        return StatusCode::NOT_FOUND;
    };
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let (client, signature) = (text("x-auth-client"), text("x-hmac-signature"));
    let now_ms = state.services.clock.now_ms();
    let (status, outcome) = match webhook.read(client, signature, &body, now_ms) {
        Ok(Some(hint)) => hinted(&state, hint).await,
        Ok(None) => (StatusCode::OK, "nothing"),
        Err(error) => {
            tracing::warn!(provider = "veriff", %error, "a report was refused");
            match error {
                HintError::Unsigned => (StatusCode::UNAUTHORIZED, "unsigned"),
                HintError::Signature => (StatusCode::FORBIDDEN, "signature"),
                HintError::Client => (StatusCode::FORBIDDEN, "client"),
                HintError::Old => (StatusCode::BAD_REQUEST, "old"),
                HintError::Malformed => (StatusCode::BAD_REQUEST, "malformed"),
            }
        }
    };
    state.webhooks.count("veriff", outcome);
    status
}

async fn hinted(state: &AppState, hint: Hint) -> (StatusCode, &'static str) {
    let Some(identity) = &state.services.identity else {
        return (StatusCode::NOT_FOUND, "failed");
    };
    match identity.hinted(hint).await {
        Ok(Hinted::Taken) => (StatusCode::OK, "taken"),
        // Of an account that was erased: nobody waits for it.
        Ok(Hinted::Unknown) => (StatusCode::OK, "unknown"),
        Err(error) => {
            let error = chain(&error);
            tracing::error!(provider = "veriff", error, "a report was not stored");
            (StatusCode::SERVICE_UNAVAILABLE, "failed")
        }
    }
}
