//! Is there one more request for whoever asks?

use std::{num::NonZeroU32, time::Duration};

use axum::{extract::Request, response::Response};
use http::header::ACCEPT;
use pq_core::{ErrorCode, MediaType, Refusal};

use super::{
    asker::{Asker, network},
    rate::{Decision, Rule},
};
use crate::{
    graphql::{answer::refusal, caller::Caller},
    state::AppState,
};

/// What requests are counted in.
const WINDOW: Duration = Duration::from_mins(1);

/// Whom a request is counted for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Subject {
    /// Who signed in, wherever they ask from; the text names nobody else.
    User(String),
    /// Who did not, by their network.
    Network(String),
}

impl Subject {
    /// Credentials that are not ours do not make anybody a user: else a new word a request would be
    /// a new budget.
    fn of(caller: Caller, asker: Asker) -> Option<Self> {
        match (caller, asker) {
            (_, Asker::Edge) => None,
            (Caller::Service, Asker::Client(_)) => Some(Self::User(caller.as_str().to_owned())),
            (Caller::Anonymous | Caller::Unknown, Asker::Client(ip)) => {
                Some(Self::Network(network(ip)))
            }
        }
    }

    fn rule(&self, per_ip: NonZeroU32, per_user: NonZeroU32) -> Rule<'_> {
        let (name, limit, key) = match self {
            Self::User(id) => ("user", per_user, id),
            Self::Network(network) => ("ip", per_ip, network),
        };
        Rule {
            name,
            limit,
            window: WINDOW,
            key,
        }
    }
}

/// Counts a request; `None` when it is not counted: limits are off, or the edge asks for what it
/// gives to everybody. What is looked at of the request is looked at at once.
pub(crate) fn count<'a>(
    state: &'a AppState,
    request: &Request,
    caller: Caller,
) -> impl Future<Output = Option<Decision>> + Send + use<'a> {
    let config = state.config.rate_limits;
    let subject = config.is_on.then(|| {
        let now_ms = state.clock.now_ms().unsigned_abs();
        Subject::of(caller, Asker::of(request, &state.config.edge, now_ms))
    });
    async move {
        let subject = subject.flatten()?;
        let rule = subject.rule(config.per_ip, config.per_user);
        Some(state.rate_limiter.take(&[rule]).await)
    }
}

/// The answer to one request too many, in the media type that it asked for.
pub(crate) fn too_many(decision: &Decision, request: &Request) -> Response {
    let accept = request.headers().get(ACCEPT);
    let accept = accept.and_then(|value| value.to_str().ok());
    let media = MediaType::negotiate(accept).unwrap_or(MediaType::Json);
    let message = format!(
        "too many requests: the next one is answered in {} s",
        decision.retry_after_s()
    );
    refusal(&Refusal::new(ErrorCode::RateLimited, message), media)
}
