//! What every request shares.

use std::{
    fmt,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use cache_tiered::tail;
use pq_core::compile::{CompileError, Compiler};

use crate::{
    access::{Auth, passwords::PasswordError, rate::RateLimiter, sessions::Sessions},
    api::{
        caches::Caches,
        documents::Documents,
        execution::spellings::Spellings,
        schema as graphql,
        schema::{Asked, Schema},
        stats::counter::Views,
    },
    domain::{
        bookings::store::BookingStore, offers::store::OfferStore, partners::store::PartnerStore,
        stats::store::StatsStore, team::store::TeamStore, users::store::UserStore,
    },
    providers::outgoing::Kept,
    purging::{PurgeLog, PurgeStore, Role, relay::RelayStatus},
    server::{
        config::Config,
        database::{Database, NoLog},
        live::Hub,
    },
    store_sqlite::database::StoreError,
};

/// Where `now` comes from.
#[derive(Clone)]
pub enum Clock {
    System,
    /// A test's own.
    Manual(Arc<dyn Fn() -> i64 + Send + Sync>),
}

impl Clock {
    /// Milliseconds since the epoch.
    pub fn now_ms(&self) -> i64 {
        match self {
            Self::System => SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .ok()
                .and_then(|elapsed| i64::try_from(elapsed.as_millis()).ok())
                .unwrap_or(0),
            Self::Manual(now) => now(),
        }
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::System => "System",
            Self::Manual(_) => "Manual",
        })
    }
}

/// Told of every read of a store once it is done: what a test counts, and where it interferes.
#[derive(Clone, Default)]
pub struct ReadObserver(Option<Arc<dyn Fn(&'static str) + Send + Sync>>);

impl ReadObserver {
    pub fn new(observe: impl Fn(&'static str) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(observe)))
    }

    /// Runs one read; `what` is its name in logs.
    pub(crate) async fn read<T>(
        &self,
        what: &'static str,
        read: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let outcome = read.await;
        tracing::trace!(what, ok = outcome.is_ok(), "store read");
        if let Some(observe) = &self.0 {
            observe(what);
        }
        outcome
    }
}

impl fmt::Debug for ReadObserver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReadObserver")
    }
}

/// Why the state cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    #[error("the store cannot be opened")]
    Store(#[from] StoreError),
    #[error(transparent)]
    NoLog(#[from] NoLog),
    #[error("no password can be hashed")]
    Passwords(#[from] PasswordError),
    #[error("our own schema is refused")]
    Schema(#[from] CompileError),
}

/// Clones share everything.
#[derive(Clone, Debug)]
pub struct AppState(Arc<Shared>);

pub struct Shared {
    pub config: Config,
    pub clock: Clock,
    pub observer: ReadObserver,
    pub offers: Arc<dyn OfferStore>,
    pub partners: Arc<dyn PartnerStore>,
    pub purges: Arc<dyn PurgeStore>,
    pub users: Arc<dyn UserStore>,
    pub bookings: Arc<dyn BookingStore>,
    pub teams: Arc<dyn TeamStore>,
    pub stats: Arc<dyn StatsStore>,
    /// Views that were not stored yet.
    pub views: Views,
    pub auth: Auth,
    pub outgoing: Arc<Kept>,
    pub caches: Caches,
    pub purge_log: PurgeLog,
    /// One per edge, in the configuration's order.
    pub relays: Vec<Arc<RelayStatus>>,
    pub documents: Documents,
    pub spellings: Spellings<Asked>,
    pub rate_limiter: RateLimiter,
    /// Who is subscribed here.
    pub live: Hub,
    pub compiler: Arc<Compiler>,
    pub schema: Schema,
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
    /// Opens the log and compiles the schema over an open database.
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
        let backend = database.log(caches.redis_log(&config.cache))?;
        let (purges, feed) = (database.purges, Arc::clone(&caches.feed));
        let purge_log = PurgeLog::open(Arc::clone(&purges), backend, Role::Server, feed).await?;
        if let Err(error) = tail::check_once(&caches.feed, &purge_log).await {
            // The tail goes on trying; until then nothing that is kept is trusted.
            tracing::warn!(error, "the purge log cannot be read yet");
        }
        let sessions = caches.redis_sessions(&config.cache);
        let sessions = sessions.map(|sessions| Arc::new(sessions) as Arc<dyn Sessions>);
        let sessions = sessions.unwrap_or(database.sessions);
        let users = database.users;
        let auth = Auth::new(
            &config.auth,
            Arc::clone(&users),
            sessions,
            database.codes,
            database.service_tokens,
        )?;
        let outgoing = Arc::new(Kept::new(config.auth.telling));
        let relays = config.edge.urls.iter().map(RelayStatus::new);
        let relays = relays.map(Arc::new).collect();
        Ok(Self(Arc::new(Shared {
            relays,
            clock,
            observer,
            documents: Documents::new(database.documents, Arc::clone(&caches.feed)),
            offers: database.offers,
            partners: database.partners,
            bookings: database.bookings,
            spellings: Spellings::default(),
            rate_limiter: caches.rate_limiter(&config.cache),
            live: Hub::new(config.live),
            purges,
            users,
            teams: database.teams,
            stats: database.stats,
            views: Views::default(),
            auth,
            outgoing,
            purge_log,
            caches,
            schema: graphql::schema(config.environment),
            config,
            compiler: Arc::new(Compiler::new(&graphql::sdl())?),
        })))
    }
}
