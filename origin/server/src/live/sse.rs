//! Subscriptions as event streams: the distinct connections mode of graphql-sse (its PROTOCOL.md).
//!
//! One request is one subscription. A subscription that cannot begin is refused by the HTTP status:
//! a browser's `EventSource` reconnects for ever, unless the status is not 200. Clients reconnect when
//! a stream ends without `complete`: a server that shuts down ends its streams so.

use std::convert::Infallible;

use access::caller::Asker;
use api::{
    execution::live::{
        operation::Operation,
        outcome::{Errors, Outcome, Payload},
    },
    live::{
        position::{EventId, Position},
        topic::Topic,
    },
    request::reader::Reader,
};
use axum::{
    body::{Body, Bytes},
    response::Response,
};
use futures_util::stream;
use http::{HeaderMap, HeaderValue, header};
use pq_core::{Form, GraphqlRequest, MediaType};
use tokio::time::{Instant, sleep_until};

use super::{
    KEEP_ALIVE_EVERY,
    credentials::{Credentials, CredentialsRefused},
    hub::Connection,
    mailbox::{Closing, Letter},
    metrics::Transport,
    operation, resume,
    websocket::open,
};
use crate::{
    http::answer::{refusal, refused},
    state::AppState,
};

const EVENT_STREAM: HeaderValue = HeaderValue::from_static("text/event-stream; charset=utf-8");
/// When a browser comes back after a stream that ended, milliseconds: at least this, and up to as
/// much more, so that not all come at once.
const RETRY_MS: u32 = 1_000;
/// The media type of a refusal.
const REFUSALS: MediaType = Form::EventStream.refusals();
/// The header in which browsers send the id of the last event that they heard.
const LAST_EVENT_ID: &str = "last-event-id";
const COMPLETE: &str = "event: complete\ndata:\n\n";

/// Begins a subscription.
pub(crate) async fn answer(
    state: &AppState,
    asker: Asker,
    headers: HeaderMap,
    request: &GraphqlRequest,
) -> Response {
    let credentials = match Credentials::of(&headers, asker, state) {
        Ok(credentials) => credentials,
        Err(why) => return refusal(&why.refusal(), REFUSALS),
    };
    let mut connection = match open(state, credentials.client()) {
        Ok(connection) => connection,
        Err(refused) => return refusal(&refused, REFUSALS),
    };
    let from = resume_from(&headers, request);
    let begun = operation::begin(state, credentials.asker(), request).await;
    let (operation, topic) = match begun {
        Ok(begun) => begun,
        Err(errors) => {
            let body = Payload::of_errors(&errors).into_body();
            return refused(errors.code, body, REFUSALS);
        }
    };
    let begun = (&operation, topic);
    let greeting = greet(state, &mut connection, &credentials, begun, from.as_deref()).await;
    let open = Open {
        state: state.clone(),
        connection,
        credentials,
        operation,
        beat_at: Instant::now() + KEEP_ALIVE_EVERY,
        is_over: false,
    };
    let chunks = stream::unfold((open, Some(greeting)), |(mut open, greeting)| async {
        let chunk = match greeting {
            Some(greeting) => greeting,
            None => Box::pin(open.next()).await?,
        };
        Some((Ok::<_, Infallible>(Bytes::from(chunk)), (open, None)))
    });
    events(Body::from_stream(chunks))
}

/// Has the subscription listen; what its client is told at first.
async fn greet(
    state: &AppState,
    connection: &mut Connection,
    credentials: &Credentials,
    begun: (&Operation, Topic),
    resume_from: Option<&str>,
) -> String {
    let greeting = greeting();
    // It is the connection's first.
    let Ok(number) = connection.number() else {
        return greeting;
    };
    let listening = resume::listen(state, connection, number, begun, resume_from).await;
    let id = resume::id_of(state, Position::whole(listening.after));
    if listening.is_lost {
        let reader = Reader::of(credentials.asker());
        let language = reader.language(&state.services).await;
        return greeting + &next(&resume::lost(state, &listening, language), id.as_ref());
    }
    if connection.mailbox().is_empty() {
        return greeting + &comment(id.as_ref());
    }
    greeting
}

fn events(body: Body) -> Response {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, EVENT_STREAM);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // For proxies that would wait for more.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

/// One result. Browsers send the last id again by themselves.
fn next(payload: &Payload, id: Option<&EventId>) -> String {
    let id = id.map(|id| format!("id: {id}\n")).unwrap_or_default();
    // JSON of ours has no line break.
    format!("event: next\n{id}data: {}\n\n", payload.as_str())
}

