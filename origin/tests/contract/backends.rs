//! The backends, and fresh databases on each of them.

use std::{any::Any, fmt, pin::Pin};

use yousoon::{
    catalogue::{Announce, Family, Reach},
    database::Database,
    domain::Offer,
    embedded::{EmbeddedDb, outbox::OutboxRow},
};

use crate::samples::NOW_MS;

pub(crate) type Work<T> = Pin<Box<dyn Future<Output = T>>>;

/// What a server may lack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ability {
    /// Several writes are one.
    Transactions,
    /// Lists by distance.
    Geo,
    /// Searches of words.
    Text,
}

impl fmt::Display for Ability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Transactions => "transactions",
            Self::Geo => "queries by place",
            Self::Text => "searches of words",
        })
    }
}

pub(crate) struct Backend {
    pub(crate) name: &'static str,
    pub(crate) abilities: &'static [Ability],
    /// An empty database that no other test sees.
    pub(crate) open: fn() -> Work<Fresh>,
}

pub(crate) fn all() -> Vec<Backend> {
    vec![Backend {
        name: "embedded",
        abilities: &[Ability::Transactions, Ability::Geo, Ability::Text],
        open: || Box::pin(async { embedded() }),
    }]
}

fn embedded() -> Fresh {
    let dir = tempfile::tempdir().unwrap();
    let db = EmbeddedDb::open(dir.path()).unwrap();
    Fresh {
        db: Database::embedded(&db),
        _until: Box::new(dir),
    }
}

/// A database of one test's own.
pub(crate) struct Fresh {
    pub(crate) db: Database,
    /// What ends with the test, such as the folder of the data.
    _until: Box<dyn Any>,
}

impl Fresh {
    /// Stores what a test starts from. It leaves a purge in the outbox.
    pub(crate) async fn fill(&self, families: Vec<Family>) {
        let announce = Announce {
            reach: Reach::Everything { instead_of: None },
            reason: "filled".into(),
            actor: "contract".into(),
        };
        let added = self.db.catalogue.add(families, announce, NOW_MS);
        added.await.unwrap();
    }

    /// A database with as many sample offers, and they.
    pub(crate) async fn sampled(&self, offers: usize) -> Vec<Offer> {
        let families: Vec<_> = yousoon::catalogue::sample::families(offers, NOW_MS).collect();
        self.fill(families.clone()).await;
        families
            .into_iter()
            .flat_map(|family| family.offers)
            .collect()
    }

    /// What waits in the outbox, oldest first.
    pub(crate) async fn pending(&self) -> Vec<OutboxRow> {
        let rows = self.db.purges.pending(99);
        rows.await.unwrap()
    }

    /// What came into the outbox after these rows.
    pub(crate) async fn pending_after(&self, before: &[OutboxRow]) -> Vec<OutboxRow> {
        let mut rows = self.pending().await;
        rows.retain(|row| !before.contains(row));
        rows
    }
}
