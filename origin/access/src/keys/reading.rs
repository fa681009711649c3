//! Parses keys in the formats in which operators configure them.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::{
    SigningKey, VerifyingKey,
    pkcs8::{DecodePrivateKey as _, DecodePublicKey as _},
};
use serde::Deserialize;

use super::Key;

/// Why the configured keys are rejected. Never contains key material.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeysError {
    #[error("is neither PEM nor a JWK set")]
    NotKeys,
    #[error("has a key that is not Ed25519")]
    NotEd25519,
    #[error("has a private key that does not belong to its public key")]
    NotAPair,
    #[error("has no private key, which is needed to sign")]
    NoneSigns,
    #[error("has two keys with the same `kid`")]
    SameName,
}

const END: &str = "-----END ";

pub(super) fn read(text: &str) -> Result<Vec<Key>, KeysError> {
    // A one-line environment variable may contain `\n` as two characters instead of a line break.
    let text = text.trim().replace("\\n", "\n");
    if text.starts_with('{') {
        jwk_set(&text)
    } else if text.starts_with("-----BEGIN ") {
        blocks(&text).map(pem).collect()
    } else {
        Err(KeysError::NotKeys)
    }
}

/// Splits concatenated PEM blocks.
fn blocks(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let start = rest.find("-----BEGIN ")?;
        let end = rest.find(END)?;
        let line_end = rest[end..].find('\n').map_or(rest.len(), |at| end + at + 1);
        let block = rest.get(start..line_end)?;
        rest = &rest[line_end..];
        Some(block)
    })
}

fn pem(block: &str) -> Result<Key, KeysError> {
    if let Ok(private) = SigningKey::from_pkcs8_pem(block) {
        return Ok(Key::of(private));
    }
    VerifyingKey::from_public_key_pem(block)
        .map(Key::verifying_only)
        .map_err(|_| KeysError::NotEd25519)
}

#[derive(Deserialize)]
struct JwkSet {
    keys: Vec<Jwk>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    crv: Option<String>,
    kid: Option<String>,
    x: Option<String>,
    d: Option<String>,
}

fn jwk_set(text: &str) -> Result<Vec<Key>, KeysError> {
    let set: JwkSet = serde_json::from_str(text).map_err(|_| KeysError::NotKeys)?;
    set.keys.iter().map(jwk).collect()
}

fn jwk(jwk: &Jwk) -> Result<Key, KeysError> {
    if jwk.kty != "OKP" || jwk.crv.as_deref() != Some("Ed25519") {
        return Err(KeysError::NotEd25519);
    }
    let bytes = |text: &str| -> Result<[u8; 32], KeysError> {
        let bytes = URL_SAFE_NO_PAD.decode(text);
        let bytes = bytes.map_err(|_| KeysError::NotEd25519)?;
        bytes.try_into().map_err(|_| KeysError::NotEd25519)
    };
    let x = jwk.x.as_deref().ok_or(KeysError::NotEd25519)?;
    let public = VerifyingKey::from_bytes(&bytes(x)?).map_err(|_| KeysError::NotEd25519)?;
    let mut key = match &jwk.d {
        None => Key::verifying_only(public),
        Some(d) => Key::of(SigningKey::from_bytes(&bytes(d)?)),
    };
    if key.public != public {
        return Err(KeysError::NotAPair);
    }
    if let Some(kid) = &jwk.kid {
        key.kid.clone_from(kid);
    }
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::KeySet;

    /// The key pair of RFC 8037, appendix A; `kid` is its thumbprint.
    const KEY_PAIR: &str = include_str!("../../../../tests/fixtures/rfc8037.json");
    const OTHER_X: &str = "PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw";

    fn part(name: &str) -> String {
        let keys: serde_json::Value = serde_json::from_str(KEY_PAIR).unwrap();
        keys["keys"][0][name].as_str().unwrap().to_owned()
    }

    fn names(text: &str) -> Result<String, KeysError> {
        KeySet::parse(text).map(|keys| format!("{keys:?}"))
    }

    #[test]
    fn a_jwk_set_is_read() {
        let set = |keys: &str| format!(r#"{{"keys": [{keys}]}}"#);
        let (d, x, kid) = (part("d"), part("x"), part("kid"));
        let private = format!(r#"{{"kty":"OKP","crv":"Ed25519","d":"{d}","x":"{x}"}}"#);
        let named = format!(r#"{{"kty":"OKP","crv":"Ed25519","kid":"old","x":"{OTHER_X}"}}"#);
        let both = names(&set(&format!("{private},{named}")));
        assert_eq!(both, Ok(format!(r#"["{kid}", "old"]"#)));
        let table = [
            ("{}".to_owned(), KeysError::NotKeys),
            (set(""), KeysError::NoneSigns),
            (set(&named), KeysError::NoneSigns),
            (set(&format!("{private},{private}")), KeysError::SameName),
            (set(&private.replace(&x, OTHER_X)), KeysError::NotAPair),
            (
                set(r#"{"kty":"RSA","n":"x","e":"AQAB"}"#),
                KeysError::NotEd25519,
            ),
            (set(&private.replace(&d, "AA")), KeysError::NotEd25519),
        ];
        for (text, why) in table {
            assert_eq!(names(&text), Err(why), "{text}");
        }
    }

    #[test]
    fn pem_blocks_are_read_on_lines_or_on_one() {
        use base64::engine::general_purpose::STANDARD;
        let seed = URL_SAFE_NO_PAD.decode(part("d")).unwrap();
        // The DER prefixes of RFC 8410 for a private and for a public key.
        let pkcs8 = [
            hex::decode("302e020100300506032b657004220420").unwrap(),
            seed,
        ]
        .concat();
        let public = URL_SAFE_NO_PAD.decode(OTHER_X).unwrap();
        let spki = [hex::decode("302a300506032b6570032100").unwrap(), public].concat();
        let block = |label: &str, der: &[u8]| {
            let body = STANDARD.encode(der);
            format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
        };
        let text = block("PRIVATE KEY", &pkcs8) + &block("PUBLIC KEY", &spki);
        let found = names(&text).unwrap();
        assert!(
            found.starts_with(&format!(r#"["{}", ""#, part("kid"))),
            "{found}"
        );
        assert_eq!(names(&text.replace('\n', "\\n")), Ok(found));
        assert_eq!(
            names(&block("PUBLIC KEY", &spki)),
            Err(KeysError::NoneSigns)
        );
        assert_eq!(
            names(&block("PRIVATE KEY", b"x")),
            Err(KeysError::NotEd25519)
        );
    }

    #[test]
    fn no_private_part_is_published_or_printed() {
        let keys = KeySet::parse(KEY_PAIR).unwrap();
        let (published, private) = (keys.jwks().to_string(), part("d"));
        assert!(
            published.contains(&part("x")) && !published.contains(&private),
            "{published}"
        );
        assert!(!published.contains("\"d\""), "{published}");
        assert!(!format!("{keys:?}").contains(&private));
    }
}
