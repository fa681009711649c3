//! Amazon SES with SNS, Twilio, OneSignal, Google Maps, Amplitude, Stripe and Veriff on one loopback
//! port, as far as Yousoon uses them.
//!
//! | path | is |
//! | --- | --- |
//! | `/ses/v2/email/outbound-emails` | SES v2 |
//! | `/sns/…` | SNS: its certificate, confirmations of subscriptions |
//! | `/twilio/2010-04-01/Accounts/<account>/Messages.json` | Twilio |
//! | `/onesignal/notifications` | OneSignal |
//! | `/google/…` | Google Maps: Geocoding, Places and Routes |
//! | `/amplitude/…` | Amplitude: events and erasure |
//! | `/stripe/v1/…` | Stripe: intents, refunds, partners' accounts, its books |
//! | `/stripe-pages` | payments to pay by hand |
//! | `/veriff/…` | Veriff: sessions, and at `/veriff/v/<id>` the page on which a document is shown |
//! | `/`, `/mailbox.json`, `/mailbox/<number>/html` | what was sent |
//! | `/control/…` | orders: see `control.rs`, and `stripe/control.rs` |

mod amplitude;
mod control;
mod google;
mod keys;
mod mailbox;
mod onesignal;
mod page;
mod ses;
mod sessions;
mod sigv4;
mod sns;
mod state;
mod stripe;
mod trouble;
mod twilio;
mod veriff;
mod webhooks;

use std::{collections::HashMap, net::SocketAddr, time::Duration};

use axum::{Router, extract::DefaultBodyLimit, middleware, routing};
use tokio::{net::TcpListener, task::JoinHandle};

pub use mailbox::{Counted, Item};
pub use state::{Secrets, State};
pub use stripe::{Books, Chaos, IntentEntry, RefundEntry};

/// The longest request: an e-mail with its HTML.
const MOST_BODY_BYTES: usize = 1024 * 1024;

/// A fake that runs until it is dropped.
#[derive(Debug)]
pub struct Fake {
    pub address: SocketAddr,
    pub state: State,
    serving: JoinHandle<()>,
}

