//! Every layer, in the order in which a request meets them.

mod when;

use std::{convert::Infallible, net::SocketAddr, panic::AssertUnwindSafe};

use access::{caller::Caller, rate};
use api::request::authorise;
use axum::{
    body::Body,
    extract::{ConnectInfo, Request, State},
    http::{self, HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use domain::sentence::Language;
use futures_util::FutureExt as _;
use pq_core::{ErrorCode, MediaType, Refusal, security};
use tower::{Service, ServiceBuilder};
use tower_http::{
    compression::{CompressionLayer, DefaultPredicate, Predicate as _},
    trace::TraceLayer,
};

use self::when::When;
use crate::{admission, http::answer, state::AppState};

/// How many bytes of a header are logged.
const SHOWN_BYTES: usize = 100;
/// Where calendar feeds are.
const CALENDARS: &str = "/calendar/";

/// Wraps the router in the layers that every route has. Layers added to the router itself would
/// each cost one more boxed future per request.
pub fn around<S>(
    routes: S,
) -> impl Service<Request, Response = Response, Error = Infallible, Future: Send>
+ Clone
+ Send
+ Sync
+ 'static
where
    S: Service<Request, Response = Response, Error = Infallible, Future: Send>
        + Clone
        + Send
        + Sync
        + 'static,
{
    let compressible = DefaultPredicate::new();
    ServiceBuilder::new()
        .map_response(|response: http::Response<_>| response.map(Body::new))
        // Only the path: the query contains variables, which are never logged.
        .layer(TraceLayer::new_for_http().make_span_with(|request: &Request| {
            tracing::debug_span!("request", method = %request.method(), path = logged(request.uri().path()))
        }))
        .map_response(security_headers)
        .layer(When::new(
            |request| request.headers().contains_key(header::ACCEPT_ENCODING),
            CompressionLayer::new(),
        ))
        // Also for requests without `Accept-Encoding`, which go around the compression layer.
        .map_response(move |response| vary_by_encoding(response, &compressible))
        // Innermost, so that the answer to a panic passes all other layers.
        .map_future(|answer: S::Future| {
            AssertUnwindSafe(answer)
                .catch_unwind()
                .map(|outcome| outcome.unwrap_or_else(|_panic| Ok(panicked())))
        })
        .service(routes)
}

/// The layer around `/admin`: admits the callers that the policy table allows and passes them to
/// the handlers as [`Caller`]. Refuses everybody else and logs it, never with the token. Refused
/// requests count against the rate limit; an unknown token counts like no token.
pub async fn operators_only(
    State(state): State<AppState>,
    mut request: Request,
    next: Next,
) -> Response {
    let peer = admission::peer_of(&request, &state);
    let caller = match Caller::of(
        request.headers(),
        &state.services.auth,
        state.services.clock.now_ms(),
    )
    .await
    {
        Ok(caller) => caller,
        Err(error) => return answer::internal(&error, MediaType::GraphqlResponse),
    };
    let Err(why) = authorise::route(&caller, request.uri().path()) else {
        request.extensions_mut().insert(caller);
        return next.run(request).await;
    };
    let counted = admission::count(&state, Some(&caller), peer).await;
    if let Some(decision) = counted.filter(|decision| !decision.is_admitted()) {
        let mut response = admission::too_many(&decision, &request);
        rate::headers::write(&decision, response.headers_mut());
        return response;
    }
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let peer = peer.map(|ConnectInfo(address)| *address);
    // Any client can send this header, so it is cut, and escaped when it is logged.
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
    // A tool's door: operators read English.
    answer::refusal(&why.refusal(Language::English), MediaType::GraphqlResponse)
}

/// A path as logs show it: that of a calendar feed contains its secret.
fn logged(path: &str) -> &str {
    match path.strip_prefix(CALENDARS) {
        Some(_) => CALENDARS,
        None => path,
    }
}

fn security_headers(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in security::HEADERS {
        headers
            .entry(HeaderName::from_static(name))
            .or_insert(HeaderValue::from_static(value));
    }
    // Answers without `Cache-Control` must not be cached: health, documents, refusals.
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

fn vary_by_encoding(mut response: Response, compressible: &DefaultPredicate) -> Response {
    if compressible.should_compress(&response) {
        response
            .headers_mut()
            .append(header::VARY, HeaderValue::from_static("accept-encoding"));
    }
    response
}

/// What is answered after a panic, which [`crate::telemetry`] has logged.
fn panicked() -> Response {
    answer::refusal(
        &Refusal::new(ErrorCode::INTERNAL, "something went wrong on our side"),
        MediaType::Json,
    )
}
