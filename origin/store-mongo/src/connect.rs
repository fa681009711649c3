//! Opening: our settings over the URL's, a look at the server, and patience.

use std::time::Duration;

use mongodb::{
    Client,
    error::{Error, ErrorKind},
    event::{EventHandler, command::CommandEvent},
    options::{ClientOptions, ReadConcern, ReadPreference, SelectionCriteria},
};
use tokio::time::Instant;

use crate::{
    backoff::Backoff,
    database::MongoDb,
    error::{MongoError, Safe},
    limits::{bounded, majority},
    metrics::Metrics,
    opening::{OpenError, Patience},
    server,
    url::MongoUrl,
};

const APP_NAME: &str = "yousoon";
const MAX_POOL: u32 = 100;
const MIN_POOL: u32 = 10;
const MAX_IDLE: Duration = Duration::from_secs(30);
/// How long a connection may take to come up.
const CONNECT_WITHIN: Duration = Duration::from_secs(2);
/// How long an operation waits for a primary.
const SELECT_WITHIN: Duration = Duration::from_secs(2);
/// How often the driver looks whether the servers are well.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// A whole opening: looking up names, selecting a server, two questions.
const OPEN_WITHIN: Duration = Duration::from_secs(8);
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

impl MongoDb {
    /// Connects, and looks at the server. Changes nothing there.
    pub async fn open(url: &MongoUrl) -> Result<Self, OpenError> {
        Self::open_told(url, None).await
    }

    /// As [`Self::open`]; `told` of every command that is sent, with all that it asks.
    pub async fn open_watched(
        url: &MongoUrl,
        told: EventHandler<CommandEvent>,
    ) -> Result<Self, OpenError> {
        Self::open_told(url, Some(told)).await
    }

    async fn open_told(
        url: &MongoUrl,
        told: Option<EventHandler<CommandEvent>>,
    ) -> Result<Self, OpenError> {
        let wanted = url.clone();
        let opening = bounded(OPEN_WITHIN, async move { open(&wanted, told).await });
        let db = opening.await.map_err(|error| sort(url, &error))?;
        db.facts().warn_if_untested();
        Ok(db)
    }

    /// [`MongoDb::open`], again and again while the server cannot be reached.
    pub async fn open_with_patience(
        url: &MongoUrl,
        patience: &Patience,
    ) -> Result<Self, OpenError> {
        let began = Instant::now();
        let mut backoff = Backoff::new(FIRST_WAIT, LONGEST_WAIT);
        for attempt in 1_u32.. {
            let opened = tokio::select! {
                opened = Self::open(url) => opened,
                () = patience.stop.cancelled() => return Err(OpenError::Stopped),
            };
            let error = match opened {
                Err(error) if error.is_unreachable() => error,
                opened => return opened,
            };
            let wait = backoff.wait();
            if patience
                .limit
                .is_some_and(|limit| began.elapsed() + wait > limit)
            {
                return Err(error);
            }
            tracing::warn!(attempt, wait_ms = wait.as_millis(), "{error}; trying again");
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = patience.stop.cancelled() => return Err(OpenError::Stopped),
            }
        }
        Err(OpenError::Stopped)
    }
}

async fn open(
    url: &MongoUrl,
    told: Option<EventHandler<CommandEvent>>,
) -> Result<MongoDb, MongoError> {
    let mut options = with_ours(ClientOptions::parse(url.expose()).await?);
    options.command_event_handler = told;
    let metrics = Metrics::default();
    options.cmap_event_handler = Some(metrics.of_pools());
    let client = Client::with_options(options)?;
    let facts = server::look(&client.database(url.database())).await?;
    Ok(MongoDb::new(client, url.database(), facts, metrics))
}

/// What the URL says is kept for hosts, TLS, credentials and whether writes are retried (Azure's
/// URLs say no); the rest is not for a URL to weaken.
fn with_ours(mut options: ClientOptions) -> ClientOptions {
    options.app_name = Some(APP_NAME.to_owned());
    options.max_pool_size = Some(MAX_POOL);
    options.min_pool_size = Some(MIN_POOL);
    options.max_idle_time = Some(MAX_IDLE);
    options.connect_timeout = Some(CONNECT_WITHIN);
    options.server_selection_timeout = Some(SELECT_WITHIN);
    options.heartbeat_freq = Some(HEARTBEAT);
    options.write_concern = Some(majority());
    options.read_concern = Some(ReadConcern::majority());
    options.selection_criteria = Some(SelectionCriteria::ReadPreference(ReadPreference::Primary));
    options.retry_reads = Some(true);
    options.retry_writes = options.retry_writes.or(Some(true));
    options
}

fn sort(url: &MongoUrl, error: &MongoError) -> OpenError {
    let (at, why) = (url.to_string(), why(error));
    match error.driver() {
        Some(error) if !is_passing(error) => OpenError::Refused { at, why },
        None if matches!(error, MongoError::Store(_)) => OpenError::Refused { at, why },
        Some(_) | None => OpenError::Unreachable { at, why },
    }
}

fn why(error: &MongoError) -> String {
    match error {
        MongoError::Driver(error) => match error.kind.as_ref() {
            ErrorKind::InvalidArgument { .. } => {
                "the options of its URL contradict each other".to_owned()
            }
            _ => Safe(error).to_string(),
        },
        other => other.to_string(),
    }
}

/// Whether it may be gone by the next try.
fn is_passing(error: &Error) -> bool {
    // Not the primary any more, shutting down, starting up.
    const CHANGING: [i32; 7] = [10107, 13435, 11600, 11602, 13436, 189, 91];
    match error.kind.as_ref() {
        ErrorKind::ServerSelection { .. }
        | ErrorKind::Io(_)
        | ErrorKind::DnsResolve { .. }
        | ErrorKind::ConnectionPoolCleared { .. } => true,
        ErrorKind::Command(error) => CHANGING.contains(&error.code),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_url_does_not_weaken_what_a_write_promises() {
        let url = "mongodb://u:geh31m@host/x?w=1&readConcernLevel=local&readPreference=nearest\
            &retryReads=false&maxPoolSize=3&serverSelectionTimeoutMS=60000&appName=other";
        let options = with_ours(ClientOptions::parse(url).await.unwrap());
        assert_eq!(options.write_concern, Some(majority()));
        assert_eq!(options.read_concern, Some(ReadConcern::majority()));
        assert_eq!(options.app_name.as_deref(), Some("yousoon"));
        assert_eq!(
            (options.max_pool_size, options.min_pool_size),
            (Some(100), Some(10))
        );
        assert_eq!(
            (options.retry_reads, options.retry_writes),
            (Some(true), Some(true))
        );
        assert_eq!(options.server_selection_timeout, Some(SELECT_WITHIN));
        assert!(!format!("{options:?}").contains("geh31m"));
        let azure = ClientOptions::parse("mongodb://host/x?retryWrites=false").await;
        assert_eq!(with_ours(azure.unwrap()).retry_writes, Some(false));
    }

    #[tokio::test]
    async fn patience_ends_when_it_is_told_to() {
        let url = MongoUrl::parse("mongodb://127.0.0.1:1/x").unwrap();
        let patience = Patience::default();
        patience.stop.cancel();
        let opened = MongoDb::open_with_patience(&url, &patience).await;
        assert!(matches!(opened, Err(OpenError::Stopped)));
    }
}
