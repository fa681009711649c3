//! What routes share that answer files to signed-in callers: identifying the caller, counting the
//! request, refusals, and headers.

use access::{
    caller::Asker,
    rate::{self, Decision},
};
use axum::{
    extract::Request,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use domain::StoreError;
use pq_core::{ErrorCode, MediaType, Refusal};

use super::answer;
use crate::{admission, state::AppState};

/// Identifies the caller and counts the request against the rate limit. Fails with the answer to
/// send if the request is over the limit.
pub async fn admit(
    state: &AppState,
    request: Request,
) -> Result<(Asker, Option<Decision>), Response> {
    let peer = admission::peer_of(&request, state);
    let headers = request.into_parts().0.headers;
    let asker = admission::asker_of(&headers, peer, state).await;
    let caller = asker.as_ref().ok().map(|asker| &asker.caller);
    let counted = admission::count(state, caller, peer).await;
    match counted {
        Some(decision) if !decision.is_admitted() => {
            let mut refused = Request::default();
            *refused.headers_mut() = headers;
            let response = admission::too_many(&decision, &refused);
            Err(with_rate_limits(Ok(response), Some(&decision)))
        }
        counted => Ok((asker.map_err(internal)?, counted)),
    }
}

/// Adds the rate limit headers to an answer.
pub fn with_rate_limits(
    answer: Result<Response, Response>,
    counted: Option<&Decision>,
) -> Response {
    let mut response = answer.unwrap_or_else(|refused| refused);
    if let Some(decision) = counted {
        rate::headers::write(decision, response.headers_mut());
    }
    response
}

pub fn private(media: &'static str, body: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, media),
        (header::CACHE_CONTROL, "private, no-store"),
    ];
    (StatusCode::OK, headers, body).into_response()
}

pub fn refuse(code: ErrorCode, message: &str) -> Response {
    refused(&Refusal::new(code, message))
}

pub fn refused(refusal: &Refusal) -> Response {
    answer::refusal(refusal, MediaType::GraphqlResponse)
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
pub fn internal(error: StoreError) -> Response {
    answer::internal(&error, MediaType::GraphqlResponse)
}
