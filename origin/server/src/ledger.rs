//! `GET /partners/<id>/ledger.csv?from=2026-10-01&to=2026-10-31`: the changes of a partner's balance as
//! a file; for the partner's owners.

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
use domain::{
    PartnerId, StoreError,
    error_chain::chain,
    payments::{
        cursors::LedgerCursor,
        ledger::{Account, Transaction},
        store::{LedgerPage, LedgerQuery},
    },
};
use futures_util::stream;
use pq_core::ErrorCode;

use crate::{
    csv_file::{DaysQuery, encoded},
    http::file::{admit, internal, private, refuse, refused, with_rate_limits},
    state::AppState,
};

const COLUMNS: [&str; 6] = [
    "at",
    "cause",
    "amount_minor",
    "currency",
    "payment",
    "provider_id",
];
/// How many rows are read at once.
const ROWS_AT_ONCE: usize = 500;

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
    let caller = &asker.caller;
    let language = Reader::of(asker).language(&state.services).await;
    let partner = PartnerId::parse(partner);
    let about = partner.as_ref().map_or(About::Unknown, About::Partner);
    authorise::route_about(caller, "/partners", about)
        .map_err(|why| refused(&why.refusal(language)))?;
    let not_found = || refuse(ErrorCode::NOT_FOUND, "there is nothing at this address");
    let partner = partner.ok_or_else(not_found)?;
    let days = range(&query.from, &query.to).map_err(|why| refused(&why.refusal(language)))?;
    let query = LedgerQuery {
        partner,
        from_ms: days.0.begins_ms(),
        until_ms: days.1.next().begins_ms(),
        first: ROWS_AT_ONCE,
        after: None,
    };
    // The first page before the status: a failure is one.
    let page = state.services.payment_store.ledger(&query).await;
    let page = page.map_err(internal)?;
    let mut response = private("text/csv; charset=utf-8", Vec::new());
    let disposition = HeaderValue::from_static("attachment; filename=\"ledger.csv\"");
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_DISPOSITION, disposition);
    *response.body_mut() = body(state.clone(), query, page);
    Ok(response)
}

/// The file, page by page: a year of a large partner does not fit in memory.
fn body(state: AppState, query: LedgerQuery, first: LedgerPage) -> Body {
    let head = encoded(&[COLUMNS.map(str::to_owned)]);
    let pages = stream::try_unfold((Some(first), query), move |(page, mut query)| {
        let state = state.clone();
        async move {
            let Some(page) = page else {
                return Ok(None);
            };
            let rows: Vec<_> = page.items.iter().map(|one| row(one, &query)).collect();
            query.after = page.items.last().map(LedgerCursor::of);
            let next = if page.has_next_page {
                let next = state.services.payment_store.ledger(&query).await;
                // The client sees that the file is cut off.
                let next = next.inspect_err(|error: &StoreError| {
                    tracing::error!(error = chain(error), "a ledger's file was cut off");
                });
                Some(next?)
            } else {
                None
            };
            Ok::<_, StoreError>(Some((encoded(&rows), (next, query))))
        }
    });
    let head = stream::once(async move { Ok(head) });
    Body::from_stream(futures_util::StreamExt::chain(head, pages))
}

fn row(transaction: &Transaction, query: &LedgerQuery) -> [String; 6] {
    let account = Account::Partner(query.partner.clone());
    let payment = transaction.payment.as_ref();
    [
        api::nodes::moment::timestamp(transaction.at_ms).to_string(),
        transaction.cause().to_owned(),
        transaction.change_of(&account).to_string(),
        transaction.currency.as_str().to_owned(),
        payment.map(ToString::to_string).unwrap_or_default(),
        transaction.provider_id.clone(),
    ]
}
