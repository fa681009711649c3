//! The credentials of an open connection. They are checked again while it lasts, because an access
//! token expires and an account may be disabled.

use std::{fmt, time::Duration};

use access::{
    caller::{Asker, Authorization, Caller, Chosen, Unknown},
    peer::Peer,
    tokens::{Claims, Issued},
};
use domain::StoreError;
use http::{HeaderMap, HeaderName, HeaderValue, header::AUTHORIZATION};
use pq_core::{ErrorCode, Refusal};
use serde_json::{Map, Value};
use tokio::time::Instant;

use super::seats::Client;
use crate::{admission, state::AppState};

/// The caller as of the last check.
#[derive(Clone, Debug)]
pub(super) struct Credentials {
    asker: Asker,
    token: Token,
    chosen: Chosen,
    /// When the token expires, by the steady clock: changes of the wall clock do not matter.
    ends_at: Option<Instant>,
}

/// What is checked again.
#[derive(Clone, Debug)]
enum Token {
    /// An anonymous caller.
    None,
    /// A user's access token; its signature was verified.
    Access(Box<Claims>),
    /// A service token, in its header: it may be revoked at any time.
    Service(HeaderMap),
}

/// Why credentials are refused; the text may be shown to the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CredentialsRefused {
    code: ErrorCode,
    text: String,
}

impl fmt::Display for CredentialsRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Credentials {
    /// The credentials in a request's headers. Requests without credentials are anonymous; invalid
    /// credentials are refused.
    pub(super) fn of(
        headers: &HeaderMap,
        asker: Asker,
        state: &AppState,
    ) -> Result<Self, CredentialsRefused> {
        let now_ms = state.services.clock.now_ms();
        let token = match &asker.caller {
            Caller::Anonymous => Token::None,
            Caller::Service(_) => Token::Service(authorization_alone(headers)),
            Caller::Unknown(why) => return Err(CredentialsRefused::of(why)),
            Caller::User(_) => match Authorization::of(headers.get(AUTHORIZATION)) {
                Authorization::Bearer(text) => {
                    match state.services.auth.tokens.verify(text, now_ms) {
                        Ok(Issued::Valid(claims)) => Token::Access(Box::new(claims)),
                        Ok(Issued::Expired(_)) => return Err(CredentialsRefused::expired()),
                        Err(why) => return Err(CredentialsRefused::of(&Unknown::Token(why))),
                    }
                }
                Authorization::Nothing | Authorization::Other => {
                    return Err(CredentialsRefused::of(&Unknown::Credentials));
                }
            },
        };
        let ends_at = match &token {
            Token::Access(claims) => {
                let left_ms = claims.exp.saturating_mul(1_000).saturating_sub(now_ms);
                let left = Duration::from_millis(left_ms.max(0).unsigned_abs());
                Some(Instant::now() + left)
            }
            Token::None | Token::Service(_) => None,
        };
        Ok(Self {
            asker,
            token,
            chosen: Chosen::of(headers),
            ends_at,
        })
    }

    /// The credentials in the payload of `connection_init`, or else those of the handshake.
    pub(super) async fn of_connection_init(
        payload: &Map<String, Value>,
        mut headers: HeaderMap,
        peer: Peer,
        state: &AppState,
    ) -> Result<Result<Self, CredentialsRefused>, StoreError> {
        match authorization(payload) {
            InitHeader::Absent => {}
            InitHeader::Value(value) => {
                headers.insert(AUTHORIZATION, value);
            }
            InitHeader::NotAHeader => {
                return Ok(Err(CredentialsRefused::of(&Unknown::Credentials)));
            }
        }
        match said(payload, &Chosen::HEADER) {
            InitHeader::Absent => {}
            InitHeader::Value(value) => {
                headers.insert(Chosen::HEADER, value);
            }
            InitHeader::NotAHeader => {
                return Ok(Err(CredentialsRefused::of(&Unknown::NotMember(None))));
            }
        }
        let asker = admission::asker_of(&headers, peer, state).await?;
        Ok(Self::of(&headers, asker, state))
    }

