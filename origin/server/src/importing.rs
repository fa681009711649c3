//! `POST /partners/<id>/import.jsonl?dryRun=true`: a partner's own data as CSV or JSON, for the partner's
//! managers. The answer has one JSON object a line of the file, and a summary at the end.

use std::{num::NonZeroU32, time::Duration};

use access::{caller::Asker, rate::Rule};
use api::request::{
    authorise::{self, About},
    reader::Reader,
};
use axum::{
    body::to_bytes,
    extract::{Path, Query, Request, State, rejection::QueryRejection},
    http::{HeaderValue, header},
    response::Response,
};
use domain::{
    Address, GeoPoint, PartnerId, StoreError,
    catalogue::sheet::{self, MAX_BYTES, Refused, table},
    maps::{
        choosing::Meaning,
        codes::{ADDRESS_AMBIGUOUS, ADDRESS_NOT_FOUND, POSITION_REQUIRED},
    },
    sentence::{Language, Sentence},
};
use futures_util::future::BoxFuture;
use pq_core::{ErrorCode, Refusal, limits};
use serde::Deserialize;
use serde_json::json;
use tokio::time::Instant;

use crate::{
    catalogue::sheet::{Import, Mode, Outcome, Summary},
    http::file::{admit, internal, private, refuse, refused, with_rate_limits},
    state::AppState,
};

/// How often somebody may import for a partner. A file has more lines than anybody types.
const IMPORTS: NonZeroU32 = NonZeroU32::new(30).expect("it is not zero");
const WINDOW: Duration = Duration::from_hours(1);
/// After this no further line is begun. The edge waits a little longer for an answer.
const WITHIN: Duration = limits::EXECUTION.saturating_sub(Duration::from_secs(2));

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ImportQuery {
    #[serde(default)]
    dry_run: bool,
}

pub(crate) async fn post(
    State(state): State<AppState>,
    Path(partner): Path<String>,
    query: Result<Query<ImportQuery>, QueryRejection>,
    request: Request,
) -> Response {
    let Ok(Query(query)) = query else {
        return refuse(
            ErrorCode::INVALID_REQUEST,
            "the query string has `dryRun`, true or false, or is empty",
        );
    };
    let until = Instant::now() + WITHIN;
    let (parts, body) = request.into_parts();
    let head = Request::from_parts(parts, axum::body::Body::empty());
    let (asker, counted) = match admit(&state, head).await {
        Ok(admitted) => admitted,
        Err(refused) => return refused,
    };
    let mode = if query.dry_run {
        Mode::DryRun
    } else {
        Mode::Write
    };
    let answer = async {
        let partner = admitted(&state, &asker, &partner).await?;
        // Read only for those who may import.
        let file = to_bytes(body, MAX_BYTES).await;
        let file = file.map_err(|_| too_large())?;
        import(&state, &asker, partner, &file, (mode, until)).await
    };
    with_rate_limits(answer.await, counted.as_ref())
}

/// The partner, if the caller may import for it now.
async fn admitted(state: &AppState, asker: &Asker, partner: &str) -> Result<PartnerId, Response> {
    let language = Reader::of(asker).language(&state.services).await;
    let partner = PartnerId::parse(partner);
    let about = partner.as_ref().map_or(About::Unknown, About::Partner);
    authorise::route_about(&asker.caller, "/partners/import", about)
        .map_err(|why| refused(&why.refusal(language)))?;
    let not_found = || refuse(ErrorCode::NOT_FOUND, "there is nothing at this address");
    let partner = partner.ok_or_else(not_found)?;
    let ids = std::slice::from_ref(&partner);
    let found = state.services.partners.partners_by_ids(ids).await;
    if !found.map_err(internal)?.contains_key(&partner) {
        return Err(not_found());
    }
    if state.config.rate_limits.is_on {
        let rule = Rule {
            name: "import",
            limit: IMPORTS,
            window: WINDOW,
            key: partner.as_str(),
        };
        let decision = state.services.rate_limiter.take(&[rule]).await;
        if !decision.is_admitted() {
            let text = Sentence::new(
                "trop d’imports pour ce partenaire : réessayez plus tard",
                "too many imports for this partner: try again later",
            );
            let mut response = refused(&Refusal::new(ErrorCode::RATE_LIMITED, text.text(language)));
            let wait_s = HeaderValue::from(decision.retry_after_s());
            response.headers_mut().insert(header::RETRY_AFTER, wait_s);
            return Err(response);
        }
    }
    Ok(partner)
}

