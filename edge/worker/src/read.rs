//! Handles a GraphQL request, step by step.

use std::rc::Rc;

use edge_core::plan::{self, Plan};
use pq_core::error::Refusal;
use pq_core::manifest::OperationKind;
use pq_core::request::{HttpParts, Method};
use pq_core::{Accepted, Form, GraphqlRequest, MediaType, Operation};
use worker::Context;

use crate::clock::now_ms;
use crate::error::EdgeError;
use crate::isolate::Isolate;
use crate::origin::Timeout;
use crate::reader::{Answered, Reader, forward};
use crate::request::Incoming;
use crate::{cached, console, documents, partly, websocket};

/// A request whose document could not be looked up at the origin is forwarded, unless that took longer
/// than this, in milliseconds: an origin that hangs would be waited for twice.
const FORWARD_WITHIN_MS: u64 = 5_000;
/// How a request for `/graphql` came.
pub(crate) struct Asked<'a> {
    pub(crate) accepted: Result<Accepted, Refusal>,
    pub(crate) method: Method,
    pub(crate) path_id: Option<&'a str>,
}

/// What is known of a request when it is refused.
pub(crate) struct Learned {
    /// The media type of a refusal. It may change once the operation is known.
    pub(crate) refusals: MediaType,
    pub(crate) operation: Option<Rc<Operation>>,
}

/// Answers `/graphql`.
pub(crate) async fn graphql(
    isolate: &'static Isolate,
    incoming: &Incoming,
    context: &Context,
    asked: Asked<'_>,
    learned: &mut Learned,
) -> Result<web_sys::Response, EdgeError> {
    let Asked {
        accepted,
        method,
        path_id,
    } = asked;
    // The origin answers subscriptions, over WebSocket and as event streams.
    if method == Method::Get && incoming.asks_for_websocket() {
        return websocket::answer(isolate, incoming).await;
    }
    let accepted = accepted?;
    // read request
    let body = match method {
        Method::Get => None,
        Method::Post => Some(incoming.body().await?),
    };
    let header = |name| match method {
        Method::Get => None,
        Method::Post => incoming.header(name),
    };
    let request = GraphqlRequest::parse(HttpParts {
        method,
        path_id,
        query: incoming.query(),
        content_type: header("content-type").as_deref(),
        content_encoding: header("content-encoding").as_deref(),
        body: body.as_deref().unwrap_or_default(),
    })?;
    // document and policy
    let hash = request.document.hash();
    let came_ms = now_ms();
    let found = match documents::find(isolate, context, incoming, hash).await {
        // The origin did not say what the document is. It may still answer the request.
        Err(EdgeError::Origin(why)) if now_ms() < came_ms + FORWARD_WITHIN_MS => {
            console::warn(&format!("a document is not known here: {why}"));
            None
        }
        found => {
            let found = found?;
            if found.is_none() {
                documents::unpublished(&request.document)?;
            }
            found
        }
    };
    let Some(operation) = found else {
        // It may be a subscription.
        let timeout = match accepted.form(OperationKind::Subscription, method) {
            Ok(_) => Timeout::Never,
            Err(_) => Timeout::Usual,
        };
        return forward(isolate, incoming, body.as_deref(), timeout).await;
    };
    learned.operation = Some(Rc::clone(&operation));
    let form = accepted.form(operation.kind, method)?;
    learned.refusals = form.refusals();
    let media = match form {
        Form::Response(media) => media,
        Form::EventStream => {
            return forward(isolate, incoming, body.as_deref(), Timeout::Never).await;
        }
    };
    // canonical variables → key
    let variables = plan::variables(&request, &operation)?;
    let reader = || {
        let asked = incoming.min_revision();
        let min_revision = isolate.replica.borrow_mut().admit_minimum(asked, now_ms());
        Reader {
            isolate,
            context,
            incoming,
            operation: &operation,
            media,
            min_revision,
            near: None,
            is_part: false,
        }
    };
    let answered = match &operation.split {
        Some(split) => partly::answer(&reader(), split, &variables).await?,
        None => match plan::plan_for(&operation, variables) {
            Plan::Forward => Answered::ByOrigin,
            plan @ (Plan::Read(_) | Plan::Nearest(_)) => cached::answer(plan, reader()).await?,
        },
    };
    match answered {
        Answered::Sent(response) => Ok(response),
        Answered::Part(_) | Answered::NotCertain(_) | Answered::ByOrigin => {
            forward(isolate, incoming, body.as_deref(), Timeout::Usual).await
        }
    }
}
