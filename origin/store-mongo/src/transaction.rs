//! Transactions: all or nothing, run again when another one was faster.
//!
//! The whole work is run again after a `TransientTransactionError`, and after a write conflict
//! (code 112 or 16777220) with or without that label: Azure DocumentDB never sends one. Work that adds what is missing
//! is run again as well when a unique index says no, and any work when another page took its slug. A commit whose outcome is not known is
//! committed again, which is safe.

#[cfg(test)]
mod tests;

use std::time::Duration;

use futures_util::future::BoxFuture;
use mongodb::error::{TRANSIENT_TRANSACTION_ERROR, UNKNOWN_TRANSACTION_COMMIT_RESULT};
use tokio::time::Instant;
use tracing::Instrument as _;

use crate::{backoff::Backoff, database::MongoDb, error::MongoError, limits::bounded, tx::Tx};

/// After this nothing is tried again, and nothing is committed for the first time.
pub const TRANSACTION_WITHIN: Duration = Duration::from_secs(5);
/// What the last try may take beyond it; then the caller is told that nothing is known.
const GRACE: Duration = Duration::from_secs(1);
const FIRST_WAIT: Duration = Duration::from_millis(5);
const LONGEST_WAIT: Duration = Duration::from_millis(500);

impl MongoDb {
    /// Runs `work` in one transaction and commits it; an error rolls it back. It may be run several
    /// times, so it does nothing but operations of its [`Tx`].
    pub async fn transaction<T, F>(&self, work: F) -> Result<T, MongoError>
    where
        T: Send + 'static,
        F: for<'s> FnMut(&'s mut Tx) -> BoxFuture<'s, Result<T, MongoError>> + Send + 'static,
    {
        self.transaction_with(work, OnDuplicate::Fail).await
    }

    /// As [`Self::transaction`], for work that looks what there is and adds what is missing: run again
    /// when a unique index says no. Another one added the same meanwhile, and now it is seen.
    pub async fn transaction_that_adds<T, F>(&self, work: F) -> Result<T, MongoError>
    where
        T: Send + 'static,
        F: for<'s> FnMut(&'s mut Tx) -> BoxFuture<'s, Result<T, MongoError>> + Send + 'static,
    {
        self.transaction_with(work, OnDuplicate::RunAgain).await
    }

    async fn transaction_with<T, F>(
        &self,
        work: F,
        on_duplicate: OnDuplicate,
    ) -> Result<T, MongoError>
    where
        T: Send + 'static,
        F: for<'s> FnMut(&'s mut Tx) -> BoxFuture<'s, Result<T, MongoError>> + Send + 'static,
    {
        let db = self.clone();
        let call = self.metrics().begin::<F>();
        let running = bounded(TRANSACTION_WITHIN + GRACE, async move {
            let tx = Tx::new(&db).await?;
            run_to_the_end(&mut InTx { tx, work }, on_duplicate).await
        });
        let outcome = running.instrument(call.span().clone()).await;
        call.ended(&outcome);
        outcome.map_err(|error| match error {
            silent @ MongoError::NoAnswer { .. } => MongoError::UnknownOutcome {
                last: Box::new(silent),
            },
            other => other,
        })
    }
}

/// What a unique index that says no means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OnDuplicate {
    Fail,
    RunAgain,
}

/// What a transaction is made of; tests let each part fail.
trait Parts {
    type Output;
    fn begin(&mut self) -> impl Future<Output = Result<(), MongoError>> + Send;
    fn work(&mut self) -> impl Future<Output = Result<Self::Output, MongoError>> + Send;
    fn commit(&mut self) -> impl Future<Output = Result<(), MongoError>> + Send;
    fn abort(&mut self) -> impl Future<Output = ()> + Send;
}

struct InTx<F> {
    tx: Tx,
    work: F,
}

