//! A connection to Redis that is established or being established.

use std::{io, time::Duration};

use redis::{AsyncConnectionConfig, Client, RedisResult, aio::MultiplexedConnection};
use tokio::sync::watch;

/// How long connecting may take, with TLS and a server in another zone. A call waits for less.
const CONNECT_WITHIN: Duration = Duration::from_secs(2);

/// A connection, or the task that is establishing it; clones share both.
#[derive(Clone, Debug)]
pub(crate) struct Connecting(watch::Receiver<Option<RedisResult<MultiplexedConnection>>>);

impl Connecting {
    /// Begins to connect in a task of its own, which goes on when nobody waits for it.
    pub(crate) fn begin(client: Client) -> Self {
        let (tell, told) = watch::channel(None);
        tokio::spawn(async move {
            let config = AsyncConnectionConfig::new()
                .set_connection_timeout(Some(CONNECT_WITHIN))
                // `Link` puts its own timeout around every call.
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

    /// Whether connecting has failed.
    pub(crate) fn has_failed(&self) -> bool {
        match &*self.0.borrow() {
            Some(connected) => connected.is_err(),
            None => self.0.has_changed().is_err(),
        }
    }

    /// Whether both are the same connection.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.0.same_channel(&other.0)
    }
}
