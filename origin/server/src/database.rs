//! The database: one store per functional block, all in the same backend.

use std::sync::Arc;

use cache_tiered::RedisLog;
use domain::{
    StoreError,
    announcements::store::AnnouncementStore,
    auth::{
        codes::CodeStore, known_devices::KnownDevices, service_tokens::ServiceTokenStore,
        sessions::Sessions,
    },
    bookings::store::BookingStore,
    catalogue::CatalogueStore,
    documents::DocumentStore,
    identity::store::IdentityStore,
    messages::{reach::ReachStore, templates::TemplateStore},
    notifications::store::NotificationStore,
    offers::store::OfferStore,
    operators::store::OperatorStore,
    partners::store::PartnerStore,
    payments::store::PaymentStore,
    pictures::store::PictureStore,
    purges::{LogRole, PurgeStore},
    queue::store::QueueStore,
    reviews::store::ReviewStore,
    rows::RowStore,
    site::store::SiteStore,
    stats::store::StatsStore,
    team::store::TeamStore,
    users::store::UserStore,
};
use prometheus_client::registry::Registry;
use purging::Backend;
use store_mongo::{
    database::MongoDb,
    stores::{
        announcements::MongoAnnouncements, bookings::MongoBookings, catalogue::MongoCatalogue,
        codes::MongoCodes, documents::MongoDocuments, identity::MongoIdentity,
        known_devices::MongoKnownDevices, notifications::MongoNotifications, offers::MongoOffers,
        operators::MongoOperators, partners::MongoPartners, payments::MongoPayments,
        pictures::MongoPictures, purges::MongoPurges, queue::MongoQueue, reach::MongoReach,
        reviews::MongoReviews, rows::MongoRows, service_tokens::MongoServiceTokens,
        sessions::MongoSessions, site::MongoSite, stats::MongoStats, team::MongoTeams,
        templates::MongoTemplates, users::MongoUsers,
    },
};
use store_sqlite::{
    database::EmbeddedDb,
    log::EmbeddedLog,
    stores::{
        announcements::EmbeddedAnnouncements, bookings::EmbeddedBookings,
        catalogue::EmbeddedCatalogue, codes::EmbeddedCodes, documents::EmbeddedDocuments,
        identity::EmbeddedIdentity, known_devices::EmbeddedKnownDevices,
        notifications::EmbeddedNotifications, offers::EmbeddedOffers, operators::EmbeddedOperators,
        partners::EmbeddedPartners, payments::EmbeddedPayments, pictures::EmbeddedPictures,
        purges::EmbeddedPurges, queue::EmbeddedQueue, reach::EmbeddedReach,
        reviews::EmbeddedReviews, rows::EmbeddedRows, service_tokens::EmbeddedServiceTokens,
        sessions::EmbeddedSessions, site::EmbeddedSite, stats::EmbeddedStats, team::EmbeddedTeams,
        templates::EmbeddedTemplates, users::EmbeddedUsers,
    },
};

/// The stores of one backend; cloning it is cheap.
#[derive(Clone, Debug)]
pub struct Database {
    pub offers: Arc<dyn OfferStore>,
    pub partners: Arc<dyn PartnerStore>,
    pub documents: Arc<dyn DocumentStore>,
    pub catalogue: Arc<dyn CatalogueStore>,
    pub purges: Arc<dyn PurgeStore>,
    pub users: Arc<dyn UserStore>,
    pub teams: Arc<dyn TeamStore>,
    pub stats: Arc<dyn StatsStore>,
    /// Sessions; used when there is no Redis.
    pub sessions: Arc<dyn Sessions>,
    pub codes: Arc<dyn CodeStore>,
    pub known_devices: Arc<dyn KnownDevices>,
    pub service_tokens: Arc<dyn ServiceTokenStore>,
    pub bookings: Arc<dyn BookingStore>,
    pub queue: Arc<dyn QueueStore>,
    pub reach: Arc<dyn ReachStore>,
    pub notifications: Arc<dyn NotificationStore>,
    pub templates: Arc<dyn TemplateStore>,
    pub announcements: Arc<dyn AnnouncementStore>,
    pub pictures: Arc<dyn PictureStore>,
    pub payments: Arc<dyn PaymentStore>,
    pub identities: Arc<dyn IdentityStore>,
    pub reviews: Arc<dyn ReviewStore>,
    pub operators: Arc<dyn OperatorStore>,
    /// Row access for export, restore and copy.
    pub rows: Arc<dyn RowStore>,
    pub site: Arc<dyn SiteStore>,
    /// The embedded database, which can also hold the purge log. None for other backends.
    embedded: Option<EmbeddedDb>,
    pub metrics: BackendMetrics,
}

/// What a backend measures of itself.
#[derive(Clone, Debug)]
pub enum BackendMetrics {
    Sqlite(store_sqlite::metrics::Metrics),
    Mongo(store_mongo::metrics::Metrics),
}

impl BackendMetrics {
    pub(crate) fn register(&self, registry: &mut Registry) {
        match self {
            Self::Sqlite(metrics) => metrics.register(registry),
            Self::Mongo(metrics) => metrics.register(registry),
        }
    }
}

