//! What the fakes know.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ring::signature::RsaKeyPair;
use serde_json::Value;
use url::Url;

use crate::{
    google::place::Place, mailbox::Mailbox, sessions::Session, stripe::Stripe, trouble::Trouble,
};

/// The most keys of OneSignal that are remembered.
const MOST_KEYS: usize = 10_000;

/// What clients must know. The default is for developers' machines.
#[derive(Clone, Debug)]
pub struct Secrets {
    pub ses_access_key: String,
    pub ses_secret_key: String,
    pub ses_region: String,
    pub sns_topic: String,
    pub twilio_account: String,
    pub twilio_user: String,
    pub twilio_password: String,
    /// Signs Twilio's webhooks.
    pub twilio_token: String,
    pub onesignal_app: String,
    pub onesignal_key: String,
    pub google_key: String,
    pub amplitude_key: String,
    pub amplitude_secret: String,
    pub stripe_key: String,
    pub stripe_publishable_key: String,
    pub stripe_webhook_secret: String,
    pub stripe_webhook_secret_previous: String,
    /// Of the endpoint for partners' accounts.
    pub stripe_connect_secret: String,
    pub veriff_key: String,
    pub veriff_secret: String,
}

impl Default for Secrets {
    fn default() -> Self {
        let text = str::to_owned;
        Self {
            ses_access_key: text("AKIADEVELOPMENT"),
            ses_secret_key: text("dev-ses-secret-key"),
            ses_region: text("eu-west-1"),
            sns_topic: text("arn:aws:sns:eu-west-1:000000000000:ses-events"),
            twilio_account: text("AC00000000000000000000000000000000"),
            twilio_user: text("SK00000000000000000000000000000000"),
            twilio_password: text("dev-twilio-password"),
            twilio_token: text("dev-twilio-auth-token"),
            onesignal_app: text("00000000-0000-4000-8000-000000000000"),
            onesignal_key: text("dev-onesignal-key"),
            google_key: text("dev-google-maps-key"),
            amplitude_key: text("dev-amplitude-key"),
            amplitude_secret: text("dev-amplitude-secret"),
            stripe_key: text("sk_test_development"),
            stripe_publishable_key: text("pk_test_development"),
            stripe_webhook_secret: text("dev-stripe-webhook-secret"),
            stripe_webhook_secret_previous: text("dev-stripe-webhook-secret-before"),
            stripe_connect_secret: text("dev-stripe-connect-secret"),
            veriff_key: text("dev-veriff-integration-key"),
            veriff_secret: text("dev-veriff-shared-secret"),
        }
    }
}

#[derive(Clone)]
pub struct State {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) address: SocketAddr,
    pub(crate) secrets: Secrets,
    pub(crate) http: reqwest::Client,
    pub(crate) sns_key: RsaKeyPair,
    locked: Mutex<Locked>,
}

#[derive(Default)]
pub(crate) struct Locked {
    pub(crate) mailbox: Mailbox,
    /// What goes wrong with the next requests, by provider.
    pub(crate) troubles: HashMap<String, VecDeque<Trouble>>,
    /// How long each request takes, besides.
    pub(crate) slowness: Duration,
    /// Devices that OneSignal does not know.
    pub(crate) invalid_devices: Vec<String>,
    /// OneSignal's answers by idempotency key.
    pub(crate) answers: Answers,
    /// Tokens of SNS whose subscription was confirmed.
    pub(crate) confirmed: Vec<String>,
    /// What Google Maps finds instead of what it makes up.
    pub(crate) places: Vec<Place>,
    /// What Google Maps was asked.
    pub(crate) asked: Vec<Value>,
    /// Amplitude's events.
    pub(crate) events: Vec<Value>,
    /// The people whom Amplitude was told to forget.
    pub(crate) forgotten: Vec<String>,
    pub(crate) stripe: Stripe,
    /// Veriff's sessions.
    pub(crate) sessions: Vec<Session>,
    pub(crate) sessions_begun: u64,
    /// Where decisions on Veriff's page are reported.
    pub(crate) veriff_webhook: Option<Url>,
}

#[derive(Default)]
pub(crate) struct Answers {
    by_key: HashMap<String, Value>,
    order: VecDeque<String>,
}

impl Answers {
    pub(crate) fn get(&self, key: &str) -> Option<&Value> {
        self.by_key.get(key)
    }

    pub(crate) fn keep(&mut self, key: String, answer: Value) {
        if self.order.len() == MOST_KEYS
            && let Some(oldest) = self.order.pop_front()
        {
            self.by_key.remove(&oldest);
        }
        self.order.push_back(key.clone());
        self.by_key.insert(key, answer);
    }
}

impl State {
    pub(crate) fn new(address: SocketAddr, secrets: Secrets) -> anyhow::Result<Self> {
        // Webhooks go to this machine.
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(std::time::Duration::from_secs(10))
            .build()?;
        let inner = Inner {
            address,
            secrets,
            http,
            sns_key: crate::keys::sns()?,
            locked: Mutex::default(),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Locked> {
        self.inner
            .locked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("State").field(&self.inner.address).finish()
    }
}
