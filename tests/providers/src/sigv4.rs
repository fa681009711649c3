//! Signature Version 4, computed again from a request
//! (docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html).

use axum::http::HeaderMap;
use chrono::NaiveDateTime;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

use crate::state::Secrets;

const WINDOW_S: i64 = 15 * 60;

/// The type of the error that AWS answers with.
pub(crate) fn verify(
    secrets: &Secrets,
    path: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<(), &'static str> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let authorization = header("authorization").ok_or("MissingAuthenticationTokenException")?;
    let incomplete = "IncompleteSignatureException";
    let parts = authorization
        .strip_prefix("AWS4-HMAC-SHA256 ")
        .ok_or(incomplete)?;
    let part = |name: &str| {
        let mut parts = parts.split(',').map(str::trim);
        parts
            .find_map(|part| part.strip_prefix(name)?.strip_prefix('='))
            .ok_or(incomplete)
    };
    let (credential, names, given) = (
        part("Credential")?,
        part("SignedHeaders")?,
        part("Signature")?,
    );
    let (access_key, scope) = credential.split_once('/').ok_or(incomplete)?;
    if access_key != secrets.ses_access_key {
        return Err("UnrecognizedClientException");
    }
    let at = header("x-amz-date").ok_or(incomplete)?;
    let time = NaiveDateTime::parse_from_str(at, "%Y%m%dT%H%M%SZ").map_err(|_| incomplete)?;
    if (chrono::Utc::now().naive_utc() - time).num_seconds().abs() > WINDOW_S {
        return Err("RequestExpired");
    }
    let date = at.get(..8).ok_or(incomplete)?;
    if scope != format!("{date}/{}/ses/aws4_request", secrets.ses_region) {
        return Err("SignatureDoesNotMatch");
    }
    let signed: Vec<_> = names.split(';').collect();
    if !signed.contains(&"host") || !signed.contains(&"x-amz-date") {
        return Err(incomplete);
    }
    let mut canonical = format!("POST\n{path}\n\n");
    for name in signed {
        let value = header(name).ok_or("SignatureDoesNotMatch")?;
        let words: Vec<_> = value.split_whitespace().collect();
        canonical.extend([name, ":", &words.join(" "), "\n"]);
    }
    canonical.extend(["\n", names, "\n", &hex::encode(Sha256::digest(body))]);
    let digest = hex::encode(Sha256::digest(canonical));
    let text = format!("AWS4-HMAC-SHA256\n{at}\n{scope}\n{digest}");
    let mut key = format!("AWS4{}", secrets.ses_secret_key).into_bytes();
    for part in [date, &secrets.ses_region, "ses", "aws4_request"] {
        key = mac(&key, part);
    }
    if hex::encode(mac(&key, &text)) == given {
        Ok(())
    } else {
        Err("SignatureDoesNotMatch")
    }
}

#[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of every length");
    mac.chain_update(text).finalize().into_bytes().to_vec()
}
