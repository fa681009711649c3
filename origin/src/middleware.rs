//! Every layer, in the order in which a request meets them.

use std::{any::Any, net::SocketAddr, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request, State},
    http::{HeaderName, HeaderValue, Method, header},
    middleware::{Next, from_fn},
    response::Response,
};
use edge_core::header::{MIN_REVISION, REVISION};
use pq_core::{ErrorCode, MediaType, Refusal};
use tower::ServiceBuilder;
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::CompressionLayer,
    cors::{Any as AnyOrigin, CorsLayer},
    trace::TraceLayer,
};

use crate::{
    graphql::{answer, caller::Caller},
    state::AppState,
};

/// How much of a header is logged.
const SHOWN_BYTES: usize = 100;
const PREFLIGHT_MAX_AGE: Duration = Duration::from_hours(24);

/// Around every route.
pub fn around(routes: Router) -> Router {
    routes.layer(
        ServiceBuilder::new()
            // The path without its query: variables are in there.
            .layer(TraceLayer::new_for_http().make_span_with(|request: &Request| {
                tracing::debug_span!("request", method = %request.method(), path = request.uri().path())
            }))
            .layer(from_fn(security_headers))
            .layer(CompressionLayer::new())
            // Innermost: the answer to a panic passes all the others.
            .layer(CatchPanicLayer::custom(panicked)),
    )
}

/// Around GraphQL: any site may ask, nobody's cookies are sent along.
pub fn cors() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(AnyOrigin)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([
            header::CONTENT_TYPE,
            header::ACCEPT,
            header::AUTHORIZATION,
            header::IF_NONE_MATCH,
            HeaderName::from_static(MIN_REVISION),
        ])
        .expose_headers([
            header::ETAG,
            header::AGE,
            HeaderName::from_static("cache-status"),
            HeaderName::from_static(REVISION),
        ])
        .max_age(PREFLIGHT_MAX_AGE)
}

/// Around `/admin`: lets the service token through. Who else tries is refused, and the log hears
/// of it; never of the token.
pub async fn service_only(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let (caller, code, message) = match Caller::of(request.headers(), &state.config.admin) {
        Caller::Service => return next.run(request).await,
        caller @ Caller::Anonymous => (
            caller,
            ErrorCode::Unauthenticated,
            "this address needs the service token",
        ),
        caller @ Caller::Unknown => (
            caller,
            ErrorCode::Forbidden,
            "these credentials are not the service token",
        ),
    };
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let peer = peer.map(|ConnectInfo(address)| *address);
    // What a proxy says, or anybody: escaped and short.
    let forwarded_for = request.headers().get("x-forwarded-for").map(|value| {
        let bytes = value.as_bytes();
        String::from_utf8_lossy(&bytes[..bytes.len().min(SHOWN_BYTES)]).into_owned()
    });
    tracing::warn!(
        caller = caller.as_str(),
        what = request.uri().path(),
        ?peer,
        ?forwarded_for,
        "refused"
    );
    answer::refusal(&Refusal::new(code, message), MediaType::GraphqlResponse)
}

async fn security_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    // What says nothing of caching is not to be cached: health, documents, preflights' neighbours.
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

#[expect(clippy::needless_pass_by_value, reason = "the layer's signature")]
fn panicked(panic: Box<dyn Any + Send>) -> Response<Body> {
    let what = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    tracing::error!(what, "a request panicked");
    answer::refusal(
        &Refusal::new(ErrorCode::Internal, "something went wrong on our side"),
        MediaType::Json,
    )
}
