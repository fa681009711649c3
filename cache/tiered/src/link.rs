//! All calls to Redis go through here: each has a timeout, a metric and a circuit breaker.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use redis::{Client, RedisError, RedisResult, aio::MultiplexedConnection};
use tokio::time::{Instant, timeout_at};
use tracing::Instrument as _;

use crate::{
    breaker::{Admission, Breaker},
    clock::Clock,
    connecting::Connecting,
    metrics::{Metrics, TRACED},
};

/// Why a call to Redis failed.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// Redis refused the call, or the connection failed.
    #[error("the call to Redis failed")]
    Redis(#[from] RedisError),
    /// Redis did not answer in time.
    #[error("Redis did not answer within {0:?}")]
    Timeout(Duration),
    /// The circuit breaker is open because the last calls failed; the call was not made.
    #[error("the circuit breaker of Redis is open: the last calls failed")]
    Open,
    /// Redis sent an answer that cannot be used.
    #[error("unexpected answer from Redis: {0}")]
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

/// A connection to Redis. It is established when a call needs it, and closed when a call on it
/// fails: a late answer must never be taken for the answer of the next call.
///
/// A task of its own establishes it, and may take longer than a call. A call that stops waiting
/// leaves the connection to later calls.
#[derive(Debug)]
pub struct Link {
    client: Client,
    within: Duration,
    /// The connection, or the attempt to establish one. Never locked over an `await`.
    slot: Mutex<Option<Connecting>>,
    breaker: Breaker,
    clock: Clock,
    metrics: Metrics,
}

impl Link {
    /// A link whose calls take at most `within`. It does not connect yet.
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

    /// Whether the circuit breaker is open, because the last calls failed.
    pub fn is_open(&self) -> bool {
        self.breaker.is_open()
    }

    /// Makes one call; `what` is its name in metrics.
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

    /// Like [`Link::call`], with a timeout of its own: for blocking reads.
    pub async fn call_within<T, F>(
        &self,
        what: &'static str,
        within: Duration,
        call: impl FnOnce(MultiplexedConnection) -> F,
    ) -> Result<T, LinkError>
    where
        F: Future<Output = RedisResult<T>>,
    {
        let span = tracing::trace_span!(
            target: TRACED,
            "redis",
            otel.kind = "client",
            otel.status_code = tracing::field::Empty,
            db.system.name = "redis",
            db.operation.name = what,
        );
        let began = Instant::now();
        let outcome = self.try_call(within, call).instrument(span.clone()).await;
        if outcome.is_err() {
            span.record("otel.status_code", "ERROR");
        }
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
        // Waits for the connection for half of the time at most. The rest must be enough for the
        // call itself: if the call timed out, the new connection would be closed with it.
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

    /// The connection, or the one attempt to establish it.
    fn connecting(&self) -> Connecting {
        let mut slot = self.slot();
        match &*slot {
            Some(connecting) if !connecting.has_failed() => connecting.clone(),
            Some(_) | None => slot.insert(Connecting::begin(self.client.clone())).clone(),
        }
    }

    /// Drops a failed connection, unless it has been replaced already.
    fn forget(&self, failed: &Connecting) {
        let mut slot = self.slot();
        if slot.as_ref().is_some_and(|current| current.is(failed)) {
            *slot = None;
        }
    }
}

/// Whether the circuit breaker counts an error as a failure. A refusal does not count: Redis and the
/// connection work.
fn is_failure(error: &LinkError) -> bool {
    !matches!(error, LinkError::Redis(error) if is_refusal(error))
}

/// Whether one of our scripts refused the call (see [`crate::redis_log`]), or Redis did because the
/// user may not make it: a managed server forbids some commands.
fn is_refusal(error: &RedisError) -> bool {
    [Some(crate::redis_log::OTHER_LOG), Some("NOPERM")].contains(&error.code())
}
