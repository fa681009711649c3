//! Any site may ask GraphQL; nobody's cookies are sent along.
//!
//! Preflights are answered by tower-http's layer. What it would add to all other answers is always
//! the same, and is written by [`allow`] without a layer around the routes.

use std::{convert::Infallible, time::Duration};

use axum::{extract::Request, response::Response};
use edge_core::header::{MIN_REVISION, REVISION};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use tower::{Layer as _, Service, service_fn};
use tower_http::cors::{Any, CorsLayer};

const MAX_AGE: Duration = Duration::from_hours(24);
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "etag,age,cache-status,ratelimit,ratelimit-policy,retry-after,yousoon-revision",
);
const VARY: HeaderValue = HeaderValue::from_static(
    "origin, access-control-request-method, access-control-request-headers",
);

fn layer() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(Any)
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
            HeaderName::from_static("ratelimit"),
            HeaderName::from_static("ratelimit-policy"),
            header::RETRY_AFTER,
            HeaderName::from_static(REVISION),
        ])
        .max_age(MAX_AGE)
}

/// Answers every `OPTIONS` of a route.
pub fn preflight() -> impl Service<Request, Response = Response, Error = Infallible, Future: Send>
+ Clone
+ Send
+ Sync
+ 'static {
    // The layer never asks what is in it when the method is OPTIONS.
    layer().layer(service_fn(async |_request: Request| {
        Ok::<_, Infallible>(Response::default())
    }))
}

/// Lets any site read an answer.
pub(crate) fn allow(headers: &mut HeaderMap) {
    headers.append(header::VARY, VARY);
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_ORIGIN,
        HeaderValue::from_static("*"),
    );
}

#[cfg(test)]
mod tests {
    use tower::ServiceExt as _;

    use super::*;

    #[tokio::test]
    async fn answers_say_what_the_layer_would_say() {
        let answer = || {
            let mut answer: Response = Response::default();
            answer
                .headers_mut()
                .insert(header::VARY, HeaderValue::from_static("accept"));
            answer
        };
        let layered = layer().layer(service_fn(async |_: Request| Ok::<_, Infallible>(answer())));
        let expected = layered.oneshot(Request::default()).await.unwrap();
        let mut allowed = answer();
        allow(allowed.headers_mut());
        assert_eq!(allowed.headers(), expected.headers());
    }
}
