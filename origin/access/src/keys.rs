//! The Ed25519 keys of access tokens; several can be active at once, so that keys can be rotated.
//!
//! Rotation: append the new key (every server now verifies with it), move it to the front (it now
//! signs), and remove the old key once the last token it signed has expired.

mod ed25519;
mod reading;

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::{SigningKey, VerifyingKey};
use jsonwebtoken::{DecodingKey, EncodingKey};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

pub use reading::KeysError;

/// One key of the set.
#[derive(Clone)]
struct Key {
    /// The key's RFC 7638 thumbprint, or the `kid` of its JWK.
    kid: String,
    public: VerifyingKey,
    /// The private key; without it the key only verifies.
    private: Option<SigningKey>,
}

/// All keys of access tokens. The first private key signs; there is at least one private key.
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
    /// Parses PEM blocks (PKCS#8, or SPKI for a key that only verifies) or a JWK set.
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

    /// Generates a random key that lasts as long as the process.
    pub fn for_development() -> Self {
        ed25519::install();
        let private = SigningKey::from_bytes(&super::random::bytes());
        Self {
            keys: vec![Key::of(private)],
        }
    }

    /// The public keys as a JWK set, served at `/.well-known/jwks.json`.
    pub fn jwks(&self) -> Value {
        let keys = self.keys.iter().map(|key| {
            json!({"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": key.kid,
                "x": URL_SAFE_NO_PAD.encode(key.public.as_bytes())})
        });
        json!({"keys": keys.collect::<Vec<_>>()})
    }

    /// The `kid` of the signing key, and the key as `jsonwebtoken` takes it.
    pub fn signing(&self) -> Option<(&str, EncodingKey)> {
        let signing = |key: &'_ Key| key.private.clone();
        let (key, private) = self
            .keys
            .iter()
            .find_map(|key| Some((key, signing(key)?)))?;
        Some((&key.kid, ed25519::encoding_key(&private)))
    }

    /// The `kid` of the signing key, and the key itself.
    pub fn signing_key(&self) -> Option<(&str, &SigningKey)> {
        let signs = |key: &'_ Key| key.private.is_some();
        let key = self.keys.iter().find(|key| signs(key))?;
        Some((&key.kid, key.private.as_ref()?))
    }

    /// All public keys, each with its `kid`.
    pub fn public_keys(&self) -> impl Iterator<Item = (&str, &VerifyingKey)> {
        self.keys.iter().map(|key| (key.kid.as_str(), &key.public))
    }

    /// This set followed by another one, as in the middle of a rotation.
    #[cfg(test)]
    #[must_use]
    pub fn followed_by(&self, other: &Self) -> Self {
        Self {
            keys: [self.keys.clone(), other.keys.clone()].concat(),
        }
    }

    /// Derives a secret for one purpose; all servers with the same first private key derive the
    /// same.
    pub fn derived_secret(&self, purpose: &str) -> [u8; 32] {
        let private = self.keys.iter().find_map(|key| key.private.as_ref());
        derived(purpose, private)
    }

    /// The secrets of every private key, in their order: what was signed under a key that no longer
    /// signs is still known as long as the key is kept.
    pub fn derived_secrets(&self, purpose: &str) -> Vec<[u8; 32]> {
        let private = self.keys.iter().filter_map(|key| key.private.as_ref());
        private.map(|key| derived(purpose, Some(key))).collect()
    }

    /// The verification key with this `kid`.
    pub fn verifying(&self, kid: &str) -> Option<DecodingKey> {
        let key = self.keys.iter().find(|key| key.kid == kid)?;
        Some(DecodingKey::from_ed_der(key.public.as_bytes()))
    }
}

fn derived(purpose: &str, private: Option<&SigningKey>) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(purpose.as_bytes());
    hasher.update([0]);
    if let Some(private) = private {
        hasher.update(private.as_bytes());
    }
    hasher.finalize().into()
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

/// The thumbprint of RFC 7638 and RFC 8037: the hash of the members that define the key, in this
/// order.
fn thumbprint(public: &VerifyingKey) -> String {
    let x = URL_SAFE_NO_PAD.encode(public.as_bytes());
    let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
    URL_SAFE_NO_PAD.encode(Sha256::digest(members))
}
