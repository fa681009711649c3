//! Signature Version 4 of a request.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4::SigningParams,
};
use reqwest::header::{HeaderName, HeaderValue};
use url::Url;

use crate::Config;

pub(crate) const CONTENT_TYPE: &str = "application/json";
/// SES's name in signatures.
const SERVICE: &str = "ses";

type AnyError = Box<dyn std::error::Error + Send + Sync>;

/// The headers that sign a POST of `body`.
pub(crate) fn headers(
    config: &Config,
    url: &Url,
    body: &[u8],
) -> Result<Vec<(HeaderName, HeaderValue)>, AnyError> {
    headers_at(config, url, body, SystemTime::now())
}

pub(crate) fn headers_at(
    config: &Config,
    url: &Url,
    body: &[u8],
    now: SystemTime,
) -> Result<Vec<(HeaderName, HeaderValue)>, AnyError> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec());
    let token = config.credentials.session_token.as_ref();
    let credentials = Credentials::new(
        &config.credentials.access_key,
        text(config.credentials.secret_key.expose())?,
        token.map(|token| text(token.expose())).transpose()?,
        None,
        "yousoon",
    );
    let identity = credentials.into();
    let params = SigningParams::builder()
        .identity(&identity)
        .region(&config.region)
        .name(SERVICE)
        .time(now)
        .settings(SigningSettings::default())
        .build()?
        .into();
    let request = SignableRequest::new(
        "POST",
        url.as_str(),
        [("content-type", CONTENT_TYPE)].into_iter(),
        SignableBody::Bytes(body),
    )?;
    let (instructions, _) = sign(request, &params)?.into_parts();
    let (signed, _) = instructions.into_parts();
    signed
        .into_iter()
        .map(|header| {
            let mut value = HeaderValue::from_str(header.value())?;
            value.set_sensitive(true);
            Ok((HeaderName::from_bytes(header.name().as_bytes())?, value))
        })
        .collect()
}
