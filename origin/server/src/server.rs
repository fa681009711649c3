//! Starts everything that `yousoon serve` runs and stops it in order.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use api::lists::{checking, following};
use axum::serve::{ListenerExt as _, TapIo};
use purging::{relay::Relay, trim};
use socket2::SockRef;
use tokio::{
    net::{TcpListener, TcpStream},
    signal::unix::{SignalKind, signal},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

use crate::{
    bookings::ending::Ending, config::Role, connections, inboxes, live, metrics, naming,
    router::router, state::AppState, stats as flushing, texts, turns, usage, warming,
};

/// How long open connections may take to end when the server stops.
const DRAIN: Duration = Duration::from_secs(5);

/// How long a client may accept none of the sent bytes before the kernel closes the connection.
/// Nothing else ends an event stream whose client stopped reading: the stream is not polled while
/// it cannot be written.
const TAKES_NOTHING: Duration = Duration::from_secs(30);

/// How long pending writes to Redis may take when the server stops.
const STORE_LIMIT: Duration = Duration::from_secs(1);

/// Why the server did not start or did not stop cleanly.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("cannot listen on {address}")]
    Listen {
        address: SocketAddr,
        source: io::Error,
    },
    #[error("the server failed")]
    Serve(#[from] io::Error),
    #[error(
        "the catalogue index takes {takes_mib} MiB for {offers} offers, and YOUSOON_INDEX_MEMORY_MIB \
         allows {allowed_mib}"
    )]
    IndexMemory {
        takes_mib: usize,
        offers: usize,
        allowed_mib: u64,
    },
    #[error("the HTTP client of the relay cannot be set up")]
    Relay(#[from] reqwest::Error),
}

/// The background tasks. They end with [`Background::stop`] or when this is dropped.
#[derive(Debug)]
pub struct Background {
    tasks: JoinSet<()>,
    stop: CancellationToken,
}

impl Background {
    /// Starts the tasks of the process's roles. Every role follows the purge log.
    pub fn start(state: &AppState) -> Result<Self, reqwest::Error> {
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        let (log, roles) = (&state.services.purge_log, state.config.roles);
        tasks.spawn(follow(state.clone(), stop.clone()));
        if roles.has(Role::Api) || roles.has(Role::Live) || roles.has(Role::Jobs) {
            tasks.spawn(texts::run(state.clone(), stop.clone()));
        }
        if roles.has(Role::Api) || roles.has(Role::Jobs) {
            tasks.spawn(inboxes::run(state.clone(), stop.clone()));
        }
        if roles.serves_clients() {
            tasks.spawn(following::run(state.services.lists.clone(), stop.clone()));
            tasks.spawn(checking::run(state.services.lists.clone(), stop.clone()));
            tasks.spawn(flushing::run(state.clone(), stop.clone()));
        }
        if roles.has(Role::Api) {
            tasks.spawn(warming::run(state.clone(), stop.clone()));
        }
        if roles.serves_clients() || roles.has(Role::Relay) {
            tasks.spawn(usage::run(state.clone(), stop.clone()));
        }
        if roles.has(Role::Live) {
            tasks.spawn(live::follow(state.clone(), stop.clone()));
        }
        if roles.has(Role::Jobs) {
            tasks.spawn(turns::run(state.clone(), stop.clone()));
            tasks.spawn(naming::run(state.clone(), stop.clone()));
            tasks.spawn(state.delivery.clone().run(stop.clone()));
            tasks.spawn(trim::run(log.clone(), stop.clone()));
            let bookings = Arc::clone(&state.services.bookings);
            let ending = Ending::new(bookings, log.clone(), state.services.clock.clone());
            tasks.spawn(ending.run(stop.clone()));
            if let Some(identity) = &state.services.identity {
                tasks.spawn(identity.clone().run(stop.clone()));
            }
            if let Some(uploads) = &state.services.uploads {
                tasks.spawn(uploads.clone().run(stop.clone()));
            }
            if let Some(payments) = &state.services.payments {
                tasks.spawn(payments.clone().run(stop.clone()));
            }
        }
        let edge = &state.config.edge;
        // The configuration refuses edges without a secret; without the role `relay` there are no relays.
        if let Some(secret) = &edge.secret {
            for (url, status) in edge.urls.iter().zip(&state.relays) {
                let relay = Relay::new(log.clone(), url, secret.clone(), Arc::clone(status))?;
                tasks.spawn(relay.run(stop.clone()));
            }
        }
        Ok(Self { tasks, stop })
    }

