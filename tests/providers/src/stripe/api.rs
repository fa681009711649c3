//! The wire: keys, forms, idempotency keys, and what Stripe checks of them.

use axum::{
    Json, Router,
    body::Bytes,
    extract::{OriginalUri, Path, State as Extract},
    http::{HeaderMap, HeaderValue, Method, StatusCode},
    response::{IntoResponse, Response},
    routing::{any, get, post},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;

use super::{
    books::{Kept, Metadata, Problem, Stripe},
    intents::{Attempt, NewIntent, NewRefund},
    objects,
};
use crate::state::State;

const MOST_LISTED: usize = 100;

pub(crate) fn routes() -> Router<State> {
    Router::new()
        .route("/v1/payment_intents", post(asked))
        .route("/v1/payment_intents/{id}", get(asked))
        .route("/v1/payment_intents/{id}/cancel", post(asked))
        .route("/v1/payment_intents/{id}/confirm", post(confirm))
        .route("/v1/refunds", any(asked))
        .route("/v1/refunds/{id}", get(asked))
        .route("/v1/accounts", post(asked))
        .route("/v1/accounts/{id}", get(asked))
        .route("/v1/account_links", post(asked))
        .route("/v1/disputes/{id}", get(asked))
        .route("/v1/payouts/{id}", get(asked))
        .route("/v1/balance_transactions", get(asked))
}

/// A form or a query.
struct Fields(Vec<(String, String)>);

impl Fields {
    fn parse(text: &[u8]) -> Self {
        Self(form_urlencoded::parse(text).into_owned().collect())
    }

    /// Takes a field: what is left is unknown.
    fn take(&mut self, name: &str) -> Option<String> {
        let at = self.0.iter().position(|(field, _)| field == name)?;
        Some(self.0.remove(at).1)
    }

    fn needed(&mut self, name: &str) -> Result<String, Problem> {
        let missing = || Problem::invalid("parameter_missing", name);
        self.take(name).ok_or_else(missing)
    }

    fn number(&mut self, name: &str) -> Result<Option<i64>, Problem> {
        let wrong = |_| Problem::invalid("parameter_invalid_integer", name);
        self.take(name)
            .map(|text| text.parse().map_err(wrong))
            .transpose()
    }

    fn flag(&mut self, name: &str) -> Result<bool, Problem> {
        match self.take(name).as_deref() {
            Some("true") => Ok(true),
            Some("false") | None => Ok(false),
            Some(_) => Err(Problem::invalid("parameter_invalid_boolean", name)),
        }
    }

    fn metadata(&mut self) -> Metadata {
        let (of, others) = std::mem::take(&mut self.0)
            .into_iter()
            .partition::<Vec<_>, _>(|(name, _)| name.starts_with("metadata["));
        self.0 = others;
        let names = of.into_iter().filter_map(|(name, value)| {
            let name = name.strip_prefix("metadata[")?.strip_suffix(']')?;
            Some((name.to_owned(), Value::String(value)))
        });
        names.collect()
    }

    fn end(self) -> Result<(), Problem> {
        match self.0.into_iter().next() {
            Some((name, _)) => Err(Problem::invalid("parameter_unknown", &name)),
            None => Ok(()),
        }
    }
}

/// A request with the platform's secret key.
async fn asked(
    Extract(state): Extract<State>,
    OriginalUri(uri): OriginalUri,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if !has_key(&headers, &state.inner.secrets.stripe_key) {
        return unauthorized();
    }
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let version = text("stripe-version").unwrap_or_default();
    if version.len() < 10 {
        return answer(
            400,
            &objects::problem(&Problem::invalid("version", "stripe-version")),
        );
    }
    let path = uri.path().trim_start_matches("/stripe/v1/").to_owned();
    let (failed, lost) = {
        let stripe = &mut state.lock().stripe;
        let (fail, lose) = (stripe.chaos.fail, stripe.chaos.lose_answers);
        (stripe.dice.falls(fail), stripe.dice.falls(lose))
    };
    if failed {
        return (StatusCode::INTERNAL_SERVER_ERROR, "{}").into_response();
    }
    let (status, answered) = if method == Method::POST {
        let kind = text("content-type").unwrap_or_default();
        if !kind.starts_with("application/x-www-form-urlencoded") {
            return answer(
                400,
                &objects::problem(&Problem::invalid("form", "content-type")),
            );
        }
        let stripe = &mut state.lock().stripe;
        once(stripe, &path, &body, text("idempotency-key"), &state)
    } else {
        let query = Fields::parse(uri.query().unwrap_or_default().as_bytes());
        let stripe = &state.lock().stripe;
        let account = text("stripe-account");
        outcome(read(stripe, &path, query, account))
    };
    super::reports::send_waiting(&state);
    if lost {
        return (StatusCode::BAD_GATEWAY, "").into_response();
    }
    answer(status, &answered)
}

/// A repeated request with an idempotency key gets the first one's answer.
fn once(
    stripe: &mut Stripe,
    path: &str,
    body: &[u8],
    key: Option<&str>,
    state: &State,
) -> (u16, Value) {
    let request = format!("{path}\n{}", String::from_utf8_lossy(body));
    if let Some(kept) = key.and_then(|key| stripe.keys.get(key)) {
        if kept.request != request {
            return outcome(Err(Problem {
                status: 400,
                kind: "idempotency_error",
                code: None,
                param: None,
            }));
        }
        return (kept.status, kept.body.clone());
    }
    let (status, body) = outcome(write(stripe, path, Fields::parse(body), state));
    // What did not pass the checks was not begun, and is not kept.
    if let Some(key) = key
        && status != 400
    {
        let body = body.clone();
        stripe.keys.insert(
            key.to_owned(),
            Kept {
                request,
                status,
                body,
            },
        );
    }
    (status, body)
}

fn write(
    stripe: &mut Stripe,
    path: &str,
    mut fields: Fields,
    state: &State,
) -> Result<Value, Problem> {
    let parts: Vec<&str> = path.split('/').collect();
    match parts.as_slice() {
        ["payment_intents"] => {
            let new = NewIntent {
                amount: fields
                    .number("amount")?
                    .ok_or_else(|| Problem::invalid("parameter_missing", "amount"))?,
                currency: fields.needed("currency")?,
                fee: fields.number("application_fee_amount")?.unwrap_or(0),
                destination: fields.take("transfer_data[destination]"),
                metadata: fields.metadata(),
            };
            if fields.needed("payment_method_types[]")? != "card" {
                return Err(Problem::invalid(
                    "parameter_unknown",
                    "payment_method_types",
                ));
            }
            fields.end()?;
            stripe.create_intent(new).map(|made| objects::intent(&made))
        }
        ["payment_intents", id, "cancel"] => {
            fields.end()?;
            stripe.cancel(id).map(|made| objects::intent(&made))
        }
        ["refunds"] => {
            let new = NewRefund {
                intent: fields.needed("payment_intent")?,
                amount: fields.number("amount")?,
                fee_goes_back: fields.flag("refund_application_fee")?,
                transfer_goes_back: fields.flag("reverse_transfer")?,
                metadata: fields.metadata(),
            };
            fields.end()?;
            stripe.create_refund(new).map(|made| objects::refund(&made))
        }
        ["accounts"] => {
            fields.needed("type")?;
            let metadata = fields.metadata();
            for capability in ["card_payments", "transfers"] {
                fields.flag(&format!("capabilities[{capability}][requested]"))?;
            }
            fields.end()?;
            Ok(objects::account(&stripe.create_account(metadata)))
        }
        ["account_links"] => {
            let account = fields.needed("account")?;
            fields.needed("refresh_url")?;
            let back = fields.needed("return_url")?;
            fields.needed("type")?;
            fields.end()?;
            if !stripe.accounts.contains_key(&account) {
                return Err(Problem::invalid("resource_missing", "account"));
            }
            // A link can be opened once: each is another one.
            let link = stripe.name("link");
            let query = form_urlencoded::Serializer::new(String::new())
                .append_pair("account", &account)
                .append_pair("link", &link)
                .append_pair("back", &back)
                .finish();
            let address = state.inner.address;
            let url = format!("http://{address}/stripe-pages/onboarding?{query}");
            Ok(objects::account_link(&url))
        }
        _ => Err(Problem::missing("path")),
    }
}

fn read(
    stripe: &Stripe,
    path: &str,
    mut query: Fields,
    account: Option<&str>,
) -> Result<Value, Problem> {
    let parts: Vec<&str> = path.split('/').collect();
    let missing = || Problem::missing("id");
    match parts.as_slice() {
        ["payment_intents", id] => {
            let found = stripe.intents.get(*id).map(objects::intent);
            found.ok_or_else(missing)
        }
        ["refunds"] => {
            let intent = query.needed("payment_intent")?;
            query.number("limit")?;
            query.end()?;
            let of = stripe.refunds.values().rev();
            let of = of.filter(|refund| refund.intent == intent);
            let found: Vec<Value> = of.map(objects::refund).collect();
            Ok(objects::list(path, &found, false))
        }
        ["refunds", id] => stripe
            .refunds
            .get(*id)
            .map(objects::refund)
            .ok_or_else(missing),
        ["accounts", id] => {
            let found = stripe.accounts.get(*id).map(objects::account);
            found.ok_or_else(missing)
        }
        ["disputes", id] => {
            let found = stripe.disputes.get(*id).map(objects::dispute);
            found.ok_or_else(missing)
        }
        ["payouts", id] => {
            let found = stripe.payouts.get(*id);
            // A partner's payout is the partner's account's.
            let found = found.filter(|payout| Some(payout.account.as_str()) == account);
            found.map(objects::payout).ok_or_else(missing)
        }
        ["balance_transactions"] => lines(stripe, query),
        _ => Err(missing()),
    }
}

/// Newest first, as Stripe lists.
fn lines(stripe: &Stripe, mut query: Fields) -> Result<Value, Problem> {
    let from = query.number("created[gte]")?.unwrap_or(i64::MIN);
    let until = query.number("created[lt]")?.unwrap_or(i64::MAX);
    let limit = query.number("limit")?.unwrap_or(10);
    let after = query.take("starting_after");
    let is_expanded = query.take("expand[]").as_deref() == Some("data.source");
    query.end()?;
    let limit = usize::try_from(limit).unwrap_or(0).clamp(1, MOST_LISTED);
    let mut found = stripe.lines.iter().rev();
    if let Some(after) = &after
        && !found.any(|line| line.id == *after)
    {
        return Err(Problem::invalid("resource_missing", "starting_after"));
    }
    let mut found = found.filter(|line| (from..until).contains(&line.created));
    let page = found.by_ref().take(limit);
    let page = page.map(|line| stripe.line_object(line, is_expanded));
    let page: Vec<Value> = page.collect();
    let has_more = found.next().is_some();
    Ok(objects::list("balance_transactions", &page, has_more))
}

/// What a guest's app sends: with the publishable key and the intent's secret.
async fn confirm(
    Extract(state): Extract<State>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut fields = Fields::parse(&body);
    let key = fields.take("key").unwrap_or_default();
    let publishable = &state.inner.secrets.stripe_publishable_key;
    if key != *publishable && !has_key(&headers, publishable) {
        return unauthorized();
    }
    let secret = fields.take("client_secret");
    let method = fields.take("payment_method").unwrap_or_default();
    let (status, body) = {
        let stripe = &mut state.lock().stripe;
        let known = stripe.intents.get(&id);
        let known = known.filter(|intent| Some(&intent.client_secret) == secret.as_ref());
        let done = match (known, Attempt::of_method(&method)) {
            (None, _) => Err(Problem::missing("intent")),
            (Some(_), None) => Err(Problem::invalid("resource_missing", "payment_method")),
            (Some(_), Some(attempt)) => stripe.attempt(&id, attempt),
        };
        outcome(done.map(|intent| objects::intent(&intent)))
    };
    super::reports::send_waiting(&state);
    answer(status, &body)
}

fn has_key(headers: &HeaderMap, key: &str) -> bool {
    let given = headers.get("authorization").map(HeaderValue::as_bytes);
    let basic = STANDARD.encode(format!("{key}:"));
    let accepted = [format!("Bearer {key}"), format!("Basic {basic}")];
    accepted.iter().any(|good| given == Some(good.as_bytes()))
}

fn unauthorized() -> Response {
    let problem = Problem {
        status: 401,
        kind: "invalid_request_error",
        code: None,
        param: None,
    };
    answer(401, &objects::problem(&problem))
}

pub(crate) fn outcome(done: Result<Value, Problem>) -> (u16, Value) {
    match done {
        Ok(object) => (200, object),
        Err(problem) => (problem.status, objects::problem(&problem)),
    }
}

pub(crate) fn answer(status: u16, body: &Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, Json(body)).into_response()
}
