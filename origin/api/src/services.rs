//! Shared services for resolvers: stores, accounts, caches, documents and the purge log.

use std::{
    fmt,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use access::{
    Auth,
    keys::KeySet,
    rate::{RateLimiter, RateLimitsConfig},
};
use domain::{
    StoreError,
    announcements::store::AnnouncementStore,
    bookings::store::BookingStore,
    identity::store::IdentityStore,
    messages::{reach::ReachStore, sms_countries::SmsCountries, templates::TemplateStore},
    notifications::store::NotificationStore,
    offers::store::OfferStore,
    operators::store::OperatorStore,
    partners::store::PartnerStore,
    payments::store::PaymentStore,
    pictures::store::PictureStore,
    purges::PurgeStore,
    reviews::store::ReviewStore,
    site::store::SiteStore,
    stats::store::StatsStore,
    team::store::TeamStore,
    users::store::UserStore,
};
use identity::Identity;
use payments::Payments;
use pq_core::compile::Compiler;
use purging::PurgeLog;
use templates::{Current, Links};
use tokio::sync::watch;
use uploads::Uploads;

use crate::{
    caches::Caches,
    documents::{DocumentMode, Documents},
    environment::Environment,
    lists::Lists,
    maps::service::MapService,
    stats::counter::Views,
};

/// Cheap to clone; clones share the same services.
#[derive(Clone, Debug)]
pub struct Services(Arc<Shared>);

/// See [`Services`].
pub struct Shared {
    pub environment: Environment,
    pub clock: Clock,
    pub observer: ReadObserver,
    pub offers: Arc<dyn OfferStore>,
    /// Lists of offers, from memory.
    pub lists: Lists,
    pub partners: Arc<dyn PartnerStore>,
    pub purges: Arc<dyn PurgeStore>,
    pub users: Arc<dyn UserStore>,
    pub bookings: Arc<dyn BookingStore>,
    pub teams: Arc<dyn TeamStore>,
    pub stats: Arc<dyn StatsStore>,
    /// Views that are not stored yet.
    pub views: Views,
    pub auth: Auth,
    /// Keys that sign the QR codes of bookings.
    pub qr_keys: KeySet,
    pub reach: Arc<dyn ReachStore>,
    pub notifications: Arc<dyn NotificationStore>,
    pub announcements: Arc<dyn AnnouncementStore>,
    pub pictures: Arc<dyn PictureStore>,
    pub identities: Arc<dyn IdentityStore>,
    pub reviews: Arc<dyn ReviewStore>,
    pub operators: Arc<dyn OperatorStore>,
    /// Checks identities; none if no provider is configured.
    pub identity: Option<Identity>,
    /// The bucket of pictures; none if none is configured.
    pub uploads: Option<Uploads>,
    pub payment_store: Arc<dyn PaymentStore>,
    /// Who takes payments; none if nobody is configured.
    pub payments: Option<Payments>,
    /// The texts of the inbox, and where they lead.
    pub templates: Current,
    /// Those of them that administrators changed.
    pub stored_templates: Arc<dyn TemplateStore>,
    pub links: Links,
    /// Which phone numbers SMS are sent to.
    pub sms_countries: SmsCountries,
    pub maps: MapService,
    /// Tells this server's workers that there is a task: they look by themselves only now and then.
    pub queue_wake: watch::Sender<()>,
    pub caches: Caches,
    pub purge_log: PurgeLog,
    pub documents: Documents,
    pub document_mode: DocumentMode,
    pub rate_limiter: RateLimiter,
    pub rate_limits: RateLimitsConfig,
    pub compiler: Arc<Compiler>,
    pub site: Arc<dyn SiteStore>,
}

impl Services {
    pub fn new(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }
}

impl std::ops::Deref for Services {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Services").finish_non_exhaustive()
    }
}

/// The source of the current time.
#[derive(Clone)]
pub enum Clock {
    System,
    /// A clock that a test controls.
    Manual(Arc<dyn Fn() -> i64 + Send + Sync>),
}

impl Clock {
    /// The current time, milliseconds since the epoch.
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

/// Called after every store read. Tests use it to count reads and to act between them.
#[derive(Clone, Default)]
pub struct ReadObserver(Option<Arc<dyn Fn(&'static str) + Send + Sync>>);

impl ReadObserver {
    pub fn new(observe: impl Fn(&'static str) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(observe)))
    }

    /// Runs a store read; `what` names it in logs.
    pub async fn read<T>(
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
