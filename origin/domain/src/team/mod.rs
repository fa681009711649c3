//! Who works for a partner: members, and who is invited.
//!
//! A membership is part of the account (`users::account::Membership`): what somebody may is read
//! with it. An invitation is here until it is accepted, withdrawn or over.

pub mod codes;
pub mod store;

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::{
    InvitationId, PartnerId,
    users::account::{EmailKey, Post},
};

/// How long an invitation is good.
pub const LIFE_MS: i64 = 7 * 86_400_000;
/// How long another message to the same address is not sent.
pub const RESEND_AFTER_MS: i64 = 60_000;
/// The most people of one partner.
pub const MOST_MEMBERS: usize = 100;
/// The most invitations of one partner that are good.
pub const MOST_INVITATIONS: usize = 50;

/// That somebody who reads this address may join.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    pub id: InvitationId,
    pub partner: PartnerId,
    /// As it was typed.
    pub email: String,
    pub post: Post,
    pub token_hash: TokenHash,
    pub created_at_ms: i64,
    pub expires_at_ms: i64,
}

impl Invitation {
    pub fn email_key(&self) -> EmailKey {
        EmailKey::of(&self.email)
    }
}

/// What is stored of a token's secret, which has 256 bits: nobody guesses one, so that a plain hash
/// does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenHash(String);

impl TokenHash {
    fn of(secret: &str) -> Self {
        Self(hex::encode(Sha256::digest(secret.as_bytes())))
    }

    pub fn stored(hash: String) -> Self {
        Self(hash)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// In constant time.
    pub fn is(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

/// What is sent: which invitation, and its secret.
#[derive(Clone, PartialEq, Eq)]
pub struct InvitationToken {
    pub id: InvitationId,
    secret: String,
}

impl InvitationToken {
    /// A new invitation's; both are random.
    pub fn new(id: InvitationId, secret: [u8; 32]) -> Self {
        Self {
            id,
            secret: hex::encode(secret),
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        let (id, secret) = text.split_once('.')?;
        Some(Self {
            id: InvitationId::parse(id)?,
            secret: secret.to_owned(),
        })
    }

    pub fn hash(&self) -> TokenHash {
        TokenHash::of(&self.secret)
    }

    /// For the message alone.
    pub fn expose(&self) -> String {
        format!("{}.{}", self.id, self.secret)
    }
}

impl std::fmt::Debug for InvitationToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "InvitationToken({}, …)", self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_reads_back_and_only_its_secret_has_its_hash() {
        let id = InvitationId::derive("invitation", "1");
        let token = InvitationToken::new(id.clone(), [1; 32]);
        let read = InvitationToken::parse(&token.expose()).unwrap();
        assert_eq!(read, token);
        assert!(read.hash().is(&token.hash()));
        let other = InvitationToken::new(id, [2; 32]);
        assert!(!other.hash().is(&token.hash()));
        assert!(!format!("{token:?}").contains(&token.secret));
        for bad in ["", ".", "x.y", &token.secret] {
            assert_eq!(InvitationToken::parse(bad), None, "{bad}");
        }
    }
}
