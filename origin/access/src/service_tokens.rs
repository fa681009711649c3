//! Service tokens: named, scoped and revocable. Only their hashes are stored.
//!
//! A token is `yst_` and 32 random bytes in base64url: too many to guess, so that a plain SHA-256
//! is safe to store. The token in `YOUSOON_ADMIN_TOKEN` is accepted in addition, for bootstrapping
//! a system and as a last resort: it has every scope.

use std::{fmt, sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    StoreError,
    auth::service_tokens::{Scope, ServiceToken, ServiceTokenStore, TokenHash, TokenName},
};
use moka::sync::Cache;

use super::random;

/// The prefix of every token, by which leaked tokens can be found.
const MARK: &str = "yst_";
const TOKEN_CHARS: usize = MARK.len() + 43;
/// How long a looked-up token is cached: a revoked token is rejected within this time.
const KEPT: Duration = Duration::from_secs(2);
const MOST: u64 = 10_000;
/// A token in clear text; it is shown once, when it is created.
pub struct Secret(String);

impl Secret {
    pub fn fresh() -> Self {
        let bytes: [u8; 32] = random::bytes();
        Self(format!("{MARK}{}", URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// Parses the text of a request as a service token; none if it does not have the form of one.
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

/// The service that sends a request.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Service {
    /// None for the token of `YOUSOON_ADMIN_TOKEN`.
    pub name: Option<TokenName>,
    pub scopes: Vec<Scope>,
}

impl Service {
    /// The service of `YOUSOON_ADMIN_TOKEN`.
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

/// Looks up service tokens for requests and caches each result for two seconds.
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

    /// The service that owns this token. Text without the form of a token causes no lookup.
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