async fn import<'a>(
    state: &'a AppState,
    asker: &Asker,
    partner: PartnerId,
    file: &[u8],
    (mode, until): (Mode, Instant),
) -> Result<Response, Response> {
    let services = &state.services;
    let language = Reader::of(asker).language(services).await;
    let records = table::read(file).map_err(|why| of_file(&why, language))?;
    let import = Import {
        partners: &*services.partners,
        offers: &*services.offers,
        partner,
        mode,
        actor: asker.caller.actor(),
        now_ms: services.clock.now_ms(),
    };
    let look_up = move |address: Address| -> BoxFuture<'a, Result<GeoPoint, Refused>> {
        Box::pin(async move { locate(state, &address, language).await })
    };
    let is_over = move || Instant::now() >= until;
    let outcomes = import.run(records, &look_up, &is_over).await;
    if mode == Mode::Write {
        relay(state).await.map_err(internal)?;
    }
    let outcomes = outcomes.map_err(internal)?;
    Ok(private(
        "application/jsonl",
        report(&outcomes, mode, language),
    ))
}

/// Moves the purges of the written lines into the log: also of those before a failure.
async fn relay(state: &AppState) -> Result<(), StoreError> {
    let now_ms = state.services.clock.now_ms();
    state.services.purge_log.drain_outbox(now_ms).await?;
    Ok(())
}

fn report(outcomes: &[Outcome], mode: Mode, language: Language) -> Vec<u8> {
    let mut text = String::new();
    for outcome in outcomes {
        text.push_str(&outcome.json(language).to_string());
        text.push('\n');
    }
    let summary = Summary::of(outcomes);
    let last = json!({"summary": {
        "dryRun": mode == Mode::DryRun,
        "created": summary.created,
        "updated": summary.updated,
        "unchanged": summary.unchanged,
        "refused": summary.refused,
    }});
    text.push_str(&last.to_string());
    text.push('\n');
    text.into_bytes()
}

fn too_large() -> Response {
    let message = format!("a file has at most {MAX_BYTES} bytes");
    refused(&Refusal::new(ErrorCode::REQUEST_TOO_LARGE, message))
}

fn of_file(why: &sheet::Refused, language: Language) -> Response {
    refused(&Refusal::new(why.code, why.why.text(language)))
}

/// As `createEstablishment` does it.
async fn locate(
    state: &AppState,
    address: &Address,
    language: Language,
) -> Result<GeoPoint, Refused> {
    let found = state.services.maps.geocode(address, language).await;
    match found.map(|found| Meaning::of(address, found)) {
        Ok(Meaning::Here(location)) => Ok(location),
        Ok(Meaning::OneOf(_)) => Err(Refused::new(
            ADDRESS_AMBIGUOUS,
            Sentence::new(
                "cette adresse désigne plusieurs lieux : donnez `latitude` et `longitude`",
                "this address means several places: give `latitude` and `longitude`",
            ),
        )),
        Ok(Meaning::Nothing) => Err(Refused::new(
            ADDRESS_NOT_FOUND,
            Sentence::new(
                "cette adresse n’a pas été trouvée : corrigez-la, ou donnez `latitude` et `longitude`",
                "this address was not found: correct it, or give `latitude` and `longitude`",
            ),
        )),
        Err(_away) => Err(position_required()),
    }
}

/// The refusal of an address where nothing can be looked up.
pub fn position_required() -> Refused {
    Refused::new(
        POSITION_REQUIRED,
        Sentence::new(
            "l’adresse ne peut pas être recherchée en ce moment : donnez `latitude` et `longitude`",
            "the address cannot be looked up now: give `latitude` and `longitude`",
        ),
    )
}
