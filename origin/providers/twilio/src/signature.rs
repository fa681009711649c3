//! `X-Twilio-Signature` (twilio.com/docs/usage/webhooks/webhooks-security).

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use url::Url;

/// Base64 of HMAC-SHA1 over the URL and the form's fields, sorted by name, names and values
/// without anything between them. A field that repeats counts each of its values once, sorted.
pub fn signature(token: &[u8], url: &str, form: &[(String, String)]) -> String {
    STANDARD.encode(mac(token, url, form).finalize().into_bytes())
}

fn mac(token: &[u8], url: &str, form: &[(String, String)]) -> Hmac<Sha1> {
    let mut fields: Vec<_> = form.iter().collect();
    fields.sort_unstable();
    fields.dedup();
    let mut mac = keyed(token);
    mac.update(url.as_bytes());
    for (name, value) in fields {
        mac.update(name.as_bytes());
        mac.update(value.as_bytes());
    }
    mac
}

#[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
fn keyed(token: &[u8]) -> Hmac<Sha1> {
    Hmac::new_from_slice(token).expect("HMAC takes keys of every length")
}

/// Whether a signature is right for the URL with its port, without it, or with the scheme's own:
/// Twilio signs one or the other. The comparison takes constant time.
pub(crate) fn is_signed(token: &[u8], given: &str, url: &Url, form: &[(String, String)]) -> bool {
    let Ok(given) = STANDARD.decode(given) else {
        return false;
    };
    spellings(url)
        .iter()
        .any(|url| mac(token, url, form).verify_slice(&given).is_ok())
}

fn spellings(url: &Url) -> Vec<String> {
    let mut spellings = vec![url.as_str().to_owned()];
    if url.port().is_some() {
        let mut without = url.clone();
        if without.set_port(None).is_ok() {
            spellings.push(without.into());
        }
    } else if let (Some(port), Some(host)) = (url.port_or_known_default(), url.host_str()) {
        let start = format!("{}://{host}", url.scheme());
        if let Some(rest) = url.as_str().strip_prefix(&start) {
            spellings.push(format!("{start}:{port}{rest}"));
        }
    }
    spellings
}

/// Whether the body is the one whose SHA-256 the signed URL names. Without that, a signature of a
/// body that is no form covers the URL alone.
pub(crate) fn is_named(url: &Url, body: &[u8]) -> bool {
    let Some((_, named)) = url.query_pairs().find(|(name, _)| name == "bodySHA256") else {
        return false;
    };
    let digest = hex::encode(Sha256::digest(body));
    bool::from(
        digest
            .as_bytes()
            .ct_eq(named.to_ascii_lowercase().as_bytes()),
    )
}
