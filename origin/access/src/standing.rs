//! Whether an account may still be used, and whether a session goes on. What was looked up is cached
//! briefly, so that requests wait neither for the database nor for the store of sessions, and a
//! disabled user or an ended session is rejected within seconds.

use std::{sync::Arc, time::Duration};

use domain::{
    StoreError, UserId,
    auth::sessions::{SessionId, Sessions},
    error_chain::chain,
    users::{
        account::{Standing, Status},
        store::UserStore,
    },
};
use moka::sync::Cache;

use super::tokens::Claims;

/// How long a looked-up state is cached. The documented bound is 2 s.
const KEPT: Duration = Duration::from_secs(2);
/// The maximum number of cached sessions.
const MOST: u64 = 100_000;

/// What was looked up for a session.
#[derive(Clone, Debug)]
struct Looked {
    user: UserId,
    /// The state of the account; none if there is no such account, or the session has ended. A
    /// session never comes back, so that may be cached as well.
    standing: Option<Standing>,
}

#[derive(Clone, Debug)]
pub struct Standings {
    users: Arc<dyn UserStore>,
    sessions: Arc<dyn Sessions>,
    /// By session: one look-up in memory per request.
    kept: Cache<SessionId, Looked>,
}

impl Standings {
    pub fn new(users: Arc<dyn UserStore>, sessions: Arc<dyn Sessions>) -> Self {
        let kept = Cache::builder()
            .time_to_live(KEPT)
            .max_capacity(MOST)
            .support_invalidation_closures();
        Self {
            users,
            sessions,
            kept: kept.build(),
        }
    }

    /// The current state of a token's account; none when the token is no longer accepted.
    pub async fn of(&self, claims: &Claims) -> Result<Option<Standing>, StoreError> {
        let standing = match self.kept.get(&claims.sid) {
            Some(looked) => looked.standing,
            None => self.look(claims).await?,
        };
        Ok(standing
            .filter(|standing| standing.status == Status::Active && standing.epoch == claims.epoch))
    }

    async fn look(&self, claims: &Claims) -> Result<Option<Standing>, StoreError> {
        let (standing, is_live) = tokio::join!(
            self.users.standing(&claims.uid),
            self.sessions.is_live(&claims.uid, &claims.sid),
        );
        // A Redis that cannot be reached must not sign everybody out: the token is well signed and
        // ends within 15 minutes, and the account is known.
        let is_live = is_live.unwrap_or_else(|error| {
            tracing::debug!(error = chain(&error), "a session cannot be looked up");
            true
        });
        let standing = standing?.filter(|_| is_live);
        let looked = Looked {
            user: claims.uid.clone(),
            standing: standing.clone(),
        };
        self.kept.insert(claims.sid.clone(), looked);
        Ok(standing)
    }

    /// Drops what is cached of a user, so that this server sees its own changes at once.
    pub fn forget(&self, user: &UserId) {
        let user = user.clone();
        let forgotten = self
            .kept
            .invalidate_entries_if(move |_, looked| looked.user == user);
        // Only a cache that was built without closures refuses one.
        if forgotten.is_err() {
            self.kept.invalidate_all();
        }
    }

    /// Drops everything, after a change that concerns a whole team.
    pub fn forget_everybody(&self) {
        self.kept.invalidate_all();
    }

    /// Drops what is cached of a session, so that this server sees at once that it has ended.
    pub fn forget_session(&self, session: &SessionId) {
        self.kept.invalidate(session);
    }
}
