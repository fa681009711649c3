//! The database: one store per functional block, all of one backend.

use std::sync::Arc;

use cache_tiered::RedisLog;

use crate::{
    auth::{
        codes::{CodeStore, embedded::EmbeddedCodes, mongo::MongoCodes},
        service_tokens::{
            ServiceTokenStore, embedded::EmbeddedServiceTokens, mongo::MongoServiceTokens,
        },
        sessions::{Sessions, embedded::EmbeddedSessions, mongo::MongoSessions},
    },
    catalogue::{
        CatalogueStore,
        store::{embedded::EmbeddedCatalogue, mongo::MongoCatalogue},
    },
    documents::store::{DocumentStore, embedded::EmbeddedDocuments, mongo::MongoDocuments},
    embedded::EmbeddedDb,
    mongo::MongoDb,
    offers::store::{OfferStore, embedded::EmbeddedOffers, mongo::MongoOffers},
    outings::store::{BookingStore, embedded::EmbeddedBookings, mongo::MongoBookings},
    partners::store::{PartnerStore, embedded::EmbeddedPartners, mongo::MongoPartners},
    purge::{
        Backend, PurgeStore,
        store::{embedded::EmbeddedPurges, mongo::MongoPurges},
    },
    stats::store::{StatsStore, embedded::EmbeddedStats, mongo::MongoStats},
    team::store::{TeamStore, embedded::EmbeddedTeams, mongo::MongoTeams},
    users::store::{UserStore, embedded::EmbeddedUsers, mongo::MongoUsers},
};

/// Clones share everything.
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
    /// Where sessions are without Redis.
    pub sessions: Arc<dyn Sessions>,
    pub codes: Arc<dyn CodeStore>,
    pub service_tokens: Arc<dyn ServiceTokenStore>,
    pub bookings: Arc<dyn BookingStore>,
    /// The embedded store can hold the purge log as well.
    embedded: Option<EmbeddedDb>,
}

/// Other backends are for several servers, which share a log in Redis.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("this database needs Redis for the purge log: set YOUSOON_REDIS_URL")]
pub struct NoLog;

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
            service_tokens: Arc::new(EmbeddedServiceTokens::new(db.clone())),
            bookings: Arc::new(EmbeddedBookings::new(db.clone())),
            embedded: Some(db.clone()),
        }
    }

    /// The stores of a database that can do transactions and has our schema.
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
            service_tokens: Arc::new(MongoServiceTokens::new(db.clone())),
            bookings: Arc::new(MongoBookings::new(db.clone())),
            embedded: None,
        }
    }

    /// Where the purge log is: in Redis, if there is one.
    pub fn log(&self, redis: Option<RedisLog>) -> Result<Backend, NoLog> {
        match (redis, &self.embedded) {
            (Some(redis), _) => Ok(Backend::Redis(Arc::new(redis))),
            (None, Some(db)) => Ok(Backend::Embedded(db.clone())),
            (None, None) => Err(NoLog),
        }
    }
}