    /// Serves metrics on `listener` as one more background task.
    fn serve_metrics(&mut self, listener: TcpListener, state: AppState) {
        self.tasks
            .spawn(metrics::serve(listener, state, self.stop.clone()));
    }

    /// Stops the tasks and waits until they have ended and stored what was under way.
    pub async fn stop(mut self) {
        self.stop.cancel();
        while self.tasks.join_next().await.is_some() {}
    }
}

/// Serves requests until SIGINT or SIGTERM, then stops gracefully.
pub async fn serve(state: AppState) -> Result<(), ServeError> {
    let listener = listen(state.config.http.listen).await?;
    let metrics = match state.config.metrics.listen {
        Some(address) => Some(listen(address).await?),
        None => None,
    };
    let address = listener.local_addr()?;
    let (mut interrupt, mut terminate) = (
        signal(SignalKind::interrupt())?,
        signal(SignalKind::terminate())?,
    );
    let mut background = Background::start(&state)?;
    if let Some(listener) = metrics {
        background.serve_metrics(listener, state.clone());
    }
    let (tasks, live) = (state.services.caches.tasks.clone(), state.live.clone());
    let stop = CancellationToken::new();
    let roles = state.config.roles;
    let (lists, lists_config) = (state.services.lists.clone(), state.config.lists);
    let server = connections::serve(accepting(listener), router(state), stop.clone());
    let mut server = tokio::spawn(server);
    tracing::info!(%address, %roles, "listening");
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        size = lists.too_large() => return Err(ServeError::IndexMemory {
            takes_mib: size.bytes.div_ceil(1024 * 1024),
            offers: size.offers,
            allowed_mib: lists_config.memory_mib,
        }),
        ended = &mut server => return Ok(ended.map_err(io::Error::other)?),
    }
    tracing::info!("stopping");
    // Subscribers reconnect to another server.
    live.drain();
    stop.cancel();
    let drained = async {
        let ended = (&mut server).await;
        live.drained().await;
        ended
    };
    let outcome = if let Ok(ended) = tokio::time::timeout(DRAIN, drained).await {
        ended.map_err(|error| io::Error::other(error).into())
    } else {
        tracing::warn!("connections were cut off");
        server.abort();
        Ok(())
    };
    // After the last request, so that its purge is relayed too; if not, the next start finds it in
    // the log.
    background.stop().await;
    tasks.close();
    // Answers that were computed are still written to Redis, unless that takes too long.
    let _or_lost = tokio::time::timeout(STORE_LIMIT, tasks.wait()).await;
    outcome
}

/// Sets the socket options of accepted connections: small writes are sent at once (`TCP_NODELAY`),
/// and a client that accepts no bytes for 30 s is disconnected (`TCP_USER_TIMEOUT`).
pub fn accepting(listener: TcpListener) -> TapIo<TcpListener, fn(&mut TcpStream)> {
    listener.tap_io(|stream| {
        let socket = SockRef::from(&*stream);
        let set = stream
            .set_nodelay(true)
            .and_then(|()| socket.set_tcp_user_timeout(Some(TAKES_NOTHING)));
        if let Err(error) = set {
            tracing::warn!(%error, "a connection cannot be configured");
        }
    })
}

async fn listen(address: SocketAddr) -> Result<TcpListener, ServeError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| ServeError::Listen { address, source })
}

async fn follow(state: AppState, stop: CancellationToken) {
    cache_tiered::tail::run(&state.services.caches.feed, &state.services.purge_log, stop).await;
}
