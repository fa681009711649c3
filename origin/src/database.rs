//! The database: one store per functional block, all of one backend.

use std::sync::Arc;

use crate::{
    catalogue::{CatalogueStore, store::embedded::EmbeddedCatalogue},
    documents::store::{DocumentStore, embedded::EmbeddedDocuments},
    embedded::EmbeddedDb,
    offers::store::{OfferStore, embedded::EmbeddedOffers},
    partners::store::{PartnerStore, embedded::EmbeddedPartners},
};

/// Clones share everything.
#[derive(Clone, Debug)]
pub struct Database {
    pub offers: Arc<dyn OfferStore>,
    pub partners: Arc<dyn PartnerStore>,
    pub documents: Arc<dyn DocumentStore>,
    pub catalogue: Arc<dyn CatalogueStore>,
    /// For the purge log, which knows no other backend yet.
    pub embedded: EmbeddedDb,
}

impl Database {
    pub fn embedded(db: &EmbeddedDb) -> Self {
        Self {
            offers: Arc::new(EmbeddedOffers::new(db.clone())),
            partners: Arc::new(EmbeddedPartners::new(db.clone())),
            documents: Arc::new(EmbeddedDocuments::new(db.clone())),
            catalogue: Arc::new(EmbeddedCatalogue::new(db.clone())),
            embedded: db.clone(),
        }
    }
}