    pub(super) const fn asker(&self) -> &Asker {
        &self.asker
    }

    pub(super) fn client(&self) -> Client {
        client(&self.asker.caller, self.asker.peer)
    }

    /// Waits until the token expires; for ever without one.
    pub(super) async fn ended(&self) {
        match self.ends_at {
            Some(ends_at) => tokio::time::sleep_until(ends_at).await,
            None => std::future::pending().await,
        }
    }

    /// Reads the caller's role and team again. The read is shared with the requests of the same
    /// user, and at most 2 s old.
    pub(super) async fn look_again(
        &mut self,
        state: &AppState,
    ) -> Result<Result<(), CredentialsRefused>, StoreError> {
        if self
            .ends_at
            .is_some_and(|ends_at| ends_at <= Instant::now())
        {
            return Ok(Err(CredentialsRefused::expired()));
        }
        self.asker.caller = match &self.token {
            Token::None => return Ok(Ok(())),
            Token::Access(claims) => {
                let caller = Box::pin(Caller::of_claims(claims, &state.services.auth)).await?;
                caller.choosing(&self.chosen)
            }
            Token::Service(headers) => {
                Box::pin(Caller::of(
                    headers,
                    &state.services.auth,
                    state.services.clock.now_ms(),
                ))
                .await?
            }
        };
        Ok(match &self.asker.caller {
            Caller::Unknown(why) => Err(CredentialsRefused::of(why)),
            Caller::Anonymous | Caller::Service(_) | Caller::User(_) => Ok(()),
        })
    }
}

impl CredentialsRefused {
    fn of(why: &Unknown) -> Self {
        let text = match why {
            Unknown::Expired(_) => return Self::expired(),
            Unknown::SignedOut(_) => format!("{why}: sign in again"),
            Unknown::Credentials | Unknown::Token(_) | Unknown::NotMember(_) => why.to_string(),
        };
        Self {
            code: why.code(),
            text,
        }
    }

    pub(super) fn expired() -> Self {
        Self {
            code: ErrorCode::TOKEN_EXPIRED,
            text: "the access token has expired: connect again with a new one".to_owned(),
        }
    }

    pub(super) fn refusal(self) -> Refusal {
        Refusal::new(self.code, self.text)
    }
}

/// The client for which a connection counts.
pub(super) fn client(caller: &Caller, peer: Peer) -> Client {
    match (caller, peer) {
        (Caller::User(_) | Caller::Service(_), _) => Client::User(caller.actor()),
        (Caller::Anonymous | Caller::Unknown(_), Peer::Client(ip)) => Client::Network(ip),
        (Caller::Anonymous | Caller::Unknown(_), Peer::Edge) => Client::Edge,
    }
}

fn authorization_alone(headers: &HeaderMap) -> HeaderMap {
    let mut alone = HeaderMap::new();
    if let Some(value) = headers.get(AUTHORIZATION) {
        alone.insert(AUTHORIZATION, value.clone());
    }
    alone
}

/// A header in the payload of `connection_init`.
enum InitHeader {
    Absent,
    Value(HeaderValue),
    /// It cannot be the value of a header.
    NotAHeader,
}

/// Finds `Authorization` in the payload.
fn authorization(payload: &Map<String, Value>) -> InitHeader {
    match said(payload, &AUTHORIZATION) {
        InitHeader::Value(value) if Authorization::of(Some(&value)) == Authorization::Nothing => {
            InitHeader::Absent
        }
        said => said,
    }
}

/// Finds a header in the payload, ignoring the name's case.
fn said(payload: &Map<String, Value>, header: &HeaderName) -> InitHeader {
    let said = payload
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(header.as_str()));
    match said {
        None | Some((_, Value::Null)) => InitHeader::Absent,
        Some((_, Value::String(text))) => {
            HeaderValue::from_str(text).map_or(InitHeader::NotAHeader, InitHeader::Value)
        }
        Some(_) => InitHeader::NotAHeader,
    }
}
