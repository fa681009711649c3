//! Counts a request against its caller's rate limit.

use std::{
    net::{IpAddr, SocketAddr},
    num::NonZeroU32,
    time::Duration,
};

use access::{
    caller::{Asker, Caller, Unknown},
    language::preferred,
    peer::{NetworkSize, Peer},
    rate::{Decision, RateLimitsConfig, Rule},
};
use axum::{
    extract::{ConnectInfo, Request},
    response::Response,
};
use domain::{
    StoreError,
    sentence::{Language, Sentence},
};
use http::{
    HeaderMap,
    header::{ACCEPT, ACCEPT_LANGUAGE},
};
use pq_core::{Accepted, ErrorCode, MediaType, Refusal};

use crate::{
    http::{answer::refusal, reading::text},
    state::AppState,
};

/// The time window in which requests are counted.
const WINDOW: Duration = Duration::from_mins(1);

/// Whose rate limit a request counts against.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Subject {
    /// A signed-in caller, from any network; the text is unique to the caller.
    User(String),
    /// A caller who is not signed in, by network.
    Network(IpAddr),
}

impl Subject {
    /// Unknown credentials count by network. Otherwise a client could get a new budget by inventing
    /// a token for each request.
    fn of(caller: Option<&Caller>, peer: Peer) -> Option<Self> {
        match (caller, peer) {
            (_, Peer::Edge) => None,
            (
                Some(
                    caller @ (Caller::Service(_)
                    | Caller::User(_)
                    | Caller::Unknown(Unknown::NotMember(Some(_)))),
                ),
                Peer::Client(_),
            ) => Some(Self::User(caller.actor())),
            (Some(Caller::Anonymous | Caller::Unknown(_)) | None, Peer::Client(ip)) => {
                Some(Self::Network(ip))
            }
        }
    }

    /// A user counts once, a client that is not signed in for each network around it.
    fn counted(&self, config: &RateLimitsConfig) -> Vec<Counted> {
        match self {
            Self::User(id) => vec![Counted {
                name: "user",
                limit: config.per_user,
                key: id.clone(),
            }],
            Self::Network(ip) => {
                let networks = config.networks(*ip).map(|(network, times)| Counted {
                    name: match network.size {
                        NetworkSize::Customer => "ip",
                        NetworkSize::Slash56 => "ip-56",
                        NetworkSize::Slash48 => "ip-48",
                    },
                    limit: config.per_ip.saturating_mul(times),
                    key: network.key,
                });
                networks.collect()
            }
        }
    }
}

/// A rate limit that a request is counted under.
struct Counted {
    name: &'static str,
    limit: NonZeroU32,
    key: String,
}

impl Counted {
    fn rule(&self) -> Rule<'_> {
        Rule {
            name: self.name,
            limit: self.limit,
            window: WINDOW,
            key: &self.key,
        }
    }
}

/// Counts a request. Returns `None` if it is not counted: limits are off, or the edge fetches an
/// answer that it serves to everybody. A caller who cannot be identified now counts by network.
pub(crate) async fn count(
    state: &AppState,
    caller: Option<&Caller>,
    peer: Peer,
) -> Option<Decision> {
    let config = &state.config.rate_limits;
    if !config.is_on {
        return None;
    }
    let subject = Subject::of(caller, peer)?;
    let counted = subject.counted(config);
    let rules: Vec<Rule<'_>> = counted.iter().map(Counted::rule).collect();
    // Boxed: not every request is counted.
    Some(Box::pin(state.services.rate_limiter.take(&rules)).await)
}

/// The answer to a request over the limit, in the media type that the request accepts.
pub(crate) fn too_many(decision: &Decision, request: &Request) -> Response {
    let accept = text(request.headers(), &ACCEPT);
    let media = Accepted::parse(accept.as_deref()).map_or(MediaType::Json, Accepted::refusals);
    // The account is not read: a client above its limit must not cost a query.
    let language = text(request.headers(), &ACCEPT_LANGUAGE)
        .and_then(|accepted| preferred(&accepted))
        .unwrap_or(Language::French);
    let refused = Refusal::new(ErrorCode::RATE_LIMITED, sentence(decision).text(language));
    refusal(&refused, media)
}

/// The error message for a request over the limit.
pub(crate) fn sentence(decision: &Decision) -> Sentence {
    let retry_after_s = decision.retry_after_s();
    Sentence::with(
        format!("trop de requêtes : réessayez dans {retry_after_s} s"),
        format!("too many requests: try again in {retry_after_s} s"),
    )
}

/// Where a request comes from, by its connection and the edge's signed headers.
pub(crate) fn peer_of(request: &Request, state: &AppState) -> Peer {
    let connection = request.extensions().get::<ConnectInfo<SocketAddr>>();
    Peer::of(
        request.headers(),
        connection.map(|ConnectInfo(address)| *address),
        state.config.edge.secret.as_ref(),
        state.services.clock.now_ms(),
    )
}

/// Reads from the headers who the caller is and what the client says about itself.
pub(crate) async fn asker_of(
    headers: &HeaderMap,
    peer: Peer,
    state: &AppState,
) -> Result<Asker, StoreError> {
    let services = &state.services;
    Asker::of(headers, peer, &services.auth, services.clock.now_ms()).await
}
