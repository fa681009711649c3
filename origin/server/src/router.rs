//! Every route of the server.

use std::convert::Infallible;

use api::environment::Environment;
use axum::{
    Router,
    extract::Request,
    http::{Method, header::ALLOW},
    middleware::from_fn_with_state,
    response::Response,
    routing::{any, get, post},
};
use pq_core::{DocumentHash, ErrorCode, MediaType, Refusal};
use tower::{Service, ServiceExt as _, service_fn};

use crate::{
    bookings,
    config::Role,
    console, cors, documents,
    http::{answer, graphiql, serve},
    importing, inspect, keys, ledger, middleware, purges, readiness,
    state::AppState,
    stats_csv, unsubscribe, webhooks,
};

/// Builds the whole application: all routes of the process's roles inside all layers.
pub fn router(
    state: AppState,
) -> impl Service<Request, Response = Response, Error = Infallible, Future: Send>
+ Clone
+ Send
+ Sync
+ 'static {
    let admin = admin(&state);
    let graphql = Router::new()
        .route("/graphql", any(serve::graphql).options(cors::preflight))
        .route("/graphql/", any(serve::graphql).options(cors::preflight))
        .route(
            "/graphql/{id}",
            any(serve::graphql_by_id).options(cors::preflight),
        );
    // The edge forwards these.
    let files = Router::new()
        .route(
            "/.well-known/jwks.json",
            get(keys::jwks).options(cors::preflight),
        )
        .route(
            "/.well-known/qr-keys.json",
            get(bookings::routes::keys).options(cors::preflight),
        )
        .route(
            "/bookings/{name}",
            get(bookings::routes::calendar).options(cors::preflight),
        )
        .route(
            "/bookings/{id}/{file}",
            get(bookings::routes::code).options(cors::preflight),
        )
        .route(
            "/calendar/{name}",
            get(bookings::feed::feed).options(cors::preflight),
        )
        .route(
            "/partners/{id}/ledger.csv",
            get(ledger::file).options(cors::preflight),
        )
        .route(
            "/partners/{id}/import.jsonl",
            post(importing::post).options(cors::preflight),
        )
        .route(
            "/partners/{id}/stats.csv",
            get(stats_csv::file).options(cors::preflight),
        )
        .route_layer(from_fn_with_state(state.clone(), cors::readable));
    let of_api = admin
        .merge(files)
        .merge(console::pages())
        .route("/internal/documents/{hash}", get(documents::get))
        .route("/webhooks/ses", webhooks::of_ses())
        .route("/webhooks/twilio", webhooks::of_twilio())
        .route("/webhooks/veriff", webhooks::of_veriff())
        .route("/webhooks/stripe", webhooks::of_stripe())
        .route("/unsubscribe", unsubscribe::route());
    let of_api = match state.config.environment {
        Environment::Development => of_api.merge(graphiql::routes()),
        Environment::Production => of_api,
    };
    let roles = state.config.roles;
    let others = if roles.has(Role::Api) {
        of_api
    } else {
        Router::new()
    };
    let others = others
        .route("/healthz", get(async || "ok"))
        .route("/readyz", get(readiness::ready))
        .method_not_allowed_fallback(async || {
            let mut refused = refused(
                ErrorCode::METHOD_NOT_ALLOWED,
                "this address does not support this method",
            );
            // What the code brings is GraphQL's; the router knows the methods of each address.
            refused.headers_mut().remove(ALLOW);
            refused
        });
    let routes = if roles.serves_clients() {
        graphql.merge(others)
    } else {
        others
    };
    let routes = routes
        .fallback(async || refused(ErrorCode::NOT_FOUND, "there is nothing at this address"))
        .with_state(state.clone());
    // The router costs as much as a hit: requests for documents by their hash, which are most, go
    // around it.
    middleware::around(service_fn(move |request: Request| {
        let (state, routes) = (state.clone(), routes.clone());
        async move {
            match hash_of(&request) {
                Some(hash) if roles.serves_clients() => {
                    Ok(serve::graphql_by_hash(&state, hash, request).await)
                }
                Some(_) | None => Box::pin(routes.oneshot(request)).await,
            }
        }
    }))
}

/// What operators ask.
fn admin(state: &AppState) -> Router<AppState> {
    Router::new()
        .route("/admin/documents", post(documents::post))
        .route("/admin/documents/retire", post(documents::retire))
        .route("/admin/documents/usage", get(documents::usage))
        .route("/admin/purge", post(purges::post))
        .route("/admin/cache/explain", post(inspect::routes::explain))
        .route("/admin/cache/stats", get(inspect::routes::stats))
        .route("/admin/cells", post(console::cells))
        .route("/admin/purges", get(console::purges))
        .route("/admin/queue", get(console::queue))
        .route("/admin/queue/retry", post(console::retry))
        .route_layer(from_fn_with_state(
            state.clone(),
            middleware::operators_only,
        ))
}

/// The hash in `GET /graphql/<hash>`.
fn hash_of(request: &Request) -> Option<String> {
    let hash = request.uri().path().strip_prefix("/graphql/")?;
    let is_by_hash = request.method() == Method::GET && DocumentHash::parse(hash).is_ok();
    is_by_hash.then(|| hash.to_owned())
}

fn refused(code: ErrorCode, message: &str) -> Response {
    answer::refusal(&Refusal::new(code, message), MediaType::GraphqlResponse)
}
