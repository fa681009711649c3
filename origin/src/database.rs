//! The database: one store per functional block, all of one backend.

use std::sync::Arc;

use cache_tiered::RedisLog;

use crate::{
    catalogue::{CatalogueStore, store::embedded::EmbeddedCatalogue},
    documents::store::{DocumentStore, embedded::EmbeddedDocuments},
    embedded::EmbeddedDb,
    offers::store::{OfferStore, embedded::EmbeddedOffers},
    partners::store::{PartnerStore, embedded::EmbeddedPartners},
    purge::{Backend, PurgeStore, store::embedded::EmbeddedPurges},
};

/// Clones share everything.
#[derive(Clone, Debug)]
pub struct Database {
    pub offers: Arc<dyn OfferStore>,
    pub partners: Arc<dyn PartnerStore>,
    pub documents: Arc<dyn DocumentStore>,
    pub catalogue: Arc<dyn CatalogueStore>,
    pub purges: Arc<dyn PurgeStore>,
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
            embedded: Some(db.clone()),
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
