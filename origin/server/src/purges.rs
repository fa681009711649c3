//! Purging over HTTP: `POST /admin/purge`.

use access::caller::Caller;
use api::purges::mutations::{PurgeInput, PurgeResult};
use axum::{Extension, body::Body, extract::State, http::HeaderName, response::Response};
use domain::sentence::Language;
use edge_core::header::REVISION;

use crate::{
    admin::{self, AdminError},
    state::AppState,
};

/// `POST /admin/purge`: takes the input of the GraphQL mutation and returns its result, as plain
/// JSON.
pub async fn post(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    body: Body,
) -> Result<Response, AdminError> {
    let input: PurgeInput = admin::read_json(body).await?;
    let asked = input.request(&caller);
    let asked = asked.map_err(|why| why.refusal(Language::English))?;
    let result = PurgeResult::of(&state.services, asked, state.services.clock.now_ms()).await?;
    let mut response = admin::json(&result);
    if let Some(revision) = result.at {
        let headers = response.headers_mut();
        headers.insert(HeaderName::from_static(REVISION), revision.0.into());
    }
    Ok(response)
}