impl<T, F> Parts for InTx<F>
where
    T: Send,
    F: for<'s> FnMut(&'s mut Tx) -> BoxFuture<'s, Result<T, MongoError>> + Send,
{
    type Output = T;

    async fn begin(&mut self) -> Result<(), MongoError> {
        self.tx.begin().await
    }

    async fn work(&mut self) -> Result<T, MongoError> {
        (self.work)(&mut self.tx).await
    }

    async fn commit(&mut self) -> Result<(), MongoError> {
        self.tx.commit().await
    }

    async fn abort(&mut self) {
        // The server ends by itself what cannot be aborted.
        if let Err(error) = self.tx.abort().await {
            tracing::debug!("abort: {error}");
        }
    }
}

/// How one run ended that was not committed.
enum Failed {
    /// Nothing was changed, and another run may succeed.
    Again(MongoError),
    ForGood(MongoError),
}

async fn run_to_the_end<P: Parts + Send>(
    parts: &mut P,
    on_duplicate: OnDuplicate,
) -> Result<P::Output, MongoError> {
    let deadline = Instant::now() + TRANSACTION_WITHIN;
    let mut backoff = Backoff::new(FIRST_WAIT, LONGEST_WAIT);
    let mut attempts = 0;
    loop {
        attempts += 1;
        let last = match once(parts, deadline).await {
            Ok(value) => return Ok(value),
            Err(Failed::ForGood(error))
                if on_duplicate == OnDuplicate::RunAgain && error.is_duplicate_key() =>
            {
                error
            }
            Err(Failed::ForGood(error)) => return Err(error),
            Err(Failed::Again(error)) => error,
        };
        let wait = backoff.wait();
        if Instant::now() + wait >= deadline {
            return Err(gave_up(attempts, last));
        }
        tracing::debug!(attempts, "transaction again: {last}");
        tokio::time::sleep(wait).await;
    }
}

fn gave_up(attempts: u32, last: MongoError) -> MongoError {
    MongoError::GaveUp {
        attempts,
        within: TRANSACTION_WITHIN,
        last: Box::new(last),
    }
}

async fn once<P: Parts + Send>(parts: &mut P, deadline: Instant) -> Result<P::Output, Failed> {
    parts.begin().await.map_err(sort)?;
    match parts.work().await {
        // The caller may have been told already that it failed. There is no time for another run.
        Ok(_) if Instant::now() >= deadline => {
            parts.abort().await;
            let within = TRANSACTION_WITHIN;
            Err(Failed::Again(MongoError::NoAnswer { within }))
        }
        Ok(value) => {
            commit(parts, deadline).await?;
            Ok(value)
        }
        Err(error) => {
            parts.abort().await;
            Err(sort(error))
        }
    }
}

async fn commit<P: Parts + Send>(parts: &mut P, deadline: Instant) -> Result<(), Failed> {
    let mut backoff = Backoff::new(FIRST_WAIT, LONGEST_WAIT);
    loop {
        let Err(error) = parts.commit().await else {
            return Ok(());
        };
        if !error.has_label(UNKNOWN_TRANSACTION_COMMIT_RESULT) {
            return Err(sort_commit(error));
        }
        let wait = backoff.wait();
        if Instant::now() + wait >= deadline {
            let last = Box::new(error);
            return Err(Failed::ForGood(MongoError::UnknownOutcome { last }));
        }
        tokio::time::sleep(wait).await;
    }
}

fn sort_commit(error: MongoError) -> Failed {
    match sort(error) {
        // The driver commits again by itself when no answer came: the first time may have done it.
        // And a commit that took too long may be done all the same.
        Failed::ForGood(error) if error.is_unknown_transaction() || error.is_time_limit() => {
            let last = Box::new(error);
            Failed::ForGood(MongoError::UnknownOutcome { last })
        }
        sorted => sorted,
    }
}

fn sort(error: MongoError) -> Failed {
    let is_raced = error.is_write_conflict() || error.is_taken_slug();
    if error.has_label(TRANSIENT_TRANSACTION_ERROR) || is_raced {
        Failed::Again(error)
    } else {
        Failed::ForGood(error)
    }
}
