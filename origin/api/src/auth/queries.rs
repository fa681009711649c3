//! The session query, and the result of signing in.

use async_graphql::{Context, ID, Object, Result, SimpleObject};
use domain::auth::sessions::{Session, SessionId};

use crate::{
    auth::sign_in,
    nodes::{
        directives::{CacheControlScope, cache_control},
        moment::{DateTime, timestamp},
        user::UserNode,
    },
    request::context::RequestContext,
};

/// The tokens and the user, after signing in.
#[derive(SimpleObject)]
pub struct AuthPayload {
    /// Send it as `Authorization: Bearer …`.
    pub access_token: String,
    /// Pass it to `refreshToken` within seven days; the answer has the next one. 90 days after the sign-in
    /// there is none.
    pub refresh_token: String,
    /// Lifetime of the access token, in seconds.
    pub expires_in: i32,
    pub user: UserNode,
}

impl std::fmt::Debug for AuthPayload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AuthPayload(…)")
    }
}

/// One of the user's sessions.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "Session")]
pub struct SessionNode {
    id: ID,
    /// The device, as reported by the client.
    device: Option<String>,
    created_at: DateTime,
    last_used_at: DateTime,
    /// When its refresh token expires, unless it is used before.
    expires_at: DateTime,
    /// When the session ends, however often it is used: 90 days after the sign-in.
    ends_at: DateTime,
    /// Whether this is the session of the current request.
    is_current: bool,
}

impl SessionNode {
    /// A session, as somebody reads it in the session `current`; none if it is not its user.
    pub(crate) fn of(session: Session, current: Option<&SessionId>) -> Self {
        Self {
            is_current: current == Some(&session.id),
            id: ID(session.id.as_str().to_owned()),
            ends_at: timestamp(session.ends_at_ms()),
            device: session.device,
            created_at: timestamp(session.created_at_ms),
            last_used_at: timestamp(session.used_at_ms),
            expires_at: timestamp(session.expires_at_ms),
        }
    }
}

#[derive(Debug, Default)]
pub struct AuthQueries;

#[Object]
impl AuthQueries {
    /// The signed-in user's sessions, most recently used first.
    #[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
    async fn my_sessions(&self, ctx: &Context<'_>) -> Result<Vec<SessionNode>> {
        let request = RequestContext::of(ctx);
        let user = request.signed_in()?;
        let sessions = sign_in::sessions(request).await?.into_iter();
        let node = |session| SessionNode::of(session, Some(&user.session));
        Ok(sessions.map(node).collect())
    }
}
