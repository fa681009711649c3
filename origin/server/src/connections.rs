//! Accepts connections and serves HTTP on each until it is stopped. Closes idle connections.

use std::{convert::Infallible, net::SocketAddr, pin::pin, time::Duration};

use axum::{
    body::Body,
    extract::{ConnectInfo, Request},
    response::Response,
    serve::Listener,
};
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
    service::TowerToHyperService,
};
use tokio::net::TcpStream;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::{Service, ServiceExt as _};

/// How long a client may take to send a request head before the connection is closed; this also
/// closes idle keep-alive connections. `axum::serve` sets no such timer: a client that sends a head
/// byte by byte could hold a file descriptor for ever.
pub const HEAD_WITHIN: Duration = Duration::from_secs(20);

/// Serves until `stop` is cancelled. Returns when every connection has ended, each after the answer
/// that it was sending.
pub async fn serve<R>(
    mut listener: impl Listener<Io = TcpStream, Addr = SocketAddr>,
    routes: R,
    stop: CancellationToken,
) where
    R: Service<Request, Response = Response, Error = Infallible, Future: Send>
        + Clone
        + Send
        + Sync
        + 'static,
{
    let connections = TaskTracker::new();
    loop {
        let (stream, address) = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        connections.spawn(converse(stream, address, routes.clone(), stop.clone()));
    }
    // New connections are refused from here on, so clients go to another server.
    drop(listener);
    connections.close();
    connections.wait().await;
}

async fn converse<R>(stream: TcpStream, address: SocketAddr, routes: R, stop: CancellationToken)
where
    R: Service<Request, Response = Response, Error = Infallible, Future: Send>
        + Clone
        + Send
        + 'static,
{
    let routes = routes.map_request(move |request: http::Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(address));
        request
    });
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN);
    let service = TowerToHyperService::new(routes);
    let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(error, "a connection broke");
    }
}
