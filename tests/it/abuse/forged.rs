//! Access tokens that must be refused: forged, outside their validity, or for another audience.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use e2e::SIGNING_KEYS;
use ed25519_dalek::{Signer as _, SigningKey};
use hmac::{Hmac, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

/// A token, what is wrong with it, and the code of its refusal.
#[derive(Clone, Debug)]
pub(crate) struct Forged {
    pub(crate) what: &'static str,
    pub(crate) token: String,
    pub(crate) code: &'static str,
}

/// A part of the key with which the origin signs in these tests. The tests sign with it too, so
/// that they can make tokens that are valid but for one thing.
fn part_of_ours(part: &str) -> String {
    let keys: Value = serde_json::from_str(SIGNING_KEYS).unwrap();
    keys["keys"][0][part].as_str().unwrap().to_owned()
}

fn ours() -> SigningKey {
    let bytes = |part| URL_SAFE_NO_PAD.decode(part_of_ours(part)).unwrap();
    let private = SigningKey::from_bytes(&bytes("d").try_into().unwrap());
    assert_eq!(private.verifying_key().as_bytes()[..], bytes("x"));
    private
}

fn encoded(part: &Value) -> String {
    URL_SAFE_NO_PAD.encode(part.to_string())
}

fn header() -> Value {
    json!({"typ": "JWT", "alg": "EdDSA", "kid": part_of_ours("kid")})
}

fn signed(header: &Value, claims: &Value, key: &SigningKey) -> String {
    let message = format!("{}.{}", encoded(header), encoded(claims));
    let signature = key.sign(message.as_bytes()).to_bytes();
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn hs256(header: &Value, claims: &Value, secret: &[u8]) -> String {
    let message = format!("{}.{}", encoded(header), encoded(claims));
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).unwrap();
    mac.update(message.as_bytes());
    let signature = mac.finalize().into_bytes();
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// The claims of a token.
pub(crate) fn claims(token: &str) -> Value {
    let part = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// A token signed as the origin signs it. It must be accepted, which proves that the others are
/// refused for the right reason.
pub(crate) fn well_made(claims: &Value) -> String {
    signed(&header(), claims, &ours())
}

/// The same token, but it has expired.
pub(crate) fn expired(token: &str) -> String {
    let claims = claims(token);
    let issued = claims["iat"].as_i64().unwrap() - 3_600;
    let old = with(
        &with(&claims, "iat", json!(issued)),
        "exp",
        json!(issued + 900),
    );
    signed(&header(), &old, &ours())
}

fn with(of: &Value, name: &str, value: Value) -> Value {
    let mut changed = of.clone();
    changed[name] = value;
    changed
}

fn without(of: &Value, name: &str) -> Value {
    let mut changed = of.clone();
    changed.as_object_mut().unwrap().shift_remove(name);
    changed
}

/// Tokens that each differ from a valid one in a single thing.
#[expect(clippy::too_many_lines, reason = "a table")]
pub(crate) fn all(token: &str) -> Vec<Forged> {
    let (claims, ours) = (claims(token), ours());
    let other = SigningKey::from_bytes(&[7; 32]);
    let public = *ours.verifying_key().as_bytes();
    let public_text = URL_SAFE_NO_PAD.encode(public);
    let alg = |name: &str| with(&header(), "alg", json!(name));
    let now = claims["iat"].as_i64().unwrap();
    let claim = |name: &str, value: Value| signed(&header(), &with(&claims, name, value), &ours);
    let spki = [
        &[0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0][..],
        &public,
    ]
    .concat();
    let message = token.rsplit_once('.').unwrap().0;
    let none = |name: &str| format!("{}.{}.", encoded(&alg(name)), encoded(&claims));
    let jwk = json!({"kty": "OKP", "crv": "Ed25519",
        "x": URL_SAFE_NO_PAD.encode(other.verifying_key().as_bytes())});
    let moved = |part: usize| {
        let mut parts: Vec<_> = token.split('.').map(str::to_owned).collect();
        let flipped = if parts[part].starts_with('A') {
            "B"
        } else {
            "A"
        };
        parts[part].replace_range(..1, flipped);
        parts.join(".")
    };
    let (day, hour) = (24 * 3_600, 3_600);
    let old = with(
        &with(&claims, "iat", json!(now - day)),
        "exp",
        json!(now - day + 900),
    );
    let later = with(
        &with(&claims, "iat", json!(now + hour)),
        "exp",
        json!(now + hour + 900),
    );
    let invalid = vec![
        ("alg none", none("none")),
        ("alg None", none("None")),
        (
            "alg none, signed all the same",
            signed(&alg("none"), &claims, &ours),
        ),
        ("no alg", signed(&without(&header(), "alg"), &claims, &ours)),
        (
            "alg ES256 over our signature",
            signed(&alg("ES256"), &claims, &ours),
        ),
        (
            "HS256 with the public key's bytes",
            hs256(&alg("HS256"), &claims, &public),
        ),
        (
            "HS256 with the public key's text",
            hs256(&alg("HS256"), &claims, public_text.as_bytes()),
        ),
        (
            "HS256 with the public key's DER",
            hs256(&alg("HS256"), &claims, &spki),
        ),
        ("HS256 that says EdDSA", hs256(&header(), &claims, &public)),
        (
            "HS256 with an empty secret",
            hs256(&alg("HS256"), &claims, b""),
        ),
        (
            "another key under our name",
            signed(&header(), &claims, &other),
        ),
        (
            "an unknown kid",
            signed(&with(&header(), "kid", json!("theirs")), &claims, &ours),
        ),
        (
            "a path as kid",
            signed(
                &with(&header(), "kid", json!("../../dev/null")),
                &claims,
                &ours,
            ),
        ),
        ("no kid", signed(&without(&header(), "kid"), &claims, &ours)),
        (
            "a key that it brings",
            signed(&with(&header(), "jwk", jwk), &claims, &other),
        ),
        (
            "a critical extension",
            signed(&with(&header(), "crit", json!(["x"])), &claims, &other),
        ),
        ("another audience", claim("aud", json!("somebody-else"))),
        (
            "no audience",
            signed(&header(), &without(&claims, "aud"), &ours),
        ),
        (
            "another issuer",
            claim("iss", json!("https://issuer.example")),
        ),
        (
            "no issuer",
            signed(&header(), &without(&claims, "iss"), &ours),
        ),
        ("no end", signed(&header(), &without(&claims, "exp"), &ours)),
        (
            "an end in a hundred years",
            claim("exp", json!(now + 36_525 * day)),
        ),
        ("an end that is text", claim("exp", json!("never"))),
        ("nobody", claim("uid", json!("nobody"))),
        ("a changed signature", moved(2)),
        ("changed claims", moved(1)),
        ("a changed header", moved(0)),
        ("no signature", format!("{message}.")),
        ("half a signature", token[..token.len() - 43].to_owned()),
        (
            "claims that are an array",
            signed(&header(), &json!([claims]), &ours),
        ),
        ("only dots", "..".to_owned()),
        (
            "10 KB of claims",
            signed(
                &header(),
                &with(&claims, "email", json!("x".repeat(10_000))),
                &other,
            ),
        ),
    ];
    let mut all: Vec<_> = invalid
        .into_iter()
        .map(|(what, token)| Forged {
            what,
            token,
            code: "TOKEN_INVALID",
        })
        .collect();
    all.push(Forged {
        what: "expired a day ago",
        token: signed(&header(), &old, &ours),
        code: "TOKEN_EXPIRED",
    });
    all.push(Forged {
        what: "of an hour from now",
        token: signed(&header(), &later, &ours),
        code: "TOKEN_INVALID",
    });
    for (what, token) in [
        ("two of three parts", message.to_owned()),
        ("four parts", format!("{token}.AAAA")),
        ("one letter", "x".to_owned()),
        ("SQL", "' OR 1=1 --".to_owned()),
    ] {
        all.push(Forged {
            what,
            token,
            code: "TOKEN_INVALID",
        });
    }
    all
}
