//! The state that all requests of this server share.

use std::{fmt, sync::Arc};

use access::{Auth, passwords::PasswordError};
use amplitude::Amplitude;
use api::{
    caches::Caches,
    documents::Documents,
    execution::{cached::PublicQuery, spellings::Spellings},
    lists::Lists,
    maps::service::MapService,
    notifications::templates::follow,
    schema::{self, Schema},
    services::{self, Clock, ReadObserver, Services},
    stats::counter::Views,
};
use cache_tiered::tail;
use delivery::{Delivery, ProductEvents, Providers, Sources, UnsubscribeLinks};
use domain::{
    StoreError,
    auth::sessions::Sessions,
    error_chain::chain,
    maps::Maps,
    messages::provider::Provider,
    payments::{price::Terms, store::PaymentStore},
    pictures::store::PictureStore,
    purges::LogRole,
    queue::store::QueueStore,
};
use google::Google;
use identity::Identity;
use onesignal::OneSignal;
use outgoing::{MessageLog, UnsentMessages};
use payments::Payments;
use pictures::Pictures;
use pq_core::compile::{CompileError, Compiler};
use provider_http::SetupError;
use purging::{PurgeLog, relay::RelayStatus};
use s3::Bucket;
use ses::Ses;
use stripe::Stripe;
use templates::{Current, TemplateError};
use tokio::sync::watch;
use twilio::Twilio;
use uploads::Uploads;
use veriff::Veriff;

use crate::{
    config::{Config, PicturesConfig, ProvidersConfig, Role},
    database::{BackendMetrics, Database, NoLog},
    live::Hub,
    metrics::Requests,
    telemetry::request::Tracing,
    usage::counts::Counts,
    warming::metrics::WarmingMetrics,
    webhooks::Webhooks,
};

