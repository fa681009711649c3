//! The HTTP routes of bookings. The booking's holder gets its QR code as a picture and its calendar
//! file. Anybody gets the public keys of the codes, so that scanners can verify codes offline.

use access::{
    caller::{Asker, Caller},
    qr::Ticket,
};
use api::request::{authorise, reader::Reader};
use axum::{
    extract::{Path, Query, Request, State, rejection::QueryRejection},
    http::{HeaderValue, header},
    response::{IntoResponse as _, Response},
};
use domain::{
    BookingId, StoreError,
    bookings::{booking::Booking, refusals::BookingRefusal},
    error_chain::chain,
};
use pq_core::ErrorCode;
use serde::Deserialize;

use super::{
    calendar::{self, Entry},
    picture,
};
use crate::{
    http::file::{admit, internal, private, refuse, refused, with_rate_limits},
    state::AppState,
};

/// Which of a booking's two codes is drawn.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CodeKind {
    #[default]
    Rotating,
    Offline,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub struct CodeQuery {
    #[serde(default)]
    code: CodeKind,
}

/// `GET /.well-known/qr-keys.json`: the public keys of the codes, as a JWK set.
pub async fn keys(State(state): State<AppState>) -> Response {
    let keys = state.config.qr_keys.jwks();
    // Caching is safe: a key is published long before it signs.
    let caching = (header::CACHE_CONTROL, "public, max-age=300");
    ([caching], axum::Json(keys)).into_response()
}

/// The picture format of a code.
#[derive(Clone, Copy, Debug)]
enum ImageFormat {
    Svg,
    Png,
}

impl ImageFormat {
    fn of(file: &str) -> Option<Self> {
        match file {
            "qr.svg" => Some(Self::Svg),
            "qr.png" => Some(Self::Png),
            _ => None,
        }
    }
}

/// `GET /bookings/<id>/qr.svg` and `qr.png`: the rotating code, or with `?code=offline` the offline
/// code.
pub async fn code(
    State(state): State<AppState>,
    Path((id, file)): Path<(String, String)>,
    query: Result<Query<CodeQuery>, QueryRejection>,
    request: Request,
) -> Response {
    let Ok(Query(query)) = query else {
        return refuse(
            ErrorCode::INVALID_REQUEST,
            "the query string may have `code=offline`, once",
        );
    };
    let Some(format) = ImageFormat::of(&file) else {
        return refuse(ErrorCode::NOT_FOUND, "there is nothing at this address");
    };
    let (asker, counted) = match admit(&state, request).await {
        Ok(admitted) => admitted,
        Err(refused) => return refused,
    };
    let answer = picture_of(&state, &asker, &id, query.code, format).await;
    with_rate_limits(answer, counted.as_ref())
}

/// `GET /bookings/<id>.ics`: the booking as a calendar file.
pub async fn calendar(
    State(state): State<AppState>,
    Path(name): Path<String>,
    request: Request,
) -> Response {
    let Some(id) = name.strip_suffix(".ics") else {
        return refuse(ErrorCode::NOT_FOUND, "there is nothing at this address");
    };
    let (asker, counted) = match admit(&state, request).await {
        Ok(admitted) => admitted,
        Err(refused) => return refused,
    };
    let answer = event_of(&state, &asker, id).await;
    with_rate_limits(answer, counted.as_ref())
}

async fn picture_of(
    state: &AppState,
    asker: &Asker,
    id: &str,
    kind: CodeKind,
    format: ImageFormat,
) -> Result<Response, Response> {
    let booking = own(state, asker, id).await?;
    let ticket = match kind {
        CodeKind::Rotating => Ticket::rotating(&booking, state.services.clock.now_ms()),
        CodeKind::Offline => Ticket::offline(&booking),
    };
    let code = ticket.sign(&state.config.qr_keys);
    let code = code.ok_or_else(|| failed("no key signs QR codes"))?;
    let bad = |error: picture::PictureError| failed(&chain(&error));
    match format {
        ImageFormat::Svg => {
            let svg = picture::svg(&code).map_err(bad)?;
            Ok(private("image/svg+xml", svg.into_bytes()))
        }
        ImageFormat::Png => Ok(private("image/png", picture::png(&code).map_err(bad)?)),
    }
}

async fn event_of(state: &AppState, asker: &Asker, id: &str) -> Result<Response, Response> {
    let booking = own(state, asker, id).await?;
    let file = calendar_of(state, &booking).await.map_err(internal)?;
    let mut response = private("text/calendar; charset=utf-8", file.into_bytes());
    let disposition = HeaderValue::from_static("attachment; filename=\"yousoon.ics\"");
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_DISPOSITION, disposition);
    Ok(response)
}

async fn calendar_of(state: &AppState, booking: &Booking) -> Result<String, StoreError> {
    let ids = std::slice::from_ref(&booking.offer);
    let offer = state
        .services
        .offers
        .by_ids(ids)
        .await?
        .remove(&booking.offer);
    let offer = offer.ok_or_else(|| StoreError::corrupt("booking", &"its offer is gone"))?;
    let ids = std::slice::from_ref(&offer.establishment_id);
    let places = state.services.partners.establishments_by_ids(ids).await?;
    Ok(calendar::file(Entry {
        booking,
        offer: &offer,
        place: places.get(&offer.establishment_id),
    }))
}

/// Returns the booking to its holder. Everybody else gets "not found".
async fn own(state: &AppState, asker: &Asker, id: &str) -> Result<Booking, Response> {
    // First, as in GraphQL: a caller who is not signed in is told so, whatever the id.
    let caller = &asker.caller;
    let language = Reader::of(asker).language(&state.services).await;
    authorise::route(caller, "/bookings").map_err(|why| refused(&why.refusal(language)))?;
    let not_found = || {
        let refusal = BookingRefusal::NotFound;
        refuse(refusal.code(), refusal.sentence().text(language))
    };
    let id = BookingId::parse(id).ok_or_else(not_found)?;
    let found = state
        .services
        .bookings
        .by_ids(std::slice::from_ref(&id))
        .await;
    let booking = found.map_err(internal)?.remove(&id).ok_or_else(not_found)?;
    match caller {
        Caller::User(user) if booking.user.as_ref() == Some(&user.id) => Ok(booking),
        Caller::User(_) | Caller::Anonymous | Caller::Unknown(_) | Caller::Service(_) => {
            Err(not_found())
        }
    }
}

fn failed(why: &str) -> Response {
    tracing::error!(error = why, "a picture of a code failed");
    refuse(ErrorCode::INTERNAL, "something went wrong on our side")
}
