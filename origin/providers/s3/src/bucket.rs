//! Reads, writes, deletes and lists objects.

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::{Client, Method, RequestBuilder, Response, redirect};
use url::Url;

use crate::{
    BucketConfig, BucketError, ConfigError, Page, UploadForm, UploadRules,
    config::address,
    error::{LaterReason, of_answer},
    form::upload_form,
    listing::page,
    sign::{Signed, Signer, encoded, hash, query, timestamp},
};

/// Of an answer that is not an object: a listing of 1,000 keys has about 400 KB.
const MAX_ANSWER_BYTES: usize = 4 * 1024 * 1024;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// A year: a key never means another content.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// Clones share connections.
#[derive(Clone, Debug)]
pub struct Bucket {
    client: Client,
    signer: Signer,
    name: String,
    /// Without the `/` before a key.
    address: Url,
    host: String,
}

/// What differs between requests.
#[derive(Default)]
struct Parts<'a> {
    key: &'a str,
    query: &'a [(&'a str, &'a str)],
    headers: &'a [(&'a str, &'a str)],
    body: Vec<u8>,
}

impl Bucket {
    pub fn new(config: &BucketConfig) -> Result<Self, ConfigError> {
        let address = address(config)?;
        let client = Client::builder()
            .timeout(config.timeout)
            .connect_timeout(CONNECT_TIMEOUT)
            // A signature is of one host.
            .redirect(redirect::Policy::none())
            .build()
            .map_err(|_| ConfigError::Client)?;
        let host = address.host_str().ok_or(ConfigError::Endpoint)?;
        let host = match address.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        Ok(Self {
            client,
            signer: Signer {
                credentials: config.credentials.clone(),
                region: config.region.clone(),
            },
            name: config.bucket.clone(),
            address,
            host,
        })
    }

    /// The form with which a client uploads one file.
    pub fn upload_form(
        &self,
        rules: &UploadRules<'_>,
        now: DateTime<Utc>,
    ) -> Result<UploadForm, BucketError> {
        check_key(rules.key)?;
        let url = self.address.to_string();
        Ok(upload_form(&self.signer, url, &self.name, rules, now))
    }

    /// An object's bytes. One that has more is not read to its end.
    pub async fn get(&self, key: &str, max_bytes: usize) -> Result<Vec<u8>, BucketError> {
        check_key(key)?;
        let parts = Parts {
            key,
            ..Parts::default()
        };
        let answer = self.send(Method::GET, parts).await?;
        read(answer, max_bytes).await
    }

    /// Writes an object that everybody may keep for ever: under a key of its content.
    pub async fn put(
        &self,
        key: &str,
        media_type: &str,
        bytes: Vec<u8>,
    ) -> Result<(), BucketError> {
        check_key(key)?;
        let parts = Parts {
            key,
            headers: &[("cache-control", IMMUTABLE), ("content-type", media_type)],
            body: bytes,
            ..Parts::default()
        };
        self.send(Method::PUT, parts).await?;
        Ok(())
    }

    /// Deletes an object, also one that is not there.
    pub async fn delete(&self, key: &str) -> Result<(), BucketError> {
        check_key(key)?;
        let parts = Parts {
            key,
            ..Parts::default()
        };
        match self.send(Method::DELETE, parts).await {
            Ok(_) | Err(BucketError::NotFound) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// At most `count` objects (S3 gives no more than 1,000) whose keys begin with `prefix`.
    /// `next` is of the page before.
    pub async fn list(
        &self,
        prefix: &str,
        count: u16,
        next: Option<&str>,
    ) -> Result<Page, BucketError> {
        let count = count.to_string();
        let mut query = vec![
            ("list-type", "2"),
            ("max-keys", count.as_str()),
            ("prefix", prefix),
        ];
        query.extend(next.map(|next| ("continuation-token", next)));
        let parts = Parts {
            query: &query,
            ..Parts::default()
        };
        let answer = self.send(Method::GET, parts).await?;
        page(&read(answer, MAX_ANSWER_BYTES).await?)
    }

    async fn send(&self, method: Method, parts: Parts<'_>) -> Result<Response, BucketError> {
        let request = self.request(&method, parts, Utc::now());
        let answer = request.send().await.map_err(|_| UNREACHABLE)?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer);
        }
        // What it says beyond its status is a courtesy.
        let body = read(answer, MAX_ANSWER_BYTES).await.unwrap_or_default();
        Err(of_answer(status.as_u16(), &body))
    }

    fn request(&self, method: &Method, parts: Parts<'_>, now: DateTime<Utc>) -> RequestBuilder {
        let base = self.address.path().trim_end_matches('/');
        let path = format!("{base}/{}", encoded(parts.key, "/"));
        let mut url = self.address.clone();
        url.set_path(&path);
        if !parts.query.is_empty() {
            url.set_query(Some(&query(parts.query)));
        }
        let (body_hash, date) = (hash(&parts.body), timestamp(now));
        let mut headers = parts.headers.to_vec();
        headers.push(("x-amz-content-sha256", &body_hash));
        headers.push(("x-amz-date", &date));
        let mut request = self.client.request(method.clone(), url);
        for (name, value) in &headers {
            request = request.header(*name, *value);
        }
        // The client sends it by itself.
        headers.push(("host", &self.host));
        let signed = Signed {
            method: method.as_str(),
            path: &path,
            query: parts.query,
            headers: &headers,
            body_hash: &body_hash,
        };
        let authorization = self.signer.authorization(&signed, now);
        request
            .header("authorization", authorization)
            .body(parts.body)
    }
}

const UNREACHABLE: BucketError = BucketError::Later(LaterReason::Unreachable);

/// `.` and `..` would be resolved by the client before it sends the path that was signed.
fn check_key(key: &str) -> Result<(), BucketError> {
    let is_dots = |segment: &str| matches!(segment, "." | "..");
    if (1..=1024).contains(&key.len()) && !key.split('/').any(is_dots) {
        Ok(())
    } else {
        Err(BucketError::Key)
    }
}

async fn read(mut answer: Response, max_bytes: usize) -> Result<Vec<u8>, BucketError> {
    let announced = answer.content_length().unwrap_or_default();
    let announced = usize::try_from(announced).unwrap_or(usize::MAX);
    if announced > max_bytes {
        return Err(BucketError::TooLarge);
    }
    let mut bytes = Vec::with_capacity(announced);
    while let Some(chunk) = answer.chunk().await.map_err(|_| UNREACHABLE)? {
        if bytes.len() + chunk.len() > max_bytes {
            return Err(BucketError::TooLarge);
        }
        bytes.extend(chunk);
    }
    Ok(bytes)
}
