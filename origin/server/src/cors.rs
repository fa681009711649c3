//! CORS: lets the pages of the configured origins call GraphQL, without cookies.
//!
//! tower-http's layer answers preflights. For all other answers, `allow` writes the headers that
//! the layer would add, so that no layer is needed around the routes.

use std::{convert::Infallible, time::Duration};

use axum::{extract::Request, response::Response};
use edge_core::header::{MIN_REVISION, REVISION};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use tower::{Layer as _, Service, service_fn};
use tower_http::cors::{AllowOrigin, Any, CorsLayer};

use crate::config::CorsConfig;

const MAX_AGE: Duration = Duration::from_hours(24);
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "etag,age,cache-status,ratelimit,ratelimit-policy,retry-after,yousoon-revision",
);
const VARY: HeaderValue = HeaderValue::from_static(
    "origin, access-control-request-method, access-control-request-headers",
);

fn layer(config: &CorsConfig) -> CorsLayer {
    let allowed = match config {
        CorsConfig::AnySite => AllowOrigin::from(Any),
        CorsConfig::Origins(origins) => {
            AllowOrigin::list(origins.iter().filter_map(|origin| origin.parse().ok()))
        }
    };
    CorsLayer::new()
        .allow_origin(allowed)
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
pub fn preflight(
    config: &CorsConfig,
) -> impl Service<Request, Response = Response, Error = Infallible, Future: Send>
+ Clone
+ Send
+ Sync
+ 'static
+ use<> {
    // The layer answers OPTIONS itself and never calls this inner service.
    layer(config).layer(service_fn(async |_request: Request| {
        Ok::<_, Infallible>(Response::default())
    }))
}

/// Adds the headers that let a page of `origin` read the answer, if the configuration allows it.
pub(crate) fn allow(headers: &mut HeaderMap, config: &CorsConfig, origin: Option<&HeaderValue>) {
    headers.append(header::VARY, VARY);
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    let allowed = match (config, origin) {
        (CorsConfig::AnySite, _) => HeaderValue::from_static("*"),
        (CorsConfig::Origins(known), Some(origin)) if known.iter().any(|known| known == origin) => {
            origin.clone()
        }
        (CorsConfig::Origins(_), _) => return,
    };
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
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
        let some = CorsConfig::Origins(vec!["https://site.example".to_owned()]);
        for config in [CorsConfig::AnySite, some] {
            for origin in [
                None,
                Some("https://site.example"),
                Some("https://other.example"),
            ] {
                let mut request = Request::default();
                if let Some(origin) = origin {
                    let origin = HeaderValue::from_static(origin);
                    request.headers_mut().insert(header::ORIGIN, origin);
                }
                let mut allowed = answer();
                let origin = request.headers().get(header::ORIGIN);
                allow(allowed.headers_mut(), &config, origin);
                let inner = service_fn(async |_: Request| Ok::<_, Infallible>(answer()));
                let expected = layer(&config).layer(inner).oneshot(request).await.unwrap();
                assert_eq!(allowed.headers(), expected.headers());
            }
        }
    }
}
