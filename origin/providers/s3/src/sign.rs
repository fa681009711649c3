//! AWS Signature Version 4, for requests (in the `Authorization` header, over the whole body) and for
//! forms. See "Authenticating Requests (AWS Signature Version 4)" in Amazon's S3 API Reference.

use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use crate::config::Credentials;

pub(crate) const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// S3's name in signatures.
const SERVICE: &str = "s3";

/// Signs for one region, as one user.
#[derive(Clone, Debug)]
pub(crate) struct Signer {
    pub(crate) credentials: Credentials,
    pub(crate) region: String,
}

/// What is signed of a request.
pub(crate) struct Signed<'a> {
    pub(crate) method: &'a str,
    /// Encoded.
    pub(crate) path: &'a str,
    /// Not encoded, in any order.
    pub(crate) query: &'a [(&'a str, &'a str)],
    /// With the host, in lower case, in any order.
    pub(crate) headers: &'a [(&'a str, &'a str)],
    /// SHA-256 of the body, hexadecimal.
    pub(crate) body_hash: &'a str,
}

impl Signer {
    /// The value of the `Authorization` header.
    pub(crate) fn authorization(&self, request: &Signed<'_>, now: DateTime<Utc>) -> String {
        let mut headers = request.headers.to_vec();
        headers.sort_unstable();
        let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
        let names = names.join(";");
        let line = |(name, value): &(&str, &str)| format!("{name}:{}\n", value.trim());
        let lines = headers.iter().map(line).collect::<Vec<_>>().concat();
        let canonical = format!(
            "{}\n{}\n{}\n{lines}\n{names}\n{}",
            request.method,
            request.path,
            query(request.query),
            request.body_hash
        );
        let to_sign = format!(
            "{ALGORITHM}\n{}\n{}\n{}",
            timestamp(now),
            self.scope(now),
            hash(canonical.as_bytes())
        );
        format!(
            "{ALGORITHM} Credential={},SignedHeaders={names},Signature={}",
            self.credential(now),
            self.signature(&to_sign, now)
        )
    }

    pub(crate) fn credential(&self, now: DateTime<Utc>) -> String {
        format!("{}/{}", self.credentials.id(), self.scope(now))
    }

    fn scope(&self, now: DateTime<Utc>) -> String {
        format!(
            "{}/{}/{SERVICE}/aws4_request",
            now.format("%Y%m%d"),
            self.region
        )
    }

    /// Of a form, `to_sign` is its policy in Base64.
    pub(crate) fn signature(&self, to_sign: &str, now: DateTime<Utc>) -> String {
        let key =
            generate_signing_key(self.credentials.secret(), now.into(), &self.region, SERVICE);
        calculate_signature(key, to_sign.as_bytes())
    }
}

pub(crate) fn hash(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

pub(crate) fn timestamp(now: DateTime<Utc>) -> String {
    now.format("%Y%m%dT%H%M%SZ").to_string()
}

/// Sorted by the encoded names: the same text is sent and signed.
pub(crate) fn query(parameters: &[(&str, &str)]) -> String {
    let pair =
        |(name, value): &(&str, &str)| format!("{}={}", encoded(name, ""), encoded(value, ""));
    let mut pairs: Vec<String> = parameters.iter().map(pair).collect();
    pairs.sort_unstable();
    pairs.join("&")
}

/// Percent-encoded but for unreserved characters (RFC 3986, section 2.3) and `kept`.
pub(crate) fn encoded(text: &str, kept: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        let is_unreserved = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if is_unreserved || kept.as_bytes().contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.push_str(&hex::encode_upper([byte]));
        }
    }
    encoded
}

/// The examples of Amazon's S3 API Reference: "Signature Calculations for the Authorization Header:
/// Transferring Payload in a Single Chunk" and "Example: Browser-Based Upload using HTTP POST".
#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn signer() -> Signer {
        Signer {
            credentials: Credentials::new(
                "AKIAIOSFODNN7EXAMPLE",
                "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            ),
            region: "us-east-1".to_owned(),
        }
    }

    pub(crate) fn at(time: &str) -> DateTime<Utc> {
        time.parse().unwrap()
    }

    const HOST: (&str, &str) = ("host", "examplebucket.s3.amazonaws.com");
    const DATE: (&str, &str) = ("x-amz-date", "20130524T000000Z");

    #[track_caller]
    fn assert_signed(
        (method, path): (&str, &str),
        query: &[(&str, &str)],
        more_headers: &[(&str, &str)],
        body: &str,
        (names, signature): (&str, &str),
    ) {
        let body_hash = hash(body.as_bytes());
        let mut headers = vec![HOST, DATE, ("x-amz-content-sha256", body_hash.as_str())];
        headers.extend(more_headers);
        let request = Signed {
            method,
            path,
            query,
            headers: &headers,
            body_hash: &body_hash,
        };
        let authorization = signer().authorization(&request, at("2013-05-24T00:00:00Z"));
        let credential = "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request";
        let expected = format!(
            "AWS4-HMAC-SHA256 Credential={credential},SignedHeaders={names},Signature={signature}"
        );
        assert_eq!(authorization, expected);
    }

    #[test]
    fn amazons_examples_have_amazons_signatures() {
        assert_signed(
            ("GET", "/test.txt"),
            &[],
            &[("range", "bytes=0-9")],
            "",
            (
                "host;range;x-amz-content-sha256;x-amz-date",
                "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
            ),
        );
        assert_signed(
            ("PUT", &format!("/{}", encoded("test$file.text", "/"))),
            &[],
            &[
                ("date", "Fri, 24 May 2013 00:00:00 GMT"),
                ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
            ],
            "Welcome to Amazon S3.",
            (
                "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
                "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
            ),
        );
        assert_signed(
            ("GET", "/"),
            &[("prefix", "J"), ("max-keys", "2")],
            &[],
            "",
            (
                "host;x-amz-content-sha256;x-amz-date",
                "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
            ),
        );
    }

    #[test]
    fn amazons_form_has_amazons_signature() {
        // Its lines end with CR and LF.
        let policy = [
            r#"{ "expiration": "2015-12-30T12:00:00.000Z","#,
            r#"  "conditions": ["#,
            r#"    {"bucket": "sigv4examplebucket"},"#,
            r#"    ["starts-with", "$key", "user/user1/"],"#,
            r#"    {"acl": "public-read"},"#,
            r#"    {"success_action_redirect": "http://sigv4examplebucket.s3.amazonaws.com/successful_upload.html"},"#,
            r#"    ["starts-with", "$Content-Type", "image/"],"#,
            r#"    {"x-amz-meta-uuid": "14365123651274"},"#,
            r#"    {"x-amz-server-side-encryption": "AES256"},"#,
            r#"    ["starts-with", "$x-amz-meta-tag", ""],"#,
            "",
            r#"    {"x-amz-credential": "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request"},"#,
            r#"    {"x-amz-algorithm": "AWS4-HMAC-SHA256"},"#,
            r#"    {"x-amz-date": "20151229T000000Z" }"#,
            "  ]",
            "}",
        ]
        .join("\r\n");
        let now = at("2015-12-29T00:00:00Z");
        assert_eq!(
            signer().signature(&crate::form::in_base64(&policy), now),
            "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e"
        );
    }

    #[test]
    fn a_query_is_encoded_and_sorted() {
        let parameters = [("prefix", "a b/+é"), ("list-type", "2"), ("a", "")];
        assert_eq!(
            query(&parameters),
            "a=&list-type=2&prefix=a%20b%2F%2B%C3%A9"
        );
        assert_eq!(encoded("a/b c~", "/"), "a/b%20c~");
    }
}
