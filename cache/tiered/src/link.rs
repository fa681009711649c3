//! The one way to Redis: every call has a timeout, a metric and a circuit breaker.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use redis::{Client, RedisError, RedisResult, aio::MultiplexedConnection};
use tokio::time::{Instant, timeout_at};

use crate::{
    breaker::{Admission, Breaker},
    clock::Clock,
    connecting::Connecting,
    metrics::Metrics,
};

/// Why a call brought nothing.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// Redis, or the way to it.
    #[error("Redis")]
    Redis(#[from] RedisError),
    /// No answer in time.
    #[error("Redis did not answer in {0:?}")]
    Timeout(Duration),
    /// Not tried: the last calls failed.
    #[error("Redis is left alone for a moment: the last calls failed")]
    Open,
    /// What it answered makes no sense.
    #[error("Redis answered something else: {0}")]
    Answer(String),
}

impl LinkError {
    const fn outcome(&self) -> &'static str {
        match self {
            Self::Redis(_) | Self::Answer(_) => "error",
            Self::Timeout(_) => "timeout",
            Self::Open => "refused",
        }
    }
}

/// A connection that is made when it is needed and thrown away when a call fails on it: an answer
/// that comes too late must never be taken for the next call's.
///
/// It is made in a task of its own, which may take longer than a call: a call that gives up leaves
/// it to later ones.
#[derive(Debug)]
pub struct Link {
    client: Client,
    within: Duration,
    /// The connection, or the attempt to make one. Never locked over an `await`.
    slot: Mutex<Option<Connecting>>,
    breaker: Breaker,
    clock: Clock,
    metrics: Metrics,
}

impl Link {
    /// A link whose calls take at most `within`. Nothing is connected yet.
    pub fn new(client: Client, within: Duration, clock: Clock, metrics: Metrics) -> Self {
        Self {
            client,
            within,
            slot: Mutex::default(),
            breaker: Breaker::default(),
            clock,
            metrics,
        }
    }

    /// Whether the last calls failed, so that none is tried for a moment.
    pub fn is_open(&self) -> bool {
        self.breaker.is_open()
    }

    /// Runs one call; `what` is its name in metrics.
    pub async fn call<T, F>(
        &self,
        what: &'static str,
        call: impl FnOnce(MultiplexedConnection) -> F,
    ) -> Result<T, LinkError>
    where
        F: Future<Output = RedisResult<T>>,
    {
        self.call_within(what, self.within, call).await
    }

    /// As [`Link::call`], with a time of its own: for a read that waits.
    pub async fn call_within<T, F>(
        &self,
        what: &'static str,
        within: Duration,
        call: impl FnOnce(MultiplexedConnection) -> F,
    ) -> Result<T, LinkError>
    where
        F: Future<Output = RedisResult<T>>,
    {
        let began = Instant::now();
        let outcome = self.try_call(within, call).await;
        let word = outcome.as_ref().map_or_else(LinkError::outcome, |_| "ok");
        self.metrics.redis_call(what, word, began.elapsed());
        outcome
    }

    async fn try_call<T, F>(
        &self,
        within: Duration,
        call: impl FnOnce(MultiplexedConnection) -> F,
    ) -> Result<T, LinkError>
    where
        F: Future<Output = RedisResult<T>>,
    {
        if self.breaker.admit(self.clock.steady_ms()) == Admission::Refused {
            return Err(LinkError::Open);
        }
        let outcome = self.try_on_a_connection(within, call).await;
        if outcome.as_ref().is_err_and(is_failure) {
            self.breaker.failed(self.clock.steady_ms());
        } else {
            self.breaker.succeeded();
        }
        self.metrics.circuit(self.breaker.is_open());
        outcome
    }

    async fn try_on_a_connection<T, F>(
        &self,
        within: Duration,
        call: impl FnOnce(MultiplexedConnection) -> F,
    ) -> Result<T, LinkError>
    where
        F: Future<Output = RedisResult<T>>,
    {
        let began = Instant::now();
        let mut connecting = self.connecting();
        // For half of the time at most: what a longer wait leaves over is too little for the call,
        // which would take the new connection with it when it fails.
        let wait = within / 2;
        let connection = timeout_at(began + wait, connecting.made())
            .await
            .map_err(|_elapsed| LinkError::Timeout(wait))??;
        let outcome = match timeout_at(began + within, call(connection)).await {
            Ok(outcome) => outcome.map_err(LinkError::Redis),
            Err(_elapsed) => Err(LinkError::Timeout(within)),
        };
        if outcome.as_ref().is_err_and(is_failure) {
            self.forget(&connecting);
        }
        outcome
    }

    fn slot(&self) -> MutexGuard<'_, Option<Connecting>> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connection, or the one attempt to make one.
    fn connecting(&self) -> Connecting {
        let mut slot = self.slot();
        match &*slot {
            Some(connecting) if !connecting.has_failed() => connecting.clone(),
            Some(_) | None => slot.insert(Connecting::begin(self.client.clone())).clone(),
        }
    }

    /// Throws a connection away, unless another one took its place.
    fn forget(&self, failed: &Connecting) {
        let mut slot = self.slot();
        if slot.as_ref().is_some_and(|current| current.is(failed)) {
            *slot = None;
        }
    }
}

/// Whether a call failed. A refusal is the server's own words for "not now": the link is well.
fn is_failure(error: &LinkError) -> bool {
    !matches!(error, LinkError::Redis(error) if is_refusal(error))
}

/// What our scripts say when they decline; see [`crate::redis_log`].
fn is_refusal(error: &RedisError) -> bool {
    error.code() == Some(crate::redis_log::OTHER_LOG)
}
