//! The caller of a request: anonymous, a user with an access token, or a service with a service
//! token.

#[cfg(test)]
mod tests;

use domain::{
    PartnerId, StoreError, UserId,
    auth::sessions::SessionId,
    purges::audit::actor_of,
    sentence::Language,
    team::codes::PARTNER_NOT_YOURS,
    users::{
        account::Role,
        membership::{Membership, Memberships},
    },
};
use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{ACCEPT_LANGUAGE, AUTHORIZATION, USER_AGENT},
};
use pq_core::ErrorCode;
use subtle::ConstantTimeEq;

use super::language;
use crate::{
    Auth,
    peer::Peer,
    service_tokens::Service,
    tokens::{Claims, Issued, TokenError},
};

/// The maximum stored length of the client's device description, in characters.
const DEVICE_CHARS: usize = 100;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Caller {
    /// The request carries no credentials.
    Anonymous,
    /// The request carries credentials that this system did not issue, or that are no longer valid, or
    /// chooses a partner that is not the caller's.
    Unknown(Unknown),
    Service(Service),
    User(Box<SignedIn>),
}

/// Why credentials are rejected. The sentences may be told to the client.
#[derive(Clone, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Unknown {
    /// The credentials are neither a valid access token nor a valid service token.
    #[error("the credentials are not valid")]
    Credentials,
    #[error(transparent)]
    Token(TokenError),
    /// We issued the token, and it has expired.
    #[error("the access token has expired")]
    Expired(Box<Claims>),
    /// We issued the token, and its session has ended: by a logout, by a new password, or with the
    /// account.
    #[error("the access token is no longer valid")]
    SignedOut(Box<Claims>),
    /// The credentials are good, and the request chooses a partner for whom the caller does not work; a
    /// service works for none.
    #[error("the caller does not work for the partner that `Yousoon-Partner` names")]
    NotMember(Option<Box<SignedIn>>),
}

impl Unknown {
    /// The code of the refusal, the same over HTTP, event streams and WebSocket.
    pub const fn code(&self) -> ErrorCode {
        match self {
            // The client can get a new one without its user.
            Self::Expired(_) => ErrorCode::TOKEN_EXPIRED,
            Self::Credentials | Self::Token(_) | Self::SignedOut(_) => ErrorCode::TOKEN_INVALID,
            Self::NotMember(_) => PARTNER_NOT_YOURS,
        }
    }
}

/// What an `Authorization` header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authorization<'a> {
    /// Nothing: it is absent or empty, or a bearer token that is empty. Many clients send the header
    /// always, also before anybody has signed in.
    Nothing,
    Bearer(&'a str),
    /// Another scheme, or no text.
    Other,
}

impl<'a> Authorization<'a> {
    pub fn of(header: Option<&'a HeaderValue>) -> Self {
        let Some(header) = header else {
            return Self::Nothing;
        };
        let Ok(text) = header.to_str() else {
            return Self::Other;
        };
        let text = text.trim();
        let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
        match (scheme, token.trim()) {
            ("", _) => Self::Nothing,
            (scheme, "") if scheme.eq_ignore_ascii_case("bearer") => Self::Nothing,
            (scheme, token) if scheme.eq_ignore_ascii_case("bearer") => Self::Bearer(token),
            (_, _) => Self::Other,
        }
    }
}

/// For which of their partners a user who works for several sends a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chosen {
    /// Nothing is said: the only or the oldest one.
    Nothing,
    Partner(PartnerId),
    /// What is said is no partner's id.
    Unreadable,
}

impl Chosen {
    /// The header that chooses; `connection_init` may have it in its payload.
    pub const HEADER: HeaderName = HeaderName::from_static(Self::HEADER_NAME);
    pub const HEADER_NAME: &str = "yousoon-partner";

    pub fn of(headers: &HeaderMap) -> Self {
        let mut said = headers.get_all(Self::HEADER).iter();
        match (said.next(), said.next()) {
            (None, _) => Self::Nothing,
            (Some(value), None) => value.to_str().map_or(Self::Unreadable, Self::parse),
            (Some(_), Some(_)) => Self::Unreadable,
        }
    }

    /// A client may send the header always, also while nothing is chosen.
    pub fn parse(text: &str) -> Self {
        match text.trim() {
            "" => Self::Nothing,
            id => PartnerId::parse(id).map_or(Self::Unreadable, Self::Partner),
        }
    }
}

/// The user of an access token, with the current state of the account.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SignedIn {
    pub id: UserId,
    pub role: Role,
    pub memberships: Memberships,
    /// The partner that the request chooses; they work for it.
    pub chosen: Option<PartnerId>,
    pub session: SessionId,
}

impl SignedIn {
    /// The membership of the chosen partner, or else the oldest one.
    pub fn membership(&self) -> Option<&Membership> {
        self.memberships.chosen(self.chosen.as_ref())
    }
}

/// The caller of a request, with what the client says about itself.
#[derive(Clone, Debug)]
pub struct Asker {
    pub caller: Caller,
    /// The client's address, or the edge; rate limits per address count against it.
    pub peer: Peer,
    /// Of `Accept-Language`; none if it names none of ours.
    pub language: Option<Language>,
    pub device: Option<String>,
}

impl Asker {
    /// The anonymous caller of requests whose answers everybody may share.
    pub const fn anybody() -> Self {
        Self {
            caller: Caller::Anonymous,
            peer: Peer::Edge,
            language: None,
            device: None,
        }
    }

