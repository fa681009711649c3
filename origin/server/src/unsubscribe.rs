//! Where a person switches a kind of e-mail off without signing in: by the button of their mail
//! program (RFC 8058), or on a page.
//!
//! `GET /unsubscribe?token=…` changes nothing: programs that look for viruses open every link. Its page
//! has a button, which sends what mail programs send: `POST` to the same address.

mod page;

use std::{net::IpAddr, num::NonZeroU32};

use access::{
    language::preferred,
    peer::Peer,
    rate::{Decision, Rule, budgets::Budget},
};
use axum::{
    extract::{DefaultBodyLimit, Query, Request, State, rejection::QueryRejection},
    http::{HeaderValue, header},
    response::Response,
    routing::{MethodRouter, get},
};
use domain::{
    StoreError, UserId,
    error_chain::chain,
    messages::{
        kind::{Channel, Kind},
        settings::Switch,
    },
    sentence::Language,
    users::change::AccountChange,
};
use serde::Deserialize;

use self::page::Page;
use crate::{admission, http::reading::text, state::AppState};

/// What a form or a mail program sends is some 30 bytes.
const MOST_BYTES: usize = 4 * 1024;

#[derive(Debug, Deserialize)]
struct Asked {
    token: String,
}

/// `GET` and `POST /unsubscribe?token=…`.
pub fn route() -> MethodRouter<AppState> {
    get(show)
        .post(switch_off)
        .layer(DefaultBodyLimit::max(MOST_BYTES))
}

async fn show(
    State(state): State<AppState>,
    asked: Result<Query<Asked>, QueryRejection>,
    request: Request,
) -> Response {
    let (language, peer) = (language(&request), admission::peer_of(&request, &state));
    if let Some(refused) = refusal(&state, language, peer).await {
        return refused;
    }
    match named(&state, asked) {
        Some((token, _, kind)) => page::answer(
            language,
            &Page::Question {
                kind,
                token: &token,
            },
        ),
        None => page::answer(language, &Page::Invalid),
    }
}

async fn switch_off(
    State(state): State<AppState>,
    asked: Result<Query<Asked>, QueryRejection>,
    request: Request,
) -> Response {
    let (language, peer) = (language(&request), admission::peer_of(&request, &state));
    if let Some(refused) = refusal(&state, language, peer).await {
        return refused;
    }
    // What the body says is not looked at: the address says all, and only a person's own link has it.
    let Some((_, user, kind)) = named(&state, asked) else {
        return page::answer(language, &Page::Invalid);
    };
    match store(&state, &user, kind).await {
        Ok(()) => page::answer(language, &Page::Done { kind }),
        Err(error) => {
            let error = chain(&error);
            tracing::error!(%user, kind = kind.as_str(), error, "an unsubscription was not stored");
            page::answer(language, &Page::Failed)
        }
    }
}

/// The token, and what it names.
fn named(
    state: &AppState,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Option<(String, UserId, Kind)> {
    let Query(Asked { token }) = asked.ok()?;
    let (user, kind) = state.services.auth.unsubscribing.read(&token)?;
    Some((token, user, kind))
}

async fn store(state: &AppState, user: &UserId, kind: Kind) -> Result<(), StoreError> {
    let services = &state.services;
    let switch = Switch {
        kind,
        channel: Channel::Email,
        enabled: false,
    };
    let change = AccountChange::Switch(switch);
    // An account that was erased gets nothing any more either.
    let changed = services.users.change(user, change, services.clock.now_ms());
    changed.await.map(drop)
}

fn language(request: &Request) -> Language {
    text(request.headers(), &header::ACCEPT_LANGUAGE)
        .and_then(|accepted| preferred(&accepted))
        .unwrap_or(Language::French)
}

/// The answer to a request above the limit of its network. The general limit is not used: a mail service
/// sends the clicks of all its users from a few addresses.
async fn refusal(state: &AppState, language: Language, peer: Peer) -> Option<Response> {
    let config = &state.config.rate_limits;
    match peer {
        Peer::Client(ip) if config.is_on => {
            let decision = count(state, config.budgets.unsubscribe_network, ip).await;
            (!decision.is_admitted()).then(|| too_many(language, &decision))
        }
        Peer::Client(_) | Peer::Edge => None,
    }
}

async fn count(state: &AppState, budget: Budget, ip: IpAddr) -> Decision {
    let networks: Vec<(String, NonZeroU32)> = state
        .config
        .rate_limits
        .networks(ip)
        .map(|(network, times)| (network.key, budget.most.saturating_mul(times)))
        .collect();
    let rules: Vec<Rule<'_>> = networks
        .iter()
        .map(|(key, limit)| Rule {
            name: budget.name,
            limit: *limit,
            window: budget.window,
            key,
        })
        .collect();
    state.services.rate_limiter.take(&rules).await
}

fn too_many(language: Language, decision: &Decision) -> Response {
    let mut response = page::answer(language, &Page::TooMany);
    let wait_s = HeaderValue::from(decision.retry_after_s());
    response.headers_mut().insert(header::RETRY_AFTER, wait_s);
    response
}
