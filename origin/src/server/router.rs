//! Every route.

use std::convert::Infallible;

use axum::{
    Router,
    extract::{Request, State},
    http::StatusCode,
    middleware::from_fn_with_state,
    response::Response,
    routing::{any, get, post},
};
use pq_core::{ErrorCode, MediaType, Refusal};
use tower::Service;

use crate::{
    access as auth,
    api::documents,
    domain::bookings as outings,
    purging as purge,
    server::{
        config::Environment,
        cors,
        http::{answer, graphiql, serve},
        inspect, middleware,
        state::AppState,
        telemetry::chain,
    },
};

/// The whole application.
pub fn router(
    state: AppState,
) -> impl Service<Request, Response = Response, Error = Infallible, Future: Send>
+ Clone
+ Send
+ Sync
+ 'static {
    let admin = Router::new()
        .route("/admin/documents", post(documents::routes::post))
        .route("/admin/purge", post(purge::routes::post))
        .route("/admin/cache/explain", post(inspect::routes::explain))
        .route("/admin/cache/stats", get(inspect::routes::stats))
        .route_layer(from_fn_with_state(
            state.clone(),
            middleware::operators_only,
        ));
    let graphql = Router::new()
        .route(
            "/graphql",
            any(serve::graphql).options_service(cors::preflight(&state.config.cors)),
        )
        .route(
            "/graphql/{id}",
            any(serve::graphql_by_id).options_service(cors::preflight(&state.config.cors)),
        );
    let others = admin
        .route("/internal/documents/{hash}", get(documents::routes::get))
        .route("/.well-known/jwks.json", get(auth::routes::jwks))
        .route("/.well-known/qr-keys.json", get(outings::routes::keys))
        .route("/bookings/{name}", get(outings::routes::calendar))
        .route("/bookings/{id}/{file}", get(outings::routes::code))
        .route("/healthz", get(async || "ok"))
        .route("/readyz", get(ready))
        .method_not_allowed_fallback(async || {
            refused(
                ErrorCode::MethodNotAllowed,
                "this address answers another method",
            )
        });
    let others = match state.config.environment {
        Environment::Development => others.route("/graphiql", get(graphiql::page)),
        Environment::Production => others,
    };
    let routes = graphql
        .merge(others)
        .fallback(async || refused(ErrorCode::NotFound, "nothing is here"))
        .with_state(state);
    middleware::around(routes)
}

/// Whether requests can be answered: the store does.
async fn ready(State(state): State<AppState>) -> (StatusCode, &'static str) {
    match state.purges.in_force().await {
        Ok(_) => (StatusCode::OK, "ok"),
        Err(error) => {
            tracing::error!(error = chain(&error), "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer")
        }
    }
}

fn refused(code: ErrorCode, message: &str) -> Response {
    answer::refusal(&Refusal::new(code, message), MediaType::GraphqlResponse)
}