    pub async fn of(
        headers: &HeaderMap,
        peer: Peer,
        auth: &Auth,
        now_ms: i64,
    ) -> Result<Self, StoreError> {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let device = text(USER_AGENT).map(|agent| agent.chars().take(DEVICE_CHARS).collect());
        Ok(Self {
            caller: Caller::of(headers, auth, now_ms).await?,
            peer,
            language: text(ACCEPT_LANGUAGE).and_then(language::preferred),
            device,
        })
    }
}

impl Caller {
    /// The caller's kind, as logs show it.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::Unknown(Unknown::Credentials) => "unknown credentials",
            Self::Unknown(Unknown::Token(_)) => "invalid access token",
            Self::Unknown(Unknown::Expired(_)) => "expired access token",
            Self::Unknown(Unknown::SignedOut(_)) => "revoked access token",
            Self::Unknown(Unknown::NotMember(_)) => "user of another partner",
            Self::Service(_) => "service token",
            Self::User(_) => "user",
        }
    }

    /// The user and the session of an access token that we issued, even if it has expired or its
    /// session has ended: enough to end that session, and for nothing else.
    pub fn session(&self) -> Option<(&UserId, &SessionId)> {
        match self {
            Self::User(user) | Self::Unknown(Unknown::NotMember(Some(user))) => {
                Some((&user.id, &user.session))
            }
            Self::Unknown(Unknown::Expired(claims) | Unknown::SignedOut(claims)) => {
                Some((&claims.uid, &claims.sid))
            }
            Self::Anonymous
            | Self::Unknown(Unknown::Credentials | Unknown::Token(_) | Unknown::NotMember(None))
            | Self::Service(_) => None,
        }
    }

    /// The caller's name in the purge audit.
    pub fn actor(&self) -> String {
        match self {
            Self::User(user) | Self::Unknown(Unknown::NotMember(Some(user))) => actor_of(&user.id),
            Self::Service(Service {
                name: Some(name), ..
            }) => format!("service {name}"),
            other => other.as_str().to_owned(),
        }
    }

    /// Reads the caller from `Authorization: Bearer …`, and the chosen partner from
    /// [`Chosen::HEADER`].
    pub async fn of(headers: &HeaderMap, auth: &Auth, now_ms: i64) -> Result<Self, StoreError> {
        let token = match Authorization::of(headers.get(AUTHORIZATION)) {
            Authorization::Nothing => return Ok(Self::Anonymous),
            Authorization::Other => return Ok(Self::Unknown(Unknown::Credentials)),
            Authorization::Bearer(token) => token,
        };
        // Boxed: requests without credentials, which are most, do not carry it.
        let caller = Box::pin(Self::of_bearer(token, auth, now_ms)).await?;
        Ok(caller.choosing(&Chosen::of(headers)))
    }

    async fn of_bearer(token: &str, auth: &Auth, now_ms: i64) -> Result<Self, StoreError> {
        // Service tokens are checked first: nothing guarantees that they contain no dots, as JWTs
        // do.
        if is_service(token, auth) {
            return Ok(Self::Service(Service::of_environment()));
        }
        let services = &auth.service_tokens;
        if let Some(service) = services.of(token, now_ms).await? {
            return Ok(Self::Service(service));
        }
        if token.bytes().filter(|byte| *byte == b'.').count() != 2 {
            return Ok(Self::Unknown(Unknown::Credentials));
        }
        Self::of_token(token, auth, now_ms).await
    }

    async fn of_token(token: &str, auth: &Auth, now_ms: i64) -> Result<Self, StoreError> {
        match auth.tokens.verify(token, now_ms) {
            Ok(Issued::Valid(claims)) => Self::of_claims(&claims, auth).await,
            Ok(Issued::Expired(claims)) => Ok(Self::Unknown(Unknown::Expired(Box::new(claims)))),
            Err(why) => Ok(Self::Unknown(Unknown::Token(why))),
        }
    }

    /// The caller, with the partner that the request chooses. A caller who does not work for that partner
    /// becomes unknown, so that the request is refused and not answered for another partner. Callers who are
    /// not signed in cannot choose: for them the header is ignored.
    #[must_use]
    pub fn choosing(self, chosen: &Chosen) -> Self {
        match (self, chosen) {
            (Self::User(mut user), Chosen::Partner(partner))
                if user.memberships.of(partner).is_some() =>
            {
                user.chosen = Some(partner.clone());
                Self::User(user)
            }
            (caller, Chosen::Nothing) | (caller @ (Self::Anonymous | Self::Unknown(_)), _) => {
                caller
            }
            (Self::User(user), Chosen::Partner(_) | Chosen::Unreadable) => {
                Self::Unknown(Unknown::NotMember(Some(user)))
            }
            (Self::Service(_), Chosen::Partner(_) | Chosen::Unreadable) => {
                Self::Unknown(Unknown::NotMember(None))
            }
        }
    }

    /// Resolves the user of an access token, with the current state of the account.
    pub async fn of_claims(claims: &Claims, auth: &Auth) -> Result<Self, StoreError> {
        // Role and membership are read now: those in the token may be 15 minutes old.
        Ok(match auth.standings.of(claims).await? {
            None => Self::Unknown(Unknown::SignedOut(Box::new(claims.clone()))),
            Some(standing) => Self::User(Box::new(SignedIn {
                id: claims.uid.clone(),
                role: standing.role,
                memberships: standing.memberships,
                chosen: None,
                session: claims.sid.clone(),
            })),
        })
    }
}

/// Compares in constant time, so that timing reveals nothing about the token.
fn is_service(token: &str, auth: &Auth) -> bool {
    let known = auth.admin_token.as_ref();
    known.is_some_and(|known| bool::from(token.as_bytes().ct_eq(known.expose())))
}
