//! Tokens of services: named, scoped, revocable. Only their hash is kept.
//!
//! A token is `yst_` and 32 random bytes in base64url: too many to guess, so that a plain SHA-256 of
//! it is what is stored. The one of `YOUSOON_ADMIN_TOKEN` is there besides, for the first hour of a
//! system and its last resort: it has every scope.

use std::{fmt, sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    StoreError,
    auth::service_tokens::{Scope, ServiceToken, ServiceTokenStore, TokenHash, TokenName},
};
use moka::sync::Cache;

use super::random;

/// What every token begins with, so that it is found where it was left by mistake.
const MARK: &str = "yst_";
const TOKEN_CHARS: usize = MARK.len() + 43;
/// How old a look may be: whoever is revoked is out within this time.
const KEPT: Duration = Duration::from_secs(2);
const MOST: u64 = 10_000;
/// A token as it is handed out, once.
pub struct Secret(String);

impl Secret {
    pub fn fresh() -> Self {
        let bytes: [u8; 32] = random::bytes();
        Self(format!("{MARK}{}", URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// What somebody showed, if it looks like one.
    fn parse(text: &str) -> Option<Self> {
        let looks = text.len() == TOKEN_CHARS && text.starts_with(MARK);
        looks.then(|| Self(text.to_owned()))
    }

    pub fn expose(&self) -> &str {
        &self.0
    }

    pub fn hash(&self) -> TokenHash {
        TokenHash::of(&self.0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// A service that asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// None: the token of the environment.
    pub name: Option<TokenName>,
    pub scopes: Vec<Scope>,
}

impl Service {
    /// Of the environment's token.
    pub fn of_environment() -> Self {
        Self {
            name: None,
            scopes: Scope::ALL.to_vec(),
        }
    }

    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }
}

/// The tokens, as requests look at them: each look is kept for two seconds.
#[derive(Clone, Debug)]
pub struct ServiceTokens {
    store: Arc<dyn ServiceTokenStore>,
    kept: Cache<TokenHash, Option<ServiceToken>>,
}

impl ServiceTokens {
    pub fn new(store: Arc<dyn ServiceTokenStore>) -> Self {
        let kept = Cache::builder().time_to_live(KEPT).max_capacity(MOST);
        Self {
            store,
            kept: kept.build(),
        }
    }

    /// The service whose token this is. What does not look like one costs nothing.
    pub async fn of(&self, text: &str, now_ms: i64) -> Result<Option<Service>, StoreError> {
        let Some(hash) = Secret::parse(text).map(|secret| secret.hash()) else {
            return Ok(None);
        };
        let token = if let Some(token) = self.kept.get(&hash) {
            token
        } else {
            let token = self.store.by_hash(&hash).await?;
            self.kept.insert(hash, token.clone());
            token
        };
        let good = token.filter(|token| token.is_good(now_ms));
        Ok(good.map(|token| Service {
            name: Some(token.name),
            scopes: token.scopes,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_looks_like_one_and_is_not_printed() {
        let secret = Secret::fresh();
        assert!(Secret::parse(secret.expose()).is_some());
        assert_ne!(secret.expose(), Secret::fresh().expose());
        assert_eq!(format!("{secret:?}"), "Secret(…)");
        for text in ["", "yst_", "yst_short", &secret.expose()[1..]] {
            assert!(Secret::parse(text).is_none(), "{text}");
        }
    }
}
