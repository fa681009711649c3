//! Starts everything that `yousoon serve` runs, and stops it in order.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

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
    bookings::ending::Ending, connections, live, metrics, router::router, state::AppState,
    stats as flushing,
};

/// How long open connections may take to end.
const DRAIN: Duration = Duration::from_secs(5);

/// A connection whose client takes nothing of what is sent for so long is ended by the kernel. An
/// event stream has no other end: nobody asks for more of it while it cannot be written.
const TAKES_NOTHING: Duration = Duration::from_secs(30);

/// How long writes to Redis may take at the end.
const STORE_LIMIT: Duration = Duration::from_secs(1);

/// Why the server ended otherwise than asked.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("cannot listen on {address}")]
    Listen {
        address: SocketAddr,
        source: io::Error,
    },
    #[error("the server failed")]
    Serve(#[from] io::Error),
    #[error("no HTTP client for the relay")]
    Relay(#[from] reqwest::Error),
}

/// The work beside requests. It is stopped by [`Background::stop`], or with its owner.
#[derive(Debug)]
pub struct Background {
    tasks: JoinSet<()>,
    stop: CancellationToken,
}

impl Background {
    /// Starts what follows and trims the purge log, what ends bookings, and a relay for every edge.
    pub fn start(state: &AppState) -> Result<Self, reqwest::Error> {
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        let log = &state.services.purge_log;
        tasks.spawn(follow(state.clone(), stop.clone()));
        tasks.spawn(live::follow(state.clone(), stop.clone()));
        tasks.spawn(flushing::run(state.clone(), stop.clone()));
        tasks.spawn(trim::run(log.clone(), stop.clone()));
        let bookings = Arc::clone(&state.services.bookings);
        let ending = Ending::new(bookings, log.clone(), state.services.clock.clone());
        tasks.spawn(ending.run(stop.clone()));
        let edge = &state.config.edge;
        // The configuration refuses edges without a secret.
        if let Some(secret) = &edge.secret {
            for (url, status) in edge.urls.iter().zip(&state.relays) {
                let relay = Relay::new(log.clone(), url, secret.clone(), Arc::clone(status))?;
                tasks.spawn(relay.run(stop.clone()));
            }
        }
        Ok(Self { tasks, stop })
    }

    /// Serves metrics beside the rest.
    fn serve_metrics(&mut self, listener: TcpListener, state: AppState) {
        self.tasks
            .spawn(metrics::serve(listener, state, self.stop.clone()));
    }

    /// Stops it and waits until it has, and until what is under way is stored.
    pub async fn stop(mut self) {
        self.stop.cancel();
        while self.tasks.join_next().await.is_some() {}
    }
}

/// Serves until SIGINT or SIGTERM.
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
    let server = connections::serve(accepting(listener), router(state), stop.clone());
    let mut server = tokio::spawn(server);
    tracing::info!(%address, "listening");
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        ended = &mut server => return Ok(ended.map_err(io::Error::other)?),
    }
    tracing::info!("stopping");
    // Their clients come back to another server.
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
    // After the last request: its purge is relayed as well, or found in the log by the next start.
    background.stop().await;
    tasks.close();
    // What was made is stored, as far as Redis is quick.
    let _or_lost = tokio::time::timeout(STORE_LIMIT, tasks.wait()).await;
    outcome
}

/// Connections as this server wants them: what is small is sent at once, and who takes nothing is
/// let go.
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
