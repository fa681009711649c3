use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::users::account::{Identity, PasswordHash, Preferences, Status};
use hmac::{Hmac, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

use super::*;

const NOW_MS: i64 = 1_800_000_000_500;
const NOW_S: i64 = 1_800_000_000;

fn tokens(keys: &KeySet) -> AccessTokens {
    AccessTokens::new(&TokensConfig {
        keys: keys.clone(),
        issuer: "yousoon".into(),
        audience: "yousoon-api".into(),
    })
}

fn account() -> Account {
    Account {
        id: UserId::derive("user", "a"),
        email: "a@example.fr".into(),
        email_verified_at_ms: None,
        phone: None,
        phone_verified_at_ms: None,
        first_name: "Ana".into(),
        last_name: "Petit".into(),
        avatar: None,
        preferences: Preferences::default(),
        identity: Identity::default(),
        role: Role::Partner,
        memberships: None.into(),
        status: Status::Active,
        password: PasswordHash::new("x"),
        epoch: 3,
        created_at_ms: 0,
        updated_at_ms: 0,
    }
}

fn issue(tokens: &AccessTokens) -> String {
    let session = SessionId::new("5e55");
    tokens.issue(&account(), &session, NOW_MS).unwrap()
}

/// Whether a token of ours is valid, or has expired.
fn is_valid(tokens: &AccessTokens, token: &str, now_ms: i64) -> Result<bool, TokenError> {
    tokens.verify(token, now_ms).map(|issued| match issued {
        Issued::Valid(_) => true,
        Issued::Expired(_) => false,
    })
}

fn part(token: &str, number: usize) -> Value {
    let text = token.split('.').nth(number).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap()
}

/// Signs a token of these parts with the set's own key, so that only the changed part can be wrong.
fn signed(tokens: &AccessTokens, header: &Value, claims: &Value) -> String {
    let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    let message = format!("{}.{}", encode(header), encode(claims));
    let (_, key) = tokens.keys.signing().unwrap();
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::EdDSA);
    format!("{message}.{}", signature.unwrap())
}

#[test]
fn a_token_says_who_and_for_how_long() {
    let tokens = tokens(&KeySet::for_development());
    let token = issue(&tokens);
    let header = part(&token, 0);
    let kid = &tokens.keys().jwks()["keys"][0]["kid"];
    assert_eq!(header, json!({"typ": "JWT", "alg": "EdDSA", "kid": kid}));
    let mut claims = part(&token, 1);
    let jti = claims.as_object_mut().unwrap().remove("jti").unwrap();
    assert_eq!(jti.as_str().unwrap().len(), 32);
    let expected = json!({
        "uid": account().id, "email": "a@example.fr", "role": "partner", "is_partner": true,
        "sid": "5e55", "epoch": 3, "iss": "yousoon", "aud": "yousoon-api", "exp": NOW_S + 900, "iat": NOW_S,
    });
    assert_eq!(claims, expected);
    let Ok(Issued::Valid(read)) = tokens.verify(&token, NOW_MS) else {
        panic!("it is valid");
    };
    assert_eq!((read.uid, read.role), (account().id, Role::Partner));
    assert_eq!((read.sid, read.epoch), (SessionId::new("5e55"), 3));
}

#[test]
fn a_token_is_taken_in_its_time_only() {
    let tokens = tokens(&KeySet::for_development());
    let token = issue(&tokens);
    let at = |seconds: i64| is_valid(&tokens, &token, (NOW_S + seconds) * 1_000);
    assert_eq!(at(0), Ok(true));
    assert_eq!(at(LIFE_S - 1), Ok(true));
    assert_eq!(at(LIFE_S), Ok(false));
    assert_eq!(at(-AHEAD_S), Ok(true));
    assert_eq!(at(-AHEAD_S - 1), Err(TokenError::NotYet));
}

#[test]
fn what_is_changed_in_a_token_is_refused_though_it_is_well_signed() {
    let tokens = tokens(&KeySet::for_development());
    let token = issue(&tokens);
    let (header, claims) = (part(&token, 0), part(&token, 1));
    let verify = |header: &Value, claims: &Value| {
        let token = signed(&tokens, header, claims);
        is_valid(&tokens, &token, NOW_MS)
    };
    assert_eq!(
        verify(&header, &claims),
        Ok(true),
        "the tool of this test works"
    );
    let table = [
        ("aud", json!("another"), TokenError::Invalid),
        ("aud", Value::Null, TokenError::Invalid),
        ("iss", json!("another"), TokenError::Invalid),
        ("iss", Value::Null, TokenError::Invalid),
        ("exp", json!("9999999999"), TokenError::Invalid),
        ("exp", Value::Null, TokenError::Invalid),
        // A longer lifetime than any server of ours issues.
        ("exp", json!(NOW_S + 901), TokenError::Invalid),
        ("iat", json!(NOW_S + 6), TokenError::NotYet),
        ("nbf", json!(NOW_S + 6), TokenError::NotYet),
        ("nbf", json!("soon"), TokenError::Invalid),
        ("role", json!("root"), TokenError::Invalid),
        ("uid", json!("x"), TokenError::Invalid),
    ];
    for (claim, value, why) in table {
        let mut changed = claims.clone();
        if value.is_null() {
            changed.as_object_mut().unwrap().remove(claim);
        } else {
            changed[claim] = value.clone();
        }
        assert_eq!(verify(&header, &changed), Err(why), "{claim} {value}");
    }
}

