//! A connection to Redis, from the moment that somebody wants it.

use std::{io, time::Duration};

use redis::{AsyncConnectionConfig, Client, RedisResult, aio::MultiplexedConnection};
use tokio::sync::watch;

/// How long a new connection may take: TLS, and a server in another zone. A call waits for less.
const CONNECT_WITHIN: Duration = Duration::from_secs(2);

/// A connection that is there, or is being made by a task of its own; clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Connecting(watch::Receiver<Option<RedisResult<MultiplexedConnection>>>);

impl Connecting {
    /// Begins to connect. This goes on when nobody waits for it.
    pub(crate) fn begin(client: Client) -> Self {
        let (tell, told) = watch::channel(None);
        tokio::spawn(async move {
            let config = AsyncConnectionConfig::new()
                .set_connection_timeout(Some(CONNECT_WITHIN))
                // The link's is around every call.
                .set_response_timeout(None);
            let connected = client
                .get_multiplexed_async_connection_with_config(&config)
                .await;
            tell.send_replace(Some(connected));
        });
        Self(told)
    }

    /// Waits for the connection.
    pub(crate) async fn made(&mut self) -> RedisResult<MultiplexedConnection> {
        match self.0.wait_for(Option::is_some).await.as_deref() {
            Ok(Some(connected)) => connected.clone(),
            Ok(None) | Err(_) => Err(io::Error::other("the connecting task crashed").into()),
        }
    }

    /// Whether it will never be made.
    pub(crate) fn has_failed(&self) -> bool {
        match &*self.0.borrow() {
            Some(connected) => connected.is_err(),
            None => self.0.has_changed().is_err(),
        }
    }

    /// Whether both are one connection.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.0.same_channel(&other.0)
    }
}
