//! `GET /partners/<id>/stats.csv?from=2026-10-01&to=2026-10-31`: what a partner's nights add up to, by offer, as
//! a file; for the partner's managers.

use std::collections::HashMap;

use access::caller::Asker;
use api::request::{
    authorise::{self, About},
    days::range,
    reader::Reader,
};
use axum::{
    body::Body,
    extract::{Path, Query, Request, State, rejection::QueryRejection},
    http::{HeaderValue, header},
    response::Response,
};
use domain::{Offer, OfferId, PartnerId, bookings::figures::OfferNight, night::Night};
use pq_core::ErrorCode;

use crate::{
    csv_file::{DaysQuery, cell, encoded},
    http::file::{admit, internal, private, refuse, refused, with_rate_limits},
    state::AppState,
};

const COLUMNS: [&str; 7] = [
    "night",
    "offer",
    "title",
    "bookings",
    "check_ins",
    "guests",
    "walk_ins",
];

pub(crate) async fn file(
    State(state): State<AppState>,
    Path(partner): Path<String>,
    query: Result<Query<DaysQuery>, QueryRejection>,
    request: Request,
) -> Response {
    let Ok(Query(query)) = query else {
        return refuse(
            ErrorCode::INVALID_REQUEST,
            "the query string has `from` and `to`, each once",
        );
    };
    let (asker, counted) = match admit(&state, request).await {
        Ok(admitted) => admitted,
        Err(refused) => return refused,
    };
    let answer = rows(&state, &asker, &partner, &query).await;
    with_rate_limits(answer, counted.as_ref())
}

async fn rows(
    state: &AppState,
    asker: &Asker,
    partner: &str,
    query: &DaysQuery,
) -> Result<Response, Response> {
    let language = Reader::of(asker).language(&state.services).await;
    let partner = PartnerId::parse(partner);
    let about = partner.as_ref().map_or(About::Unknown, About::Partner);
    authorise::route_about(&asker.caller, "/partners/stats", about)
        .map_err(|why| refused(&why.refusal(language)))?;
    let not_found = || refuse(ErrorCode::NOT_FOUND, "there is nothing at this address");
    let partner = partner.ok_or_else(not_found)?;
    let days = range(&query.from, &query.to).map_err(|why| refused(&why.refusal(language)))?;
    let nights = Night::beginning_on(days.0)..=Night::beginning_on(days.1);
    let services = &state.services;
    let figures = services.bookings.figures_by_offer(&partner, nights).await;
    let figures = figures.map_err(internal)?;
    let mut offers: Vec<OfferId> = figures.iter().map(|one| one.offer.clone()).collect();
    offers.sort();
    offers.dedup();
    let offers = services.offers.by_ids(&offers).await.map_err(internal)?;
    let rows: Vec<_> = figures.iter().map(|one| row(one, &offers)).collect();
    let mut file = encoded(&[COLUMNS.map(str::to_owned)]).to_vec();
    file.extend(encoded(&rows));
    let mut response = private("text/csv; charset=utf-8", Vec::new());
    let disposition = HeaderValue::from_static("attachment; filename=\"stats.csv\"");
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_DISPOSITION, disposition);
    *response.body_mut() = Body::from(file);
    Ok(response)
}

fn row(one: &OfferNight, offers: &HashMap<OfferId, Offer>) -> [String; 7] {
    let title = offers.get(&one.offer).map(|offer| offer.title.as_str());
    let figures = one.figures;
    [
        one.night.to_string(),
        one.offer.to_string(),
        cell(title.unwrap_or_default()),
        figures.bookings.to_string(),
        figures.check_ins.to_string(),
        figures.guests.to_string(),
        figures.walk_ins.to_string(),
    ]
}
