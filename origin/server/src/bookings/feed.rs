//! `GET /calendar/<secret>.ics`: the bookings of a user, for their calendar. The secret is all that a
//! calendar has, so it stands for signing in.

use axum::{
    extract::{Path, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use domain::{
    StoreError, UserId,
    bookings::{
        booking::Booking,
        calendar_feed::{FeedSecret, MOST_SHOWN, SHOWN_PAST_MS},
    },
};
use pq_core::ErrorCode;
use sha2::{Digest as _, Sha256};

use super::calendar::{self, Entry};
use crate::{
    http::file::{admit, internal, private, refuse, with_rate_limits},
    state::AppState,
};

/// The calendar of the user whose feed has this secret. A secret that is unknown, replaced or revoked
/// is an address at which there is nothing.
pub async fn feed(
    State(state): State<AppState>,
    Path(name): Path<String>,
    request: Request,
) -> Response {
    let known = request.headers().get(header::IF_NONE_MATCH).cloned();
    let counted = match admit(&state, request).await {
        Ok((_, counted)) => counted,
        Err(refused) => return refused,
    };
    let answer = answer(&state, &name, known.as_ref()).await;
    with_rate_limits(answer, counted.as_ref())
}

async fn answer(
    state: &AppState,
    name: &str,
    known: Option<&HeaderValue>,
) -> Result<Response, Response> {
    let nothing = || refuse(ErrorCode::NOT_FOUND, "there is nothing at this address");
    let secret = name.strip_suffix(".ics").and_then(FeedSecret::parse);
    let hash = secret.ok_or_else(nothing)?.hash();
    let user = state.services.bookings.user_of_feed(&hash).await;
    let user = user.map_err(internal)?.ok_or_else(nothing)?;
    let file = written(state, &user).await.map_err(internal)?;
    let tag = format!("\"{}\"", hex::encode(&Sha256::digest(&file)[..16]));
    let is_known = known.is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        private("text/calendar; charset=utf-8", file.into_bytes())
    };
    mark(response.headers_mut(), &tag);
    Ok(response)
}

fn mark(headers: &mut HeaderMap, tag: &str) {
    let caching = HeaderValue::from_static("private, no-store");
    headers.insert(header::CACHE_CONTROL, caching);
    if let Ok(tag) = HeaderValue::from_str(tag) {
        headers.insert(header::ETAG, tag);
    }
    // The address is a secret: nothing that the file leads to is told of it.
    let silence = HeaderValue::from_static("no-referrer");
    headers.insert(header::REFERRER_POLICY, silence);
}

async fn written(state: &AppState, user: &UserId) -> Result<String, StoreError> {
    let services = &state.services;
    let since_ms = services.clock.now_ms() - SHOWN_PAST_MS;
    let bookings = &services.bookings;
    let shown = bookings.beginning_since(user, since_ms, MOST_SHOWN).await?;
    let ids = distinct(shown.iter().map(|booking: &Booking| booking.offer.clone()));
    let offers = services.offers.by_ids(&ids).await?;
    let ids = distinct(offers.values().map(|offer| offer.establishment_id.clone()));
    let places = services.partners.establishments_by_ids(&ids).await?;
    let entries = shown.iter().filter_map(|booking| {
        let offer = offers.get(&booking.offer)?;
        Some(Entry {
            booking,
            offer,
            place: places.get(&offer.establishment_id),
        })
    });
    Ok(calendar::feed(&entries.collect::<Vec<_>>()))
}

fn distinct<T: Ord>(ids: impl Iterator<Item = T>) -> Vec<T> {
    let mut ids: Vec<T> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}