#[test]
fn other_algorithms_and_other_keys_are_refused() {
    let tokens = tokens(&KeySet::for_development());
    let token = issue(&tokens);
    let (header, claims) = (part(&token, 0), part(&token, 1));
    let verify = |token: &str| is_valid(&tokens, token, NOW_MS);
    let mut forged = Vec::new();
    for (name, value) in [
        ("alg", json!("none")),
        ("alg", json!("None")),
        ("alg", json!("HS256")),
        ("alg", json!("RS256")),
        ("alg", json!("ES256")),
        ("alg", Value::Null),
        ("kid", json!("another")),
        ("kid", Value::Null),
    ] {
        let mut header = header.clone();
        if value.is_null() {
            header.as_object_mut().unwrap().remove(name);
        } else {
            header[name] = value;
        }
        forged.push(signed(&tokens, &header, &claims));
    }
    // A token without a signature, and an HMAC with the public key as its secret.
    let none = URL_SAFE_NO_PAD.encode(json!({"alg": "none", "typ": "JWT"}).to_string());
    let body = token.split('.').nth(1).unwrap();
    forged.push(format!("{none}.{body}."));
    let mut hs256 = header.clone();
    hs256["alg"] = json!("HS256");
    let message = format!("{}.{body}", URL_SAFE_NO_PAD.encode(hs256.to_string()));
    let x = tokens.keys().jwks()["keys"][0]["x"]
        .as_str()
        .unwrap()
        .to_owned();
    for secret in [x.clone().into_bytes(), URL_SAFE_NO_PAD.decode(x).unwrap()] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&secret).unwrap();
        mac.update(message.as_bytes());
        let signature = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
        forged.push(format!("{message}.{signature}"));
    }
    // A key of the attacker's own, with our `kid`, embedded in the token.
    let strangers = self::tokens(&KeySet::for_development());
    let mut brought = header.clone();
    brought["jwk"] = strangers.keys().jwks()["keys"][0].clone();
    forged.push(signed(&strangers, &header, &claims));
    forged.push(signed(&strangers, &brought, &claims));
    // Another payload under the same signature, and truncated tokens.
    let (message, signature) = token.rsplit_once('.').unwrap();
    let mut admin = claims.clone();
    admin["role"] = json!("admin");
    let admin = URL_SAFE_NO_PAD.encode(admin.to_string());
    let head = message.split('.').next().unwrap();
    forged.push(format!("{head}.{admin}.{signature}"));
    for piece in [
        "",
        ".",
        "..",
        message,
        &token[..token.len() - 2],
        &format!("{token}.x"),
    ] {
        forged.push(piece.to_owned());
    }
    for forged in forged {
        assert_eq!(verify(&forged), Err(TokenError::Invalid), "{forged}");
    }
    assert_eq!(verify(&token), Ok(true));
}

#[test]
fn keys_are_rotated_with_overlap() {
    let jwk = |seed: u8, kid: &str| {
        let key = ed25519_dalek::SigningKey::from_bytes(&[seed; 32]);
        let (d, x) = (key.to_bytes(), key.verifying_key().to_bytes());
        json!({"kty": "OKP", "crv": "Ed25519", "kid": kid, "x": URL_SAFE_NO_PAD.encode(x),
            "d": URL_SAFE_NO_PAD.encode(d)})
    };
    let set = |keys: &[Value]| {
        let keys = KeySet::parse(&json!({"keys": keys}).to_string()).unwrap();
        tokens(&keys)
    };
    let (old, new) = (jwk(1, "old"), jwk(2, "new"));
    let before = set(std::slice::from_ref(&old));
    let prepared = set(&[old.clone(), new.clone()]);
    let rotated = set(&[new.clone(), old]);
    let after = set(&[new]);
    let of_old = issue(&prepared);
    assert_eq!(part(&of_old, 0)["kid"], "old");
    let of_new = issue(&rotated);
    assert_eq!(part(&of_new, 0)["kid"], "new");
    for (tokens, takes_old, takes_new) in [
        (before, true, false),
        (prepared, true, true),
        (rotated, true, true),
        (after, false, true),
    ] {
        assert_eq!(tokens.verify(&of_old, NOW_MS).is_ok(), takes_old);
        assert_eq!(tokens.verify(&of_new, NOW_MS).is_ok(), takes_new);
    }
}

#[test]
fn a_remembered_token_still_expires_and_a_changed_one_is_not_remembered() {
    let tokens = tokens(&KeySet::for_development());
    let token = issue(&tokens);
    assert_eq!(is_valid(&tokens, &token, NOW_MS), Ok(true));
    tokens.verified.run_pending_tasks();
    assert_eq!(tokens.verified.entry_count(), 1);
    let after = NOW_MS + LIFE_S * 1_000;
    assert_eq!(is_valid(&tokens, &token, after), Ok(false));
    let before = NOW_MS - 60_000;
    assert_eq!(is_valid(&tokens, &token, before), Err(TokenError::NotYet));

    let (message, signature) = token.rsplit_once('.').unwrap();
    let forged = format!("{message}.{}", signature.to_uppercase());
    assert_eq!(is_valid(&tokens, &forged, NOW_MS), Err(TokenError::Invalid));
    tokens.verified.run_pending_tasks();
    assert_eq!(tokens.verified.entry_count(), 1);
}
