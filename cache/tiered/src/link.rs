//! The one way to Redis: every call has a timeout, a metric and a circuit breaker.

use std::time::Duration;

use redis::{Client, RedisError, RedisResult, aio::MultiplexedConnection};
use tokio::{
    sync::Mutex,
    time::{Instant, timeout},
};

use crate::{
    breaker::{Admission, Breaker},
    clock::Clock,
    metrics::Metrics,
};

/// How long a new connection may take, when the call itself may take less.
const CONNECT_WITHIN: Duration = Duration::from_millis(500);

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

/// A connection that is made when it is needed and thrown away when a call fails: an answer that
/// comes too late must never be taken for the next call's.
#[derive(Debug)]
pub struct Link {
    client: Client,
    within: Duration,
    connection: Mutex<Option<(u64, MultiplexedConnection)>>,
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
            connection: Mutex::new(None),
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
        let number = std::sync::atomic::AtomicU64::new(u64::MAX);
        let work = async {
            let (connected, connection) = self.connection().await?;
            number.store(connected, std::sync::atomic::Ordering::Relaxed);
            call(connection).await.map_err(LinkError::Redis)
        };
        let outcome = match timeout(within, work).await {
            Ok(outcome) => outcome,
            Err(_elapsed) => Err(LinkError::Timeout(within)),
        };
        match &outcome {
            Ok(_) => self.breaker.succeeded(),
            // The server's own words for "not now": the link is well.
            Err(LinkError::Redis(error)) if is_refusal(error) => self.breaker.succeeded(),
            Err(_) => {
                self.breaker.failed(self.clock.steady_ms());
                self.forget(number.into_inner()).await;
            }
        }
        self.metrics.circuit(self.breaker.is_open());
        outcome
    }

    async fn connection(&self) -> Result<(u64, MultiplexedConnection), LinkError> {
        let mut slot = self.connection.lock().await;
        if let Some((number, connection)) = &*slot {
            return Ok((*number, connection.clone()));
        }
        let config = redis::AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_WITHIN))
            // Ours is around every call.
            .set_response_timeout(None);
        let connection = self
            .client
            .get_multiplexed_async_connection_with_config(&config)
            .await?;
        let number = self.metrics.redis_connected();
        *slot = Some((number, connection.clone()));
        Ok((number, connection))
    }

    /// Throws a connection away, unless another one took its place.
    async fn forget(&self, number: u64) {
        let mut slot = self.connection.lock().await;
        if slot.as_ref().is_some_and(|(current, _)| *current == number) {
            *slot = None;
        }
    }
}

/// What our scripts say when they decline; see [`crate::redis_log`].
fn is_refusal(error: &RedisError) -> bool {
    error.code() == Some(crate::redis_log::OTHER_LOG)
}