/// Why the shared state cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    #[error("the store cannot be opened")]
    Store(#[from] StoreError),
    #[error(transparent)]
    NoLog(#[from] NoLog),
    #[error("password hashing cannot be set up")]
    Passwords(#[from] PasswordError),
    #[error("the server's own GraphQL schema is not valid")]
    Schema(#[from] CompileError),
    #[error("a template of the program is not valid")]
    Templates(#[from] TemplateError),
    #[error("a third party's client cannot be set up")]
    Provider(#[from] SetupError),
    #[error("the bucket of pictures cannot be set up")]
    Bucket(#[from] s3::ConfigError),
}

/// A handle on the shared state; cloning it is cheap.
#[derive(Clone, Debug)]
pub struct AppState(Arc<Shared>);

pub struct Shared {
    pub services: Services,
    pub config: Config,
    pub schema: Schema,
    /// Parsed GET requests by their exact spelling, so that a repeated one is not parsed again.
    pub spellings: Spellings<PublicQuery>,
    /// Decides which requests are traced.
    pub tracing: Tracing,
    /// How long requests took, and what became of them.
    pub requests: Requests,
    /// Who asked for which document.
    pub usage: Counts,
    /// What became of answers that were to be warm.
    pub warming: WarmingMetrics,
    /// What the database's backend measures of itself.
    pub backend: BackendMetrics,
    /// The open subscriptions of this server.
    pub live: Hub,
    /// The state of the purge relay to each edge, in the configuration's order; empty without the
    /// role `relay`.
    pub relays: Vec<Arc<RelayStatus>>,
    /// Who may report what became of messages.
    pub webhooks: Webhooks,
    /// Does the tasks of the queue.
    pub delivery: Delivery,
    /// Takes what providers report.
    pub queue: Arc<dyn QueueStore>,
    /// Told by `delivery` and `payments` when they stored a purge.
    pub entries_stored: watch::Sender<()>,
    /// Messages of channels without a provider.
    pub unsent: Arc<UnsentMessages>,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

impl std::ops::Deref for AppState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl AppState {
    /// Opens the purge log over an open database and compiles the schema.
    #[expect(clippy::too_many_lines, reason = "a list of services")]
    pub async fn new(
        config: Config,
        database: Database,
        clock: Clock,
        observer: ReadObserver,
    ) -> Result<Self, StateError> {
        let wall = clock.clone();
        let caches = Caches::new(
            &config.cache,
            &cache_tiered::Clock::new(move || wall.now_ms().unsigned_abs()),
        );
        let purge_log = open_log(&config, &database, &caches, clock.now_ms()).await?;
        let auth = auth(&config, &database, &caches)?;
        let unsent = Arc::new(unsent(&config));
        let (queue_wake, entries_stored) = (watch::Sender::new(()), watch::Sender::new(()));
        let templates = templates(&database).await?;
        let identity = identity(&config.providers, &database, &clock, &queue_wake)?;
        let payments = payments(
            &config.providers,
            &database.payments,
            clock.clone(),
            (&queue_wake, &entries_stored),
        )?;
        let wall = clock.clone();
        let delivery = Delivery::new(delivery::Parts {
            queue: Arc::clone(&database.queue),
            reach: Arc::clone(&database.reach),
            sources: sources(&database, &auth),
            templates: templates.clone(),
            links: config.messages.links.clone(),
            unsubscribe: unsubscribe_links(&config, &auth),
            sms_countries: config.messages.sms_countries.clone(),
            providers: providers(&config.providers, &unsent)?,
            events: events(&config.providers)?,
            identity: identity.clone(),
            payments: payments.clone(),
            now: Arc::new(move || wall.now_ms()),
            wake: queue_wake.clone(),
            entries_stored: entries_stored.clone(),
            metrics: delivery::Metrics::default(),
        });
        let uploads = uploads(&config.pictures, &database.pictures, &caches, clock.clone())?;
        let lists = Lists::new(
            Arc::clone(&database.offers),
            Arc::clone(&database.purges),
            Arc::clone(&caches.feed),
            config.lists,
        );
        let maps = MapService::new(maps(&config.providers)?, clock.clone());
        let services = Services::new(services::Shared {
            environment: config.environment,
            clock,
            observer,
            offers: database.offers,
            site: database.site,
            lists,
            partners: database.partners,
            purges: database.purges,
            users: database.users,
            bookings: database.bookings,
            teams: database.teams,
            stats: database.stats,
            views: Views::default(),
            auth,
            qr_keys: config.qr_keys.clone(),
            notifications: database.notifications,
            announcements: database.announcements,
            pictures: database.pictures,
            identities: database.identities,
            operators: database.operators,
            identity,
            reviews: database.reviews,
            uploads,
            payment_store: database.payments,
            payments,
            templates,
            stored_templates: database.templates,
            links: config.messages.links.clone(),
            sms_countries: config.messages.sms_countries.clone(),
            maps,
            reach: database.reach,
            queue_wake,
            documents: Documents::new(database.documents, Arc::clone(&caches.feed)),
            document_mode: config.documents.mode,
            rate_limiter: caches.rate_limiter(&config.cache),
            rate_limits: config.rate_limits.clone(),
            caches,
            purge_log,
            compiler: Arc::new(Compiler::new(&schema::sdl())?),
        });
        Ok(Self(Arc::new(Shared {
            services,
            schema: schema::schema(config.environment),
            spellings: Spellings::default(),
            tracing: Tracing::new(&config.telemetry),
            requests: Requests::default(),
            usage: Counts::default(),
            warming: WarmingMetrics::default(),
            backend: database.metrics,
            live: Hub::new(config.live, &config.rate_limits),
            relays: relays(&config),
            delivery,
            queue: database.queue,
            entries_stored,
            unsent,
            webhooks: Webhooks::new(&config.providers)?,
            config,
        })))
    }
}

fn auth(config: &Config, database: &Database, caches: &Caches) -> Result<Auth, StateError> {
    let sessions = caches.redis_sessions(&config.cache);
    let sessions = sessions.map(|sessions| Arc::new(sessions) as Arc<dyn Sessions>);
    Ok(Auth::new(
        &config.auth,
        config.admin.token.clone(),
        Arc::clone(&database.users),
        sessions.unwrap_or_else(|| Arc::clone(&database.sessions)),
        Arc::clone(&database.codes),
        Arc::clone(&database.known_devices),
        Arc::clone(&database.service_tokens),
    )?)
}

/// The templates in use. The program's own are used until those that administrators changed can be read.
async fn templates(database: &Database) -> Result<Current, TemplateError> {
    let templates = Current::new()?;
    if let Err(error) = follow(&*database.templates, &templates).await {
        tracing::warn!(
            error = chain(&error),
            "the texts that administrators changed cannot be read yet"
        );
    }
    Ok(templates)
}

/// Of each edge; none without the role `relay`.
fn relays(config: &Config) -> Vec<Arc<RelayStatus>> {
    let edges = config.edge.urls.iter();
    let relayed = edges.filter(|_| config.roles.has(Role::Relay));
    relayed.map(|url| Arc::new(RelayStatus::new(url))).collect()
}

/// What messages are made of.
fn sources(database: &Database, auth: &Auth) -> Sources {
    Sources {
        users: Arc::clone(&database.users),
        bookings: Arc::clone(&database.bookings),
        offers: Arc::clone(&database.offers),
        partners: Arc::clone(&database.partners),
        teams: Arc::clone(&database.teams),
        notifications: Arc::clone(&database.notifications),
        announcements: Arc::clone(&database.announcements),
        payments: Arc::clone(&database.payments),
        identities: Arc::clone(&database.identities),
        reviews: Arc::clone(&database.reviews),
        code_store: Arc::clone(&auth.code_store),
        codes: auth.codes.clone(),
    }
}

fn unsubscribe_links(config: &Config, auth: &Auth) -> Option<UnsubscribeLinks> {
    let url = config.messages.unsubscribe.clone()?;
    Some(UnsubscribeLinks {
        url,
        tokens: auth.unsubscribing.clone(),
    })
}

/// Keeps messages; in production their texts are not logged.
fn unsent(config: &Config) -> UnsentMessages {
    UnsentMessages::new(if config.environment.is_production() {
        MessageLog::KeyOnly
    } else {
        MessageLog::Full
    })
}

/// The provider of each channel; `unsent` where none is configured.
fn providers(
    config: &ProvidersConfig,
    unsent: &Arc<UnsentMessages>,
) -> Result<Providers, SetupError> {
    let unsent = || Arc::clone(unsent) as Arc<dyn Provider>;
    Ok(Providers {
        email: match &config.email {
            Some(config) => Arc::new(Ses::new(config.clone())?),
            None => unsent(),
        },
        sms: match &config.sms {
            Some(config) => Arc::new(Twilio::new(config.clone())?),
            None => unsent(),
        },
        push: match &config.push {
            Some(config) => Arc::new(OneSignal::new(config.clone())?),
            None => unsent(),
        },
    })
}

fn events(config: &ProvidersConfig) -> Result<Option<ProductEvents>, SetupError> {
    let Some(events) = &config.events else {
        return Ok(None);
    };
    Ok(Some(ProductEvents {
        outlet: Arc::new(Amplitude::new(&events.amplitude)?),
        pseudonyms: events.pseudonyms(),
    }))
}

/// The checks of identities, if there is a provider.
fn identity(
    config: &ProvidersConfig,
    database: &Database,
    clock: &Clock,
    wake: &watch::Sender<()>,
) -> Result<Option<Identity>, SetupError> {
    let Some(config) = &config.identity else {
        return Ok(None);
    };
    let clock = clock.clone();
    Ok(Some(Identity::new(identity::Parts {
        store: Arc::clone(&database.identities),
        provider: Arc::new(Veriff::new(config.veriff.clone())?),
        pseudonyms: config.pseudonyms(),
        terms: config.terms.clone(),
        now: Arc::new(move || clock.now_ms()),
        wake: wake.clone(),
    })))
}

/// The payments, if there is a provider.
fn payments(
    config: &ProvidersConfig,
    store: &Arc<dyn PaymentStore>,
    clock: Clock,
    (wake, purges_stored): (&watch::Sender<()>, &watch::Sender<()>),
) -> Result<Option<Payments>, SetupError> {
    let Some(config) = &config.payments else {
        return Ok(None);
    };
    Ok(Some(Payments::new(payments::Parts {
        store: Arc::clone(store),
        provider: Arc::new(Stripe::new(config.stripe.clone())?),
        publishable_key: config.publishable_key.clone(),
        terms: Terms {
            fee_bp: config.fee_bp,
        },
        now: Arc::new(move || clock.now_ms()),
        wake: wake.clone(),
        purges_stored: purges_stored.clone(),
    })))
}

fn maps(config: &ProvidersConfig) -> Result<Option<Arc<dyn Maps>>, SetupError> {
    let google = config.maps.as_ref().map(Google::new).transpose()?;
    Ok(google.map(|google| Arc::new(google) as Arc<dyn Maps>))
}

/// The uploads of pictures, if there is a bucket.
fn uploads(
    config: &PicturesConfig,
    store: &Arc<dyn PictureStore>,
    caches: &Caches,
    clock: Clock,
) -> Result<Option<Uploads>, s3::ConfigError> {
    let Some(bucket) = &config.bucket else {
        return Ok(None);
    };
    Ok(Some(Uploads::new(uploads::Parts {
        bucket: Bucket::new(&bucket.config)?,
        public: bucket.public.clone(),
        pool: Pictures::new(&config.pool()),
        store: Arc::clone(store),
        now: Arc::new(move || clock.now_ms()),
        tasks: caches.tasks.clone(),
    })))
}

/// Opens the purge log and reads it once, so that the first requests can trust cached entries.
async fn open_log(
    config: &Config,
    database: &Database,
    caches: &Caches,
    now_ms: i64,
) -> Result<PurgeLog, StateError> {
    let redis = caches.redis_log(&config.cache);
    let backend = database.log(redis, LogRole::Server, now_ms).await?;
    let (purges, feed) = (Arc::clone(&database.purges), Arc::clone(&caches.feed));
    let purge_log = PurgeLog::open(purges, backend, feed).await?;
    if let Err(error) = tail::check_once(&caches.feed, &purge_log).await {
        // The tail task keeps trying; until it succeeds, no cached entry is trusted.
        tracing::warn!(error, "the purge log cannot be read yet");
    }
    Ok(purge_log)
}
