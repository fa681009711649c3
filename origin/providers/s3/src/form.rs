//! The form with which a client uploads one file (a presigned POST). Its policy, which we sign, says
//! what the file may be; S3 refuses everything else.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::json;

use crate::sign::{ALGORITHM, Signer, timestamp};

/// What may be uploaded with a form.
#[derive(Clone, Copy, Debug)]
pub struct UploadRules<'a> {
    /// Exactly this one.
    pub key: &'a str,
    /// Exactly this one. S3 stores what is declared: it does not look into the file.
    pub media_type: &'a str,
    pub max_bytes: u64,
    /// After which the form is worth nothing. S3 takes at most seven days, other servers one hour.
    pub valid_for: Duration,
}

/// Posted as `multipart/form-data`: these fields in this order, and then the file as `file`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadForm {
    pub url: String,
    pub fields: Vec<(&'static str, String)>,
    pub expires_at: DateTime<Utc>,
}

pub(crate) fn in_base64(policy: &str) -> String {
    STANDARD.encode(policy)
}

pub(crate) fn upload_form(
    signer: &Signer,
    url: String,
    bucket: &str,
    rules: &UploadRules<'_>,
    now: DateTime<Utc>,
) -> UploadForm {
    let expires_at = now + rules.valid_for;
    let credential = signer.credential(now);
    let date = timestamp(now);
    let policy = json!({
        "expiration": expires_at.to_rfc3339_opts(SecondsFormat::Millis, true),
        "conditions": [
            {"bucket": bucket},
            {"key": rules.key},
            {"Content-Type": rules.media_type},
            ["content-length-range", 1, rules.max_bytes],
            {"x-amz-algorithm": ALGORITHM},
            {"x-amz-credential": credential},
            {"x-amz-date": date},
        ],
    });
    let policy = in_base64(&policy.to_string());
    let signature = signer.signature(&policy, now);
    UploadForm {
        url,
        fields: vec![
            ("key", rules.key.to_owned()),
            ("Content-Type", rules.media_type.to_owned()),
            ("x-amz-algorithm", ALGORITHM.to_owned()),
            ("x-amz-credential", credential),
            ("x-amz-date", date),
            ("policy", policy),
            ("x-amz-signature", signature),
        ],
        expires_at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sign::tests::{at, signer};

    #[test]
    fn a_form_says_what_may_be_uploaded_and_does_not_say_our_secret() {
        let rules = UploadRules {
            key: "uploads/5f0c",
            media_type: "image/jpeg",
            max_bytes: 10_485_760,
            valid_for: Duration::from_mins(10),
        };
        let now = at("2015-12-29T00:00:00Z");
        let form = upload_form(
            &signer(),
            "https://b.example".into(),
            "pictures",
            &rules,
            now,
        );
        assert_eq!(form.expires_at, at("2015-12-29T00:10:00Z"));
        let field = |name: &str| {
            let found = form.fields.iter().find(|(field, _)| *field == name);
            found.unwrap().1.clone()
        };
        let policy = String::from_utf8(STANDARD.decode(field("policy")).unwrap()).unwrap();
        insta::assert_snapshot!(policy, @r#"{"expiration":"2015-12-29T00:10:00.000Z","conditions":[{"bucket":"pictures"},{"key":"uploads/5f0c"},{"Content-Type":"image/jpeg"},["content-length-range",1,10485760],{"x-amz-algorithm":"AWS4-HMAC-SHA256"},{"x-amz-credential":"AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request"},{"x-amz-date":"20151229T000000Z"}]}"#);
        assert_eq!(
            field("x-amz-signature"),
            signer().signature(&field("policy"), now)
        );
        assert!(!format!("{form:?}{policy}").contains("EXAMPLEKEY"));
    }
}
