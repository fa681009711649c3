//! Access tokens: JWTs signed with EdDSA, valid for 15 minutes.

#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use domain::{
    UserId,
    auth::sessions::SessionId,
    users::account::{Account, Role},
};
use jsonwebtoken::{Algorithm, Header, Validation, decode, decode_header, encode};
use moka::sync::Cache;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::keys::KeySet;

/// How long a token is valid, in seconds.
pub const LIFE_S: i64 = 15 * 60;
/// How far ahead another server's clock may be, in seconds.
const AHEAD_S: i64 = 5;
/// How many verified tokens are remembered; each takes about 600 bytes.
const REMEMBERED: u64 = 20_000;
/// How long a verified token is remembered: none is valid for longer.
const REMEMBERED_FOR: Duration = Duration::from_mins(15);

#[derive(Clone, Debug)]
pub struct TokensConfig {
    /// The keys of access tokens: `YOUSOON_JWT_KEYS`, PEM blocks or a JWK set; the first private
    /// one signs, all of them verify. Default, except in production: a key that lasts as long as
    /// the process.
    pub keys: KeySet,
    /// Who issues access tokens (`iss`): `YOUSOON_JWT_ISSUER`, default `yousoon`.
    pub issuer: String,
    /// Whom access tokens are for (`aud`): `YOUSOON_JWT_AUDIENCE`, default `yousoon-api`.
    pub audience: String,
}

/// Why a token is rejected. Every variant may be told to the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum TokenError {
    #[error("the access token is not valid yet")]
    NotYet,
    /// The token is malformed, forged, or issued by another system.
    #[error("the access token is not valid")]
    Invalid,
}

/// The claims of an access token.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Claims {
    pub uid: UserId,
    pub email: String,
    pub role: Role,
    pub is_partner: bool,
    /// The session that the token belongs to; the token ends with it.
    pub sid: SessionId,
    /// The account's epoch when the token was issued. Tokens of versions without epochs have none.
    #[serde(default)]
    pub epoch: i64,
    pub iss: String,
    pub aud: String,
    /// Seconds since the Unix epoch, like the next two.
    pub exp: i64,
    pub iat: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nbf: Option<i64>,
    pub jti: String,
}

/// A token that we issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Issued {
    Valid(Claims),
    Expired(Claims),
}

/// Issues and verifies access tokens.
#[derive(Clone, Debug)]
pub struct AccessTokens {
    keys: KeySet,
    issuer: String,
    audience: String,
    validation: Validation,
    /// The claims of tokens whose signature was verified, by the token's hash: verifying one costs
    /// more than answering from a cache. Tokens that are not ours are not remembered, so strangers
    /// cannot fill it.
    verified: Cache<[u8; 32], Arc<Claims>>,
}

impl AccessTokens {
    pub fn new(config: &TokensConfig) -> Self {
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[&config.issuer]);
        validation.set_audience(&[&config.audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud"]);
        // Expiry is checked in `verify` instead, by the origin's own clock.
        validation.validate_exp = false;
        Self {
            keys: config.keys.clone(),
            issuer: config.issuer.clone(),
            audience: config.audience.clone(),
            validation,
            verified: Cache::builder()
                .max_capacity(REMEMBERED)
                .time_to_live(REMEMBERED_FOR)
                .build(),
        }
    }

    pub fn keys(&self) -> &KeySet {
        &self.keys
    }

    /// Issues a new token for this session.
    pub fn issue(
        &self,
        account: &Account,
        session: &SessionId,
        now_ms: i64,
    ) -> Result<String, TokenError> {
        let iat = now_ms.div_euclid(1_000);
        let claims = Claims {
            uid: account.id.clone(),
            email: account.email.clone(),
            role: account.role,
            is_partner: account.role == Role::Partner,
            sid: session.clone(),
            epoch: account.epoch,
            iss: self.issuer.clone(),
            aud: self.audience.clone(),
            exp: iat + LIFE_S,
            iat,
            nbf: None,
            jti: hex::encode(super::random::bytes::<16>()),
        };
        let (kid, key) = self.keys.signing().ok_or(TokenError::Invalid)?;
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(kid.to_owned());
        encode(&header, &claims, &key).map_err(|_| TokenError::Invalid)
    }

    /// The claims of a token, if we issued it, and whether it is valid at `now_ms`.
    pub fn verify(&self, token: &str, now_ms: i64) -> Result<Issued, TokenError> {
        let hash: [u8; 32] = Sha256::digest(token).into();
        let claims = if let Some(claims) = self.verified.get(&hash) {
            claims
        } else {
            let claims = Arc::new(self.claims_of(token)?);
            self.verified.insert(hash, Arc::clone(&claims));
            claims
        };
        let seconds = now_ms.div_euclid(1_000);
        if claims.iat.max(claims.nbf.unwrap_or(claims.iat)) > seconds + AHEAD_S {
            return Err(TokenError::NotYet);
        }
        let claims = Arc::unwrap_or_clone(claims);
        Ok(if claims.exp <= seconds {
            Issued::Expired(claims)
        } else {
            Issued::Valid(claims)
        })
    }

    /// The claims of a token that we issued, at whatever time.
    fn claims_of(&self, token: &str) -> Result<Claims, TokenError> {
        let invalid = |_| TokenError::Invalid;
        let header = decode_header(token).map_err(invalid)?;
        // The key is selected by its `kid` only: a key inside the token is never used.
        let kid = header.kid.ok_or(TokenError::Invalid)?;
        let key = self.keys.verifying(&kid).ok_or(TokenError::Invalid)?;
        let claims = decode::<Claims>(token, &key, &self.validation).map_err(invalid)?;
        let claims = claims.claims;
        // No server of ours issues a longer lifetime.
        if claims.exp - claims.iat > LIFE_S {
            return Err(TokenError::Invalid);
        }
        Ok(claims)
    }
}