/// No event; browsers remember its id all the same.
fn comment(id: Option<&EventId>) -> String {
    let id = id.map(|id| format!("id: {id}\n")).unwrap_or_default();
    format!("{id}:\n\n")
}

/// The last event that the client has heard. Browsers' own header is later than what the address says.
fn resume_from(headers: &HeaderMap, request: &GraphqlRequest) -> Option<String> {
    let header = headers.get(LAST_EVENT_ID);
    let id = header.map(|id| String::from_utf8_lossy(id.as_bytes()).into_owned());
    id.filter(|id| !id.is_empty())
        .or_else(|| request.resume_from.clone())
}

fn not_taken(why: CredentialsRefused) -> Payload {
    Payload::of_errors(&Errors::of_refusal(&why.refusal()))
}

/// Something at once, so that the client sees that it is connected; and when to come back.
fn greeting() -> String {
    let mut random = [0; 4];
    // Without randomness all come back after the same while.
    let _none = getrandom::fill(&mut random);
    let retry_ms = RETRY_MS + u32::from_le_bytes(random) % RETRY_MS;
    format!("retry: {retry_ms}\n:\n\n")
}

/// A stream that is open. It is asked for more when the client takes more; what waits meanwhile is
/// bounded by its mailbox.
struct Open {
    state: AppState,
    connection: Connection,
    credentials: Credentials,
    operation: Operation,
    beat_at: Instant,
    is_over: bool,
}

impl Open {
    /// What is sent next; none at the end.
    async fn next(&mut self) -> Option<String> {
        while !self.is_over {
            let mailbox = self.connection.mailbox();
            let chunk = tokio::select! {
                letter = mailbox.next() => match letter {
                    Ok(letter) => self.deliver(letter).await,
                    Err(why) => {
                        self.closed(why);
                        return None;
                    }
                },
                () = self.credentials.ended() => Some(self.over(&not_taken(CredentialsRefused::expired()))),
                () = sleep_until(self.beat_at) => Some(self.keep_alive().await),
            };
            if chunk.is_some() {
                return chunk;
            }
        }
        None
    }

    async fn deliver(&mut self, letter: Letter) -> Option<String> {
        if let Some(end) = self.look_again().await {
            return Some(end);
        }
        let asker = self.credentials.asker();
        let (by, answers) = (
            (&self.state.services, &self.state.schema),
            self.state.live.answers(),
        );
        let result = self.operation.result(by, asker, &letter.event, answers);
        let outcome = Box::pin(result).await;
        let remainder = self.operation.remainder(&letter.event);
        let at = match remainder {
            // What is left out now would be missed after this one.
            Some(_) => None,
            None => letter.event.resumable_at(),
        };
        if let Some(event) = remainder {
            self.connection.mailbox().put(letter.operation, event);
        }
        match outcome {
            Outcome::Result(payload) => {
                let id = at.and_then(|at| resume::id_of(&self.state, at));
                let payload = match &id {
                    Some(id) => payload.with_id(id),
                    None => payload,
                };
                Some(self.sent(&payload, id.as_ref()))
            }
            Outcome::Failed(errors) => Some(self.sent(&Payload::of_errors(&errors), None)),
            Outcome::Nothing => None,
            Outcome::Over(errors) => Some(self.over(&Payload::of_errors(&errors))),
        }
    }

    fn sent(&mut self, payload: &Payload, id: Option<&EventId>) -> String {
        self.state.live.metrics().sent();
        self.beat_at = Instant::now() + KEEP_ALIVE_EVERY;
        next(payload, id)
    }

    async fn keep_alive(&mut self) -> String {
        self.beat_at = Instant::now() + KEEP_ALIVE_EVERY;
        if let Some(end) = self.look_again().await {
            return end;
        }
        let current = self.connection.is_current_to().map(Position::whole);
        let current = current.and_then(|at| resume::id_of(&self.state, at));
        comment(current.as_ref())
    }

    /// Checks the credentials again; returns the last event if they are no longer valid.
    async fn look_again(&mut self) -> Option<String> {
        match self.credentials.look_again(&self.state).await {
            Ok(Ok(())) => None,
            Ok(Err(why)) => Some(self.over(&not_taken(why))),
            Err(error) => {
                let errors = Errors::of_failure(&error);
                Some(self.over(&Payload::of_errors(&errors)))
            }
        }
    }

    fn over(&mut self, payload: &Payload) -> String {
        self.is_over = true;
        next(payload, None) + COMPLETE
    }

    fn closed(&self, why: Closing) {
        let why = match why {
            Closing::TooSlow => "slow",
            Closing::Draining => "restart",
        };
        self.state
            .live
            .metrics()
            .closed(Transport::EventStream, why);
    }
}
