//! Stored service tokens: named, scoped and revocable. Only their hashes are stored.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use sha2::{Digest as _, Sha256};

use crate::{StoreError, words::words};

const NAME_CHARS: usize = 50;

words! {
    /// What a service token allows.
    Scope {
        /// Publish documents.
        Documents = "documents",
        /// Purge caches.
        Purge = "purge",
        /// Inspect caches.
        Inspect = "inspect",
        /// Act for any partner.
        Partners = "partners",
        /// Disable accounts.
        Users = "users",
        /// Change the texts of messages.
        Templates = "templates",
        /// Send news to everybody who wants them.
        News = "news",
        /// Refund payments, and read what differs from the provider's books.
        Payments = "payments",
    }
}

/// The name of a token: letters, digits, `-`, `_` and `.`, at most 50 characters.
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

/// The SHA-256 of a token, in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TokenHash(String);

impl TokenHash {
    /// Hashes a token.
    pub fn of(token: &str) -> Self {
        Self(hex::encode(Sha256::digest(token)))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A stored service token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceToken {
    pub name: TokenName,
    pub scopes: Vec<Scope>,
    pub created_at_ms: i64,
    /// From this moment on the token is rejected.
    pub expires_at_ms: Option<i64>,
    pub revoked_at_ms: Option<i64>,
}

impl ServiceToken {
    /// Whether the token is valid at this moment.
    pub fn is_good(&self, now_ms: i64) -> bool {
        self.revoked_at_ms.is_none() && self.expires_at_ms.is_none_or(|ends| now_ms < ends)
    }
}

/// The outcome of creating a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Created {
    Done,
    /// A token of this name exists or existed: names are never reused, because the audit refers to
    /// them.
    NameTaken,
}

/// The service tokens in a database.
#[async_trait]
pub trait ServiceTokenStore: fmt::Debug + Send + Sync {
    async fn create(&self, token: ServiceToken, hash: TokenHash) -> Result<Created, StoreError>;

    async fn by_hash(&self, hash: &TokenHash) -> Result<Option<ServiceToken>, StoreError>;

    /// All tokens, also expired and revoked ones, oldest first.
    async fn all(&self) -> Result<Vec<ServiceToken>, StoreError>;

    /// Revokes a token; returns whether there was one that was not revoked yet.
    async fn revoke(&self, name: &TokenName, now_ms: i64) -> Result<bool, StoreError>;
}

/// Parses stored scopes.
pub fn stored_scopes(words: &[String]) -> Result<Vec<Scope>, StoreError> {
    let parsed = words
        .iter()
        .map(|word| Scope::parse(word).ok_or_else(|| StoreError::corrupt("scopes", word)));
    parsed.collect()
}

/// Parses the stored name of a token.
pub fn stored_name(text: &str) -> Result<TokenName, StoreError> {
    TokenName::parse(text).ok_or_else(|| StoreError::corrupt("name", &text))
}

#[cfg(test)]
mod tests {
    use super::*;

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
