//! A partner's team: its members and open invitations.
//!
//! A membership is part of the account (`users::account::Membership`), so that permissions are read
//! together with the account. An invitation is stored until it expires, also after it was accepted. One
//! that is withdrawn loses its token, and expires a minute later: until then it keeps the time of its
//! e-mail, so that withdrawing does not allow the next e-mail sooner.

pub mod codes;
pub mod store;
pub mod writes;

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::{
    InvitationId, PartnerId,
    messages::kind::INVITATION_MS,
    queue::{Lane, NewTask, Nonce, Work},
    sentence::Language,
    users::{
        account::EmailKey,
        membership::{Places, Post},
    },
};

/// How long an invitation is valid, in milliseconds.
pub const LIFE_MS: i64 = INVITATION_MS;
/// How soon another invitation may be sent to the same address, in milliseconds.
pub const RESEND_AFTER_MS: i64 = 60_000;
/// The maximum number of members per partner.
pub const MOST_MEMBERS: usize = 100;
/// The maximum number of valid invitations per partner.
pub const MOST_INVITATIONS: usize = 50;

/// Allows the owner of an e-mail address to join a partner's team.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    pub id: InvitationId,
    pub partner: PartnerId,
    /// The address as the inviter typed it.
    pub email: String,
    pub post: Post,
    /// The establishments of staff.
    pub places: Places,
    pub token_hash: TokenHash,
    pub created_at_ms: i64,
    pub expires_at_ms: i64,
    /// It was accepted. It stays until it ends, so that accepting it again gets the same answer.
    pub accepted: bool,
}

impl Invitation {
    pub fn email_key(&self) -> EmailKey {
        EmailKey::of(&self.email)
    }

    /// Whether it was withdrawn: then it has no token.
    pub fn is_withdrawn(&self) -> bool {
        self.token_hash == TokenHash::none()
    }

    /// The task that sends it; `nonce` is what its token was made of. It is about an address, not a
    /// person: erasing the account with this address removes the invitation, and then nothing is sent.
    pub fn task(&self, language: Language, nonce: Nonce) -> NewTask {
        NewTask {
            key: format!("invitation:{}", self.id),
            lane: Lane::Notices,
            work: Work::Invitation {
                id: self.id.clone(),
                language,
                nonce,
            },
            person: None,
            created_at_ms: self.created_at_ms,
            due_at_ms: self.created_at_ms,
            expires_at_ms: self.expires_at_ms,
        }
    }
}

/// The stored hash of a token's secret. The secret has 256 bits and cannot be guessed, so a plain
/// hash is enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenHash(String);

impl TokenHash {
    fn of(secret: &str) -> Self {
        Self(hex::encode(Sha256::digest(secret.as_bytes())))
    }

    /// In place of the hash of an invitation that was withdrawn. No token has it.
    pub const fn none() -> Self {
        Self(String::new())
    }

    pub fn stored(hash: String) -> Self {
        Self(hash)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Compares in constant time.
    pub fn is(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

/// The token in the invitation's e-mail: the invitation's id and its secret.
#[derive(Clone, PartialEq, Eq)]
pub struct InvitationToken {
    pub id: InvitationId,
    secret: String,
}

impl InvitationToken {
    /// A token for a new invitation; both parts are random.
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

    /// The token's text, to be used in the message only.
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
