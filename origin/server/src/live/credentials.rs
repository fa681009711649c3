//! Who is connected, for as long as they are: an access token ends, and an account may be disabled,
//! while a connection lasts.

use std::time::Duration;

use access::{
    caller::{Asker, Caller, Unknown},
    peer::{Peer, network},
    tokens::{Claims, TokenError},
};
use domain::StoreError;
use http::{HeaderMap, HeaderValue, header::AUTHORIZATION};
use serde_json::{Map, Value};
use tokio::time::Instant;

use super::seats::Client;
use crate::{admission, state::AppState};

/// As they were when they were last looked at.
#[derive(Clone, Debug)]
pub(super) struct Credentials {
    asker: Asker,
    token: Token,
    /// When the token ends. By the steady clock: it ends, whatever happens to the other one.
    ends_at: Option<Instant>,
}

/// What is looked at again.
#[derive(Clone, Debug)]
enum Token {
    /// Nobody needs one.
    None,
    /// A user's: what it says was verified.
    Access(Box<Claims>),
    /// A service's, in its header: it may be revoked at any time.
    Service(HeaderMap),
}

/// Why somebody may not stay. The sentence may be told to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum CredentialsRefused {
    #[error("these credentials are not known here")]
    Unknown,
    #[error("the access token is not one of ours")]
    Invalid,
    #[error("the access token has expired: connect again with another one")]
    Expired,
    #[error("the access token is not taken any more: sign in again")]
    SignedOut,
}

impl Credentials {
    /// Of whoever asks with these headers; none if they say that they are somebody who is not
    /// known. Nobody is somebody: they say nothing of themselves.
    pub(super) fn of(
        headers: &HeaderMap,
        asker: Asker,
        state: &AppState,
    ) -> Result<Self, CredentialsRefused> {
        let now_ms = state.services.clock.now_ms();
        let token = match &asker.caller {
            Caller::Anonymous => Token::None,
            Caller::Service(_) => Token::Service(authorization_alone(headers)),
            Caller::Unknown(why) => return Err(CredentialsRefused::of(*why)),
            Caller::User(_) => match bearer(headers) {
                Some(text) => match state.services.auth.tokens.verify(text, now_ms) {
                    Ok(claims) => Token::Access(Box::new(claims)),
                    Err(why) => return Err(CredentialsRefused::of(Unknown::Token(why))),
                },
                None => return Err(CredentialsRefused::Unknown),
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
            ends_at,
        })
    }

    /// Of whoever sent this with `connection_init`; what it does not say, the handshake may have.
    pub(super) async fn of_connection_init(
        payload: &Map<String, Value>,
        mut headers: HeaderMap,
        peer: Peer,
        state: &AppState,
    ) -> Result<Result<Self, CredentialsRefused>, StoreError> {
        match authorization(payload) {
            InitAuthorization::Absent => {}
            InitAuthorization::Value(value) => {
                headers.insert(AUTHORIZATION, value);
            }
            InitAuthorization::NotAHeader => return Ok(Err(CredentialsRefused::Unknown)),
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

    /// Waits until the token ends; for ever without one.
    pub(super) async fn ended(&self) {
        match self.ends_at {
            Some(ends_at) => tokio::time::sleep_until(ends_at).await,
            None => std::future::pending().await,
        }
    }

    /// Looks again at whoever it is: role and team as they are now. The look is shared with the
    /// requests of the same user, and at most 2 s old.
    pub(super) async fn look_again(
        &mut self,
        state: &AppState,
    ) -> Result<Result<(), CredentialsRefused>, StoreError> {
        if self
            .ends_at
            .is_some_and(|ends_at| ends_at <= Instant::now())
        {
            return Ok(Err(CredentialsRefused::Expired));
        }
        self.asker.caller = match &self.token {
            Token::None => return Ok(Ok(())),
            Token::Access(claims) => {
                Box::pin(Caller::of_claims(claims, &state.services.auth)).await?
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
            Caller::Unknown(why) => Err(CredentialsRefused::of(*why)),
            Caller::Anonymous | Caller::Service(_) | Caller::User(_) => Ok(()),
        })
    }
}

impl CredentialsRefused {
    const fn of(why: Unknown) -> Self {
        match why {
            Unknown::Credentials => Self::Unknown,
            Unknown::Token(TokenError::Expired) => Self::Expired,
            Unknown::Token(TokenError::NotYet | TokenError::Invalid) => Self::Invalid,
            Unknown::SignedOut => Self::SignedOut,
        }
    }
}

/// Whose connection it counts as.
pub(super) fn client(caller: &Caller, peer: Peer) -> Client {
    match (caller, peer) {
        (Caller::User(_) | Caller::Service(_), _) => Client::User(caller.actor()),
        (Caller::Anonymous | Caller::Unknown(_), Peer::Client(ip)) => Client::Network(network(ip)),
        (Caller::Anonymous | Caller::Unknown(_), Peer::Edge) => Client::Network("edge".to_owned()),
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (_, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    Some(token.trim())
}

fn authorization_alone(headers: &HeaderMap) -> HeaderMap {
    let mut alone = HeaderMap::new();
    if let Some(value) = headers.get(AUTHORIZATION) {
        alone.insert(AUTHORIZATION, value.clone());
    }
    alone
}

/// `Authorization` in the payload of `connection_init`.
enum InitAuthorization {
    Absent,
    Value(HeaderValue),
    /// It cannot be the value of a header.
    NotAHeader,
}

/// `Authorization`, as a header would have it, in whatever case.
fn authorization(payload: &Map<String, Value>) -> InitAuthorization {
    let said = payload
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(AUTHORIZATION.as_str()));
    match said {
        None | Some((_, Value::Null)) => InitAuthorization::Absent,
        Some((_, Value::String(text))) => HeaderValue::from_str(text)
            .map_or(InitAuthorization::NotAHeader, InitAuthorization::Value),
        Some(_) => InitAuthorization::NotAHeader,
    }
}
