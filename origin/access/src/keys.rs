//! The keys of access tokens: Ed25519, several at a time so that they can be rotated.
//!
//! To rotate: put the new key behind the old one (everybody learns to verify it), then before it
//! (it signs), then take the old one away when its last token has expired.

mod ed25519;
mod reading;

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::{SigningKey, VerifyingKey};
use jsonwebtoken::{DecodingKey, EncodingKey};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

pub use reading::KeysError;

/// One key.
#[derive(Clone)]
struct Key {
    /// Its thumbprint (RFC 7638), or the name that its JWK gave it.
    kid: String,
    public: VerifyingKey,
    /// Without it the key only verifies.
    private: Option<SigningKey>,
}

/// All keys, the one that signs first among the private ones. There is one such at least.
#[derive(Clone)]
pub struct KeySet {
    keys: Vec<Key>,
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.keys.iter().map(|key| &key.kid))
            .finish()
    }
}

impl KeySet {
    /// Reads PEM blocks (PKCS#8, or SPKI for a key that only verifies) or a JWK set.
    pub fn parse(text: &str) -> Result<Self, KeysError> {
        ed25519::install();
        let keys = reading::read(text)?;
        if keys.iter().all(|key| key.private.is_none()) {
            return Err(KeysError::NoneSigns);
        }
        for (number, key) in keys.iter().enumerate() {
            if keys[..number].iter().any(|other| other.kid == key.kid) {
                return Err(KeysError::SameName);
            }
        }
        Ok(Self { keys })
    }

    /// One that was made up, and dies with the process.
    pub fn for_development() -> Self {
        ed25519::install();
        let private = SigningKey::from_bytes(&super::random::bytes());
        Self {
            keys: vec![Key::of(private)],
        }
    }

    /// What verifies and nothing more, for everybody: `/.well-known/jwks.json`.
    pub fn jwks(&self) -> Value {
        let keys = self.keys.iter().map(|key| {
            json!({"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": key.kid,
                "x": URL_SAFE_NO_PAD.encode(key.public.as_bytes())})
        });
        json!({"keys": keys.collect::<Vec<_>>()})
    }

    /// The name of the key that signs, and the key.
    pub fn signing(&self) -> Option<(&str, EncodingKey)> {
        let signing = |key: &'_ Key| key.private.clone();
        let (key, private) = self
            .keys
            .iter()
            .find_map(|key| Some((key, signing(key)?)))?;
        Some((&key.kid, ed25519::encoding_key(&private)))
    }

    /// The name of the key that signs, and the key itself.
    pub fn signing_key(&self) -> Option<(&str, &SigningKey)> {
        let signs = |key: &'_ Key| key.private.is_some();
        let key = self.keys.iter().find(|key| signs(key))?;
        Some((&key.kid, key.private.as_ref()?))
    }

    /// All keys that verify, by name.
    pub fn public_keys(&self) -> impl Iterator<Item = (&str, &VerifyingKey)> {
        self.keys.iter().map(|key| (key.kid.as_str(), &key.public))
    }

    /// These keys, and behind them those of another set: as in the middle of a rotation.
    #[cfg(test)]
    #[must_use]
    pub fn followed_by(&self, other: &Self) -> Self {
        Self {
            keys: [self.keys.clone(), other.keys.clone()].concat(),
        }
    }

    /// A secret that all servers whose first private key this is share, for one purpose.
    pub fn derived_secret(&self, purpose: &str) -> [u8; 32] {
        let private = self.keys.iter().find_map(|key| key.private.as_ref());
        let mut hasher = Sha256::new();
        hasher.update(purpose.as_bytes());
        hasher.update([0]);
        if let Some(private) = private {
            hasher.update(private.as_bytes());
        }
        hasher.finalize().into()
    }

    /// The key of this name.
    pub fn verifying(&self, kid: &str) -> Option<DecodingKey> {
        let key = self.keys.iter().find(|key| key.kid == kid)?;
        Some(DecodingKey::from_ed_der(key.public.as_bytes()))
    }
}

impl Key {
    fn of(private: SigningKey) -> Self {
        let public = private.verifying_key();
        Self {
            kid: thumbprint(&public),
            public,
            private: Some(private),
        }
    }

    fn verifying_only(public: VerifyingKey) -> Self {
        Self {
            kid: thumbprint(&public),
            public,
            private: None,
        }
    }
}

/// RFC 7638 and RFC 8037: the members that define the key, in this order.
fn thumbprint(public: &VerifyingKey) -> String {
    let x = URL_SAFE_NO_PAD.encode(public.as_bytes());
    let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
    URL_SAFE_NO_PAD.encode(Sha256::digest(members))
}
