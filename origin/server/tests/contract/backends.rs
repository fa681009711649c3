//! The backends, and fresh databases on each of them.

use std::{any::Any, fmt, pin::Pin, sync::Arc, thread};

use domain::{
    Offer,
    catalogue::{Announce, Family, Reach},
    purges::OutboxRow,
};
use store_sqlite::database::EmbeddedDb;
use yousoon::database::Database;

use crate::{mongo, samples::NOW_MS};

pub(crate) type Work<T> = Pin<Box<dyn Future<Output = T>>>;

/// What a server may lack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ability {
    /// Several writes are one, also to others.
    Transactions,
    /// Questions about places.
    Geo,
    /// Searches of words.
    Text,
    /// Joins with conditions of their own.
    Joins,
}

impl fmt::Display for Ability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Transactions => "transactions",
            Self::Geo => "queries by place",
            Self::Text => "searches of words",
            Self::Joins => "joins with conditions",
        })
    }
}

/// What a backend lacks, and what it said to who tried.
pub(crate) type Lacking = Vec<(Ability, String)>;

pub(crate) struct Backend {
    pub(crate) name: String,
    pub(crate) lacks: Lacking,
    /// How many tests run at once.
    pub(crate) at_once: usize,
    /// An empty database that no other test sees.
    pub(crate) open: Arc<dyn Fn() -> Work<Fresh> + Send + Sync>,
}

/// All backends; fails, and says what to do, where there is no server to test on.
pub(crate) fn all() -> anyhow::Result<Vec<Backend>> {
    let embedded = Backend {
        name: "embedded".to_owned(),
        lacks: Lacking::new(),
        at_once: thread::available_parallelism().map_or(2, usize::from),
        open: Arc::new(|| Box::pin(async { embedded() })),
    };
    let mut all = vec![embedded];
    all.extend(tokio::runtime::Runtime::new()?.block_on(mongo::backends())?);
    Ok(all)
}

fn embedded() -> Fresh {
    let dir = tempfile::tempdir().unwrap();
    let db = EmbeddedDb::open(dir.path()).unwrap();
    let path = dir.path().to_owned();
    let again = move || -> Work<Database> {
        let db = EmbeddedDb::open(&path).unwrap();
        Box::pin(async move { Database::embedded(&db) })
    };
    Fresh::new(Database::embedded(&db), dir).opened_by(again)
}

/// A database of one test's own.
pub(crate) struct Fresh {
    pub(crate) db: Database,
    again: Option<Box<dyn Fn() -> Work<Database>>>,
    /// What ends with the test, such as the folder of the data.
    _until: Box<dyn Any>,
}

impl Fresh {
    pub(crate) fn new(db: Database, until: impl Any) -> Self {
        Self {
            db,
            again: None,
            _until: Box::new(until),
        }
    }

    /// Opens the same database once more.
    pub(crate) fn opened_by(mut self, again: impl Fn() -> Work<Database> + 'static) -> Self {
        self.again = Some(Box::new(again));
        self
    }

    /// The same database, as another server has it: nothing in memory is shared.
    pub(crate) async fn of_another_server(&self) -> Database {
        self.again.as_ref().unwrap()().await
    }

    /// Stores what a test starts from. It leaves a purge in the outbox.
    pub(crate) async fn fill(&self, families: Vec<Family>) {
        /// Families in one transaction: a busy server has five seconds for it.
        const AT_ONCE: usize = 50;
        let mut instead_of = None;
        for some in families.chunks(AT_ONCE) {
            let announce = Announce {
                reach: Reach::Everything { instead_of },
                reason: "filled".into(),
                actor: "contract".into(),
            };
            let added = self.db.catalogue.add(some.to_vec(), announce, NOW_MS);
            instead_of = added.await.unwrap().purge;
        }
    }

    /// A database with as many sample offers, and they.
    pub(crate) async fn sampled(&self, offers: usize) -> Vec<Offer> {
        let families: Vec<_> = domain::catalogue::sample::families(offers, NOW_MS).collect();
        self.fill(families.clone()).await;
        families
            .into_iter()
            .flat_map(|family| family.offers)
            .collect()
    }

    /// What waits in the outbox, by ids: in no order that says anything.
    pub(crate) async fn pending(&self) -> Vec<OutboxRow> {
        let rows = self.db.purges.pending(0, 99);
        rows.await.unwrap()
    }

    /// What came into the outbox after these rows.
    pub(crate) async fn pending_after(&self, before: &[OutboxRow]) -> Vec<OutboxRow> {
        let mut rows = self.pending().await;
        rows.retain(|row| !before.contains(row));
        rows
    }
}
