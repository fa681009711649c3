//! Whether an account may still be used: a look at it that is kept for a moment, so that a request
//! does not wait for the database, and that whoever is disabled is out within seconds.

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

/// How old a look may be. What is promised is 5 s.
const KEPT: Duration = Duration::from_secs(2);
/// How many are kept.
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

    /// What the user of a token may be taken for; none when the token is not taken any more.
    pub async fn of(&self, claims: &Claims) -> Result<Option<Standing>, StoreError> {
        let standing = match self.kept.get(&claims.uid) {
            Some(standing) => Some(standing),
            None => self.look(&claims.uid).await?,
        };
        Ok(standing.filter(|standing| is_taken(standing, claims)))
    }

    async fn look(&self, id: &UserId) -> Result<Option<Standing>, StoreError> {
        let found = self.users.standing(id).await?;
        // An account that there is not is not remembered: nobody has a token of it for long.
        if let Some(standing) = &found {
            self.kept.insert(id.clone(), standing.clone());
        }
        Ok(found)
    }

    /// What this server itself changed it sees at once.
    pub fn forget(&self, id: &UserId) {
        self.kept.invalidate(id);
    }
}

fn is_taken(standing: &Standing, claims: &Claims) -> bool {
    // Tokens tell whole seconds: one of the very second counts as later.
    let signed_out = claims.iat < standing.signed_out_before_ms.div_euclid(1_000);
    standing.status == Status::Active && !signed_out
}
