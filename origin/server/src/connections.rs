//! Accepts connections and serves HTTP on each until it is stopped. Closes idle connections, and says
//! so when it closes one whose request was refused before its body was read.

use std::{
    convert::Infallible,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::Body,
    extract::{ConnectInfo, Request},
    response::Response,
    serve::Listener,
};
use http::{HeaderValue, Version, header::CONNECTION};
use hyper::body::{Body as _, Frame, Incoming, SizeHint};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
};
use tokio::net::TcpStream;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::{Service, ServiceExt as _};

/// How long a client may take to send a request head before the connection is closed; this also
/// closes idle keep-alive connections. `axum::serve` sets no such timer: a client that sends a head
/// byte by byte could hold a file descriptor for ever.
pub const HEAD_WITHIN: Duration = Duration::from_secs(20);

/// How long an idle connection stays open when the server stops. Its client may have sent a request
/// already, which would be lost if it were closed at once; the answer says that it was the last one.
const LINGER: Duration = Duration::from_secs(2);

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
    let stopping = stop.clone();
    let service = hyper::service::service_fn(move |request: http::Request<Incoming>| {
        let stopping = stopping.clone();
        let has_body = !request.body().is_end_stream() && request.version() < Version::HTTP_2;
        let is_read = has_body.then(Arc::<AtomicBool>::default);
        let mut request = request.map(|body| match &is_read {
            Some(is_read) => Body::new(Watched {
                body,
                is_read: Arc::clone(is_read),
            }),
            None if body.is_end_stream() => Body::empty(),
            None => Body::new(body),
        });
        request.extensions_mut().insert(ConnectInfo(address));
        let answering = routes.clone().oneshot(request);
        async move {
            let mut response = answering.await?;
            // The rest of the body cannot be told from the next request. A client that is not told
            // would send that on a connection that is closed (RFC 9112, section 9.6).
            let is_cut = is_read.is_some_and(|is_read| !is_read.load(Ordering::Relaxed));
            if is_cut || (stopping.is_cancelled() && response.version() < Version::HTTP_2) {
                let headers = response.headers_mut();
                headers.insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Ok::<_, Infallible>(response)
        }
    });
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN);
    let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = stop.cancelled() => tokio::select! {
            ended = &mut connection => ended,
            () = tokio::time::sleep(LINGER) => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        },
    };
    if let Err(error) = ended {
        tracing::debug!(error, "a connection broke");
    }
}

/// A body that notes when it was read to its end.
struct Watched {
    body: Incoming,
    is_read: Arc<AtomicBool>,
}

impl hyper::body::Body for Watched {
    type Data = <Incoming as hyper::body::Body>::Data;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        if matches!(frame, Poll::Ready(None)) || self.body.is_end_stream() {
            self.is_read.store(true, Ordering::Relaxed);
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
