//! Tokens of services: named, scoped, revocable. Only their hash is kept.
//!
//! A token is `yst_` and 32 random bytes in base64url: too many to guess, so that a plain SHA-256 of
//! it is what is stored. The one of `YOUSOON_ADMIN_TOKEN` is there besides, for the first hour of a
//! system and its last resort: it has every scope.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use moka::sync::Cache;
use sha2::{Digest as _, Sha256};

use super::random;
use crate::{domain::users::account::words, store_sqlite::database::StoreError};

/// What every token begins with, so that it is found where it was left by mistake.
const MARK: &str = "yst_";
const TOKEN_CHARS: usize = MARK.len() + 43;
/// How old a look may be: whoever is revoked is out within this time.
const KEPT: Duration = Duration::from_secs(2);
const MOST: u64 = 10_000;
const NAME_CHARS: usize = 50;

words! {
    /// What a service may do.
    Scope {
        /// Publish documents.
        Documents = "documents",
        /// Purge.
        Purge = "purge",
        /// Look into the caches.
        Inspect = "inspect",
        /// Act for any partner.
        Partners = "partners",
        /// Disable accounts.
        Users = "users",
    }
}

/// What a token is known by: letters, digits, `-`, `_` and `.`, at most 50.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TokenName(Arc<str>);

impl TokenName {
    pub fn parse(text: &str) -> Option<Self> {
        let is_good = (1..=NAME_CHARS).contains(&text.len())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        is_good.then(|| Self(text.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TokenName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

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
        TokenHash(hex::encode(Sha256::digest(&self.0)))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The SHA-256 of a token, in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TokenHash(String);

impl TokenHash {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A token as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceToken {
    pub name: TokenName,
    pub scopes: Vec<Scope>,
    pub created_at_ms: i64,
    /// From then on it is not taken.
    pub expires_at_ms: Option<i64>,
    pub revoked_at_ms: Option<i64>,
}

impl ServiceToken {
    fn is_good(&self, now_ms: i64) -> bool {
        self.revoked_at_ms.is_none() && self.expires_at_ms.is_none_or(|ends| now_ms < ends)
    }
}

/// What came of a new token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Created {
    Done,
    /// Names are given once: the audit tells them.
    NameTaken,
}

/// Where tokens of services are kept.
#[async_trait]
pub trait ServiceTokenStore: fmt::Debug + Send + Sync {
    async fn create(&self, token: ServiceToken, hash: TokenHash) -> Result<Created, StoreError>;

    async fn by_hash(&self, hash: &TokenHash) -> Result<Option<ServiceToken>, StoreError>;

    /// All that ever were, oldest first.
    async fn all(&self) -> Result<Vec<ServiceToken>, StoreError>;

    /// Whether there was one that was not revoked before.
    async fn revoke(&self, name: &TokenName, now_ms: i64) -> Result<bool, StoreError>;
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

/// The words of scopes, as they are stored.
pub fn scopes(words: &[String]) -> Result<Vec<Scope>, StoreError> {
    let parsed = words
        .iter()
        .map(|word| Scope::parse(word).ok_or_else(|| StoreError::corrupt("scopes", word)));
    parsed.collect()
}

pub fn name(text: &str) -> Result<TokenName, StoreError> {
    TokenName::parse(text).ok_or_else(|| StoreError::corrupt("name", &text))
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

    #[test]
    fn names_are_short_words() {
        assert!(TokenName::parse("ci.publish-2").is_some());
        for text in ["", "two words", "é", &"a".repeat(51)] {
            assert!(TokenName::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_token_that_is_over_or_revoked_is_not_taken() {
        let token = |expires_at_ms, revoked_at_ms| ServiceToken {
            name: TokenName::parse("a").unwrap(),
            scopes: vec![],
            created_at_ms: 0,
            expires_at_ms,
            revoked_at_ms,
        };
        assert!(token(None, None).is_good(9) && token(Some(10), None).is_good(9));
        assert!(!token(Some(9), None).is_good(9) && !token(None, Some(1)).is_good(9));
    }
}
