//! Whether an account may still be used. The looked-up state is cached briefly, so that requests do
//! not wait for the database and a disabled user is rejected within seconds.

use std::{sync::Arc, time::Duration};

use domain::{
    StoreError, UserId,
    users::{
        account::{Standing, Status},
        store::UserStore,
    },
};
use moka::sync::Cache;

use super::tokens::Claims;

/// How long a looked-up account state is cached. The documented bound is 5 s.
const KEPT: Duration = Duration::from_secs(2);
/// The maximum number of cached accounts.
const MOST: u64 = 100_000;

#[derive(Clone, Debug)]
pub struct Standings {
    users: Arc<dyn UserStore>,
    kept: Cache<UserId, Standing>,
}

impl Standings {
    pub fn new(users: Arc<dyn UserStore>) -> Self {
        let kept = Cache::builder().time_to_live(KEPT).max_capacity(MOST);
        Self {
            users,
            kept: kept.build(),
        }
    }

    /// The current state of a token's account; none when the token is no longer accepted.
    pub async fn of(&self, claims: &Claims) -> Result<Option<Standing>, StoreError> {
        let standing = match self.kept.get(&claims.uid) {
            Some(standing) => Some(standing),
            None => self.look(&claims.uid).await?,
        };
        Ok(standing.filter(|standing| is_taken(standing, claims)))
    }

    async fn look(&self, id: &UserId) -> Result<Option<Standing>, StoreError> {
        let found = self.users.standing(id).await?;
        // A missing account is not cached: its tokens expire soon anyway.
        if let Some(standing) = &found {
            self.kept.insert(id.clone(), standing.clone());
        }
        Ok(found)
    }

    /// Drops a cached account, so that this server sees its own changes at once.
    pub fn forget(&self, id: &UserId) {
        self.kept.invalidate(id);
    }
}

fn is_taken(standing: &Standing, claims: &Claims) -> bool {
    // Tokens hold whole seconds: one issued in the same second as the sign-out counts as later.
    let signed_out = claims.iat < standing.signed_out_before_ms.div_euclid(1_000);
    standing.status == Status::Active && !signed_out
}