/// Why the purge log cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum NoLog {
    /// Backends other than the embedded one serve several servers, which share a log in Redis.
    #[error("this database needs Redis for the purge log: set YOUSOON_REDIS_URL")]
    Redis,
    #[error("the purge log in the database cannot be opened")]
    Store(#[from] StoreError),
}

impl Database {
    pub fn embedded(db: &EmbeddedDb) -> Self {
        Self {
            offers: Arc::new(EmbeddedOffers::new(db.clone())),
            partners: Arc::new(EmbeddedPartners::new(db.clone())),
            documents: Arc::new(EmbeddedDocuments::new(db.clone())),
            catalogue: Arc::new(EmbeddedCatalogue::new(db.clone())),
            purges: Arc::new(EmbeddedPurges::new(db.clone())),
            users: Arc::new(EmbeddedUsers::new(db.clone())),
            teams: Arc::new(EmbeddedTeams::new(db.clone())),
            stats: Arc::new(EmbeddedStats::new(db.clone())),
            sessions: Arc::new(EmbeddedSessions::new(db.clone())),
            codes: Arc::new(EmbeddedCodes::new(db.clone())),
            known_devices: Arc::new(EmbeddedKnownDevices::new(db.clone())),
            service_tokens: Arc::new(EmbeddedServiceTokens::new(db.clone())),
            bookings: Arc::new(EmbeddedBookings::new(db.clone())),
            queue: Arc::new(EmbeddedQueue::new(db.clone())),
            reach: Arc::new(EmbeddedReach::new(db.clone())),
            notifications: Arc::new(EmbeddedNotifications::new(db.clone())),
            templates: Arc::new(EmbeddedTemplates::new(db.clone())),
            announcements: Arc::new(EmbeddedAnnouncements::new(db.clone())),
            pictures: Arc::new(EmbeddedPictures::new(db.clone())),
            payments: Arc::new(EmbeddedPayments::new(db.clone())),
            identities: Arc::new(EmbeddedIdentity::new(db.clone())),
            reviews: Arc::new(EmbeddedReviews::new(db.clone())),
            operators: Arc::new(EmbeddedOperators::new(db.clone())),
            rows: Arc::new(EmbeddedRows::new(db.clone())),
            site: Arc::new(EmbeddedSite::new(db.clone())),
            embedded: Some(db.clone()),
            metrics: BackendMetrics::Sqlite(db.metrics().clone()),
        }
    }

    /// The stores of a MongoDB that supports transactions and is migrated to our schema.
    pub fn mongo(db: &MongoDb) -> Self {
        Self {
            offers: Arc::new(MongoOffers::new(db.clone())),
            partners: Arc::new(MongoPartners::new(db.clone())),
            documents: Arc::new(MongoDocuments::new(db.clone())),
            catalogue: Arc::new(MongoCatalogue::new(db.clone())),
            purges: Arc::new(MongoPurges::new(db.clone())),
            users: Arc::new(MongoUsers::new(db.clone())),
            teams: Arc::new(MongoTeams::new(db.clone())),
            stats: Arc::new(MongoStats::new(db.clone())),
            sessions: Arc::new(MongoSessions::new(db.clone())),
            codes: Arc::new(MongoCodes::new(db.clone())),
            known_devices: Arc::new(MongoKnownDevices::new(db.clone())),
            service_tokens: Arc::new(MongoServiceTokens::new(db.clone())),
            bookings: Arc::new(MongoBookings::new(db.clone())),
            queue: Arc::new(MongoQueue::new(db.clone())),
            reach: Arc::new(MongoReach::new(db.clone())),
            notifications: Arc::new(MongoNotifications::new(db.clone())),
            templates: Arc::new(MongoTemplates::new(db.clone())),
            announcements: Arc::new(MongoAnnouncements::new(db.clone())),
            pictures: Arc::new(MongoPictures::new(db.clone())),
            payments: Arc::new(MongoPayments::new(db.clone())),
            identities: Arc::new(MongoIdentity::new(db.clone())),
            reviews: Arc::new(MongoReviews::new(db.clone())),
            operators: Arc::new(MongoOperators::new(db.clone())),
            rows: Arc::new(MongoRows::new(db.clone())),
            site: Arc::new(MongoSite::new(db.clone())),
            embedded: None,
            metrics: BackendMetrics::Mongo(db.metrics().clone()),
        }
    }

    /// Opens the purge log: in Redis if configured, else in the embedded database.
    pub async fn log(
        &self,
        redis: Option<RedisLog>,
        role: LogRole,
        now_ms: i64,
    ) -> Result<Backend, NoLog> {
        match (redis, &self.embedded) {
            (Some(redis), _) => Ok(Backend::Redis(Arc::new(redis))),
            (None, Some(db)) => {
                let log = EmbeddedLog::open(db.clone(), role, now_ms).await?;
                Ok(Backend::Database(Arc::new(log)))
            }
            (None, None) => Err(NoLog::Redis),
        }
    }
}
