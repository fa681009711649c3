//! MongoDB: the connection, what the server can do, transactions, and the schema.
//!
//! Reading order: [`MongoUrl`] → [`MongoDb::open`] (`connect`) → what the server is ([`server`]) →
//! [`MongoDb::run`] (one operation, bounded in time) and [`MongoDb::transaction`] → [`migrations`].
//! Only documented commands: Azure DocumentDB speaks them too.

use std::{fmt, sync::Arc, time::Duration};

use mongodb::{Client, Collection, Database};
use tokio::sync::OnceCell;
use tracing::Instrument as _;

use crate::{limits::bounded, metrics::Metrics};

pub use crate::error::MongoError;
pub use crate::opening::{OpenError, Patience};
pub use crate::server::{NoTransactions, ServerFacts};
pub use crate::url::{MongoUrl, MongoUrlError};

/// How long one operation of a request may take. A request has 10 s: one such and a transaction.
pub const OPERATION_WITHIN: Duration = Duration::from_secs(4);

/// A handle on the database; clones share its connections.
#[derive(Clone)]
pub struct MongoDb {
    client: Client,
    database: Database,
    facts: Arc<ServerFacts>,
    /// Whether transactions work; tried once, at the first use.
    transactions: Arc<OnceCell<Result<(), NoTransactions>>>,
    together: Together,
    metrics: Metrics,
}

/// How writes that belong together are done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Together {
    InTransaction,
    /// Never in a program.
    OneByOne,
}

impl MongoDb {
    pub fn new(client: Client, database: &str, facts: ServerFacts, metrics: Metrics) -> Self {
        Self {
            database: client.database(database),
            client,
            facts: Arc::new(facts),
            transactions: Arc::default(),
            together: Together::InTransaction,
            metrics,
        }
    }

    /// For tests on a server that has no transactions: writes that belong together are done one by
    /// one, and what was done stays when a later one fails. No program opens a database like this:
    /// [`Self::require_transactions`] refuses it.
    #[must_use]
    pub const fn with_writes_one_by_one(mut self) -> Self {
        self.together = Together::OneByOne;
        self
    }

    /// The driver's handle; an operation on it belongs into [`MongoDb::run`].
    pub const fn database(&self) -> &Database {
        &self.database
    }

    /// A collection of this database.
    pub fn collection<T: Send + Sync>(&self, name: &str) -> Collection<T> {
        self.database.collection(name)
    }

    /// A driver's session, for a transaction.
    pub(crate) async fn start_session(
        &self,
    ) -> Result<mongodb::ClientSession, mongodb::error::Error> {
        self.client.start_session().await
    }

    pub const fn together(&self) -> Together {
        self.together
    }

    /// The metrics of this handle and its clones.
    pub const fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// What the server said of itself.
    pub fn facts(&self) -> &ServerFacts {
        &self.facts
    }

    /// Refuses, with what to do, a server that cannot do transactions. The first call tries one.
    pub async fn require_transactions(&self) -> Result<(), NoTransactions> {
        match self.together {
            Together::InTransaction => {}
            Together::OneByOne => return Err(NoTransactions::by_choice()),
        }
        let tried = self
            .transactions
            .get_or_init(|| crate::server::try_transaction(self));
        tried.await.clone()
    }

    /// Runs one operation for a request: an answer within [`OPERATION_WITHIN`], whatever the
    /// network does.
    pub async fn run<T, F>(&self, work: F) -> Result<T, MongoError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, MongoError>> + Send + 'static,
    {
        self.run_within(OPERATION_WITHIN, work).await
    }

    /// As [`Self::run`], for an operation that may take longer than a request waits.
    pub async fn run_within<T, F>(&self, within: Duration, work: F) -> Result<T, MongoError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, MongoError>> + Send + 'static,
    {
        let call = self.metrics.begin::<F>();
        let span = call.span().clone();
        let outcome = bounded(within, work).instrument(span).await;
        call.ended(&outcome);
        outcome
    }
}

impl fmt::Debug for MongoDb {
    /// Without the client: its options are nobody's business in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MongoDb")
            .field("database", &self.database.name())
            .field("facts", &self.facts)
            .finish_non_exhaustive()
    }
}