impl Fake {
    /// Starts on a free port of loopback.
    pub async fn start(secrets: Secrets) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        Self::serve(listener, secrets)
    }

    pub fn serve(listener: TcpListener, secrets: Secrets) -> anyhow::Result<Self> {
        let address = listener.local_addr()?;
        let state = State::new(address, secrets)?;
        let router = router(state.clone());
        let serving = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                eprintln!("fake providers: {error}");
            }
        });
        Ok(Self {
            address,
            state,
            serving,
        })
    }

    /// The address of `path`, such as `ses`.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    /// The variables with which an origin sends e-mails and pushes by it.
    pub fn of_messages(&self) -> Vec<(&'static str, String)> {
        let secrets = self.state.inner.secrets.clone();
        vec![
            (
                "YOUSOON_SES_FROM",
                "Yousoon <hello@yousoon.test>".to_owned(),
            ),
            ("YOUSOON_SES_URL", self.url("ses")),
            ("YOUSOON_SES_ACCESS_KEY_ID", secrets.ses_access_key),
            ("YOUSOON_SES_SECRET_KEY", secrets.ses_secret_key),
            ("YOUSOON_SES_REGION", secrets.ses_region),
            ("YOUSOON_SES_SNS_URL", self.url("sns/")),
            ("YOUSOON_SES_TOPICS", secrets.sns_topic),
            ("YOUSOON_ONESIGNAL_URL", self.url("onesignal")),
            ("YOUSOON_ONESIGNAL_APP", secrets.onesignal_app),
            ("YOUSOON_ONESIGNAL_KEY", secrets.onesignal_key),
        ]
    }

    /// The variables with which an origin takes payments by it. Its reports have to be led to the origin:
    /// [`Self::report_payments_to`].
    pub fn of_payments(&self) -> Vec<(&'static str, String)> {
        let secrets = self.state.inner.secrets.clone();
        vec![
            ("YOUSOON_STRIPE_URL", self.url("stripe")),
            ("YOUSOON_STRIPE_SECRET_KEY", secrets.stripe_key),
            (
                "YOUSOON_STRIPE_PUBLISHABLE_KEY",
                secrets.stripe_publishable_key,
            ),
            (
                "YOUSOON_STRIPE_WEBHOOK_SECRET",
                secrets.stripe_webhook_secret,
            ),
            (
                "YOUSOON_STRIPE_WEBHOOK_SECRET_PREVIOUS",
                secrets.stripe_webhook_secret_previous,
            ),
            (
                "YOUSOON_STRIPE_CONNECT_SECRET",
                secrets.stripe_connect_secret,
            ),
            (
                "YOUSOON_STRIPE_RETURN_URL",
                "https://partner.yousoon.test/payments".to_owned(),
            ),
            (
                "YOUSOON_STRIPE_REFRESH_URL",
                "https://partner.yousoon.test/payments/again".to_owned(),
            ),
            ("YOUSOON_PAYMENTS_FEE_BP", "1000".to_owned()),
        ]
    }

    /// Where Stripe's reports go from now on.
    pub fn report_payments_to(&self, url: &str) -> anyhow::Result<()> {
        let url = webhooks::address(url)?;
        self.state.lock().stripe.reporting.url = Some(url);
        Ok(())
    }

    /// What goes wrong with Stripe from now on, by chance.
    pub fn stripe_chaos(&self, chaos: Chaos) {
        self.state.lock().stripe.set_chaos(chaos);
    }

    /// What Stripe knows of the money.
    pub fn books(&self) -> Books {
        self.state.lock().stripe.books()
    }

    /// The variables with which an origin has it check identities.
    pub fn of_identity(&self) -> Vec<(&'static str, String)> {
        let secrets = self.state.inner.secrets.clone();
        vec![
            ("YOUSOON_VERIFF_URL", self.url("veriff")),
            ("YOUSOON_VERIFF_PORTAL_URL", self.url("veriff/v")),
            ("YOUSOON_VERIFF_KEY", secrets.veriff_key),
            ("YOUSOON_VERIFF_SECRET", secrets.veriff_secret),
            (
                "YOUSOON_VERIFF_PSEUDONYM_KEY",
                "dev-veriff-pseudonym-key".to_owned(),
            ),
            ("YOUSOON_IDENTITY_CONSENT_VERSION", "1".to_owned()),
        ]
    }

    /// Where decisions on Veriff's page are reported from now on.
    pub fn report_identities_to(&self, url: reqwest::Url) {
        self.state.lock().veriff_webhook = Some(url);
    }

    /// How often messages were taken, by key.
    pub fn counted(&self) -> HashMap<String, Counted> {
        self.state.lock().mailbox.counted().clone()
    }

    /// The number of the newest message.
    pub fn newest(&self) -> Option<u64> {
        let locked = self.state.lock();
        locked.mailbox.items().next_back().map(|item| item.number)
    }

    /// How long each request to a provider takes from now on, besides.
    pub fn slow_down(&self, by: Duration) {
        self.state.lock().slowness = by;
    }

    /// Serves until it fails.
    pub async fn wait(mut self) -> anyhow::Result<()> {
        Ok((&mut self.serving).await?)
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn router(state: State) -> Router {
    let troubled = |router: Router<State>| {
        router.layer(middleware::from_fn_with_state(state.clone(), trouble::make))
    };
    let ses = Router::new().route("/v2/email/outbound-emails", routing::post(ses::send));
    let twilio = Router::new().route(
        "/2010-04-01/Accounts/{account}/Messages.json",
        routing::post(twilio::create),
    );
    let onesignal = Router::new().route("/notifications", routing::post(onesignal::create));
    let google = Router::new()
        .route("/v4/geocode/address", routing::get(google::geocode))
        .route(
            "/v1/places:autocomplete",
            routing::post(google::autocomplete),
        )
        .route(
            "/distanceMatrix/v2:computeRouteMatrix",
            routing::post(google::compute),
        );
    let amplitude = Router::new()
        .route("/2/httpapi", routing::post(amplitude::upload))
        .route("/api/2/deletions/users", routing::post(amplitude::delete));
    let stripe = stripe::routes();
    let veriff = Router::new()
        .route("/v1/sessions", routing::post(veriff::start))
        .route("/v1/sessions/{id}", routing::delete(veriff::delete))
        .route("/v1/sessions/{id}/decision", routing::get(veriff::decision));
    let sns = Router::new().route(
        "/SimpleNotificationService-development.pem",
        routing::get(sns::certificate),
    );
    Router::new()
        .nest("/ses", troubled(ses))
        .nest("/twilio", troubled(twilio))
        .nest("/onesignal", troubled(onesignal))
        .nest("/google", troubled(google))
        .nest("/amplitude", troubled(amplitude))
        .nest("/stripe", troubled(stripe))
        .nest("/veriff", troubled(veriff))
        .route(
            "/veriff/v/{id}",
            routing::get(veriff::page).post(veriff::press),
        )
        .nest("/sns", troubled(sns))
        .route("/sns/", routing::get(sns::confirm))
        .nest("/control", control::routes())
        .merge(page::routes())
        .merge(stripe::page_routes())
        .layer(DefaultBodyLimit::max(MOST_BODY_BYTES))
        .with_state(state)
}
