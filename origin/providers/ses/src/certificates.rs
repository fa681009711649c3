//! The certificates that Amazon SNS signs with, fetched from SNS alone.
//!
//! SNS publishes the leaf without its chain, so there is no path to a root to verify. Instead the
//! certificate must come, over TLS, from the host of SNS in our region, be valid now, and name SNS.

use std::{collections::HashMap, path::Path, sync::Arc, time::Duration};

use domain::messages::provider::{ReportError, SendError};
use provider_http::{Mode, Provider as Http, SetupError};
use reqwest::Method;
use tokio::sync::Mutex;
use url::Url;
use x509_parser::{pem::parse_x509_pem, prelude::X509Certificate, time::ASN1Time};

const TIMEOUT: Duration = Duration::from_secs(5);
const MOST_KEPT: usize = 8;
const KEPT_MS: i64 = 24 * 60 * 60 * 1000;
/// Anybody can name a certificate that we have not. More are not fetched in a minute.
const MOST_PER_MINUTE: usize = 10;

/// Where certificates and confirmations of subscriptions are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// `https://sns.<region>.amazonaws.com`.
    Amazon { region: String },
    /// A fake on this machine.
    Development { base: Url },
}

impl Source {
    fn base(&self) -> Option<Url> {
        match self {
            Self::Amazon { region } => {
                let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
                let named = !region.is_empty() && region.bytes().all(plain);
                let url = format!("https://sns.{region}.amazonaws.com/");
                url.parse().ok().filter(|_| named)
            }
            Self::Development { base } => Some(base.clone()),
        }
    }

    const fn mode(&self) -> Mode {
        match self {
            Self::Amazon { .. } => Mode::Production,
            Self::Development { .. } => Mode::Development,
        }
    }
}

/// The public key of a certificate, and until when it may be used.
#[derive(Clone)]
struct Key {
    public: Arc<[u8]>,
    until_ms: i64,
}

#[derive(Default)]
struct Kept {
    keys: HashMap<String, Key>,
    fetched_ms: Vec<i64>,
}

pub(crate) struct Certificates {
    http: Http,
    base: Url,
    kept: Mutex<Kept>,
}

impl Certificates {
    pub(crate) fn new(source: &Source) -> Result<Self, SetupError> {
        let base = source
            .base()
            .ok_or_else(|| SetupError::NotHttps(String::new()))?;
        let http = Http::new(&base, source.mode(), TIMEOUT)?;
        Ok(Self {
            http,
            base,
            kept: Mutex::default(),
        })
    }

    /// Parses an address of SNS. Any other is refused.
    pub(crate) fn address(&self, text: &str) -> Result<Url, ReportError> {
        let url: Url = text.parse().map_err(|_| ReportError::Signature)?;
        let ours = url.origin() == self.base.origin()
            && url.username().is_empty()
            && url.password().is_none()
            && url.path().starts_with(self.base.path());
        if ours {
            Ok(url)
        } else {
            Err(ReportError::Signature)
        }
    }

    /// The public key of the certificate at an address.
    pub(crate) async fn key(&self, address: &str, now_ms: i64) -> Result<Arc<[u8]>, ReportError> {
        let url = self.address(address)?;
        if Path::new(url.path()).extension() != Some("pem".as_ref())
            || url.query().is_some()
            || url.fragment().is_some()
        {
            return Err(ReportError::Signature);
        }
        // Held while a certificate is fetched: one at a time.
        let mut kept = self.kept.lock().await;
        if let Some(key) = kept.keys.get(url.as_str())
            && now_ms < key.until_ms
        {
            return Ok(Arc::clone(&key.public));
        }
        kept.fetched_ms
            .retain(|at_ms| (now_ms - 60_000..=now_ms).contains(at_ms));
        if kept.fetched_ms.len() >= MOST_PER_MINUTE {
            return Err(ReportError::Later);
        }
        kept.fetched_ms.push(now_ms);
        let pem = self.get(url.clone()).await?;
        let key = read(&pem, now_ms)?;
        if kept.keys.len() >= MOST_KEPT {
            let oldest = kept.keys.iter().min_by_key(|(_, key)| key.until_ms);
            if let Some(oldest) = oldest.map(|(url, _)| url.clone()) {
                kept.keys.remove(&oldest);
            }
        }
        let public = Arc::clone(&key.public);
        kept.keys.insert(url.into(), key);
        Ok(public)
    }

    /// Fetches what is at an address of SNS.
    pub(crate) async fn get(&self, url: Url) -> Result<Vec<u8>, ReportError> {
        let answer = self.http.send(self.http.request(Method::GET, url)).await;
        let answer = answer.map_err(|error| match error {
            SendError::Later { .. } | SendError::Refused { .. } | SendError::Recipient { .. } => {
                ReportError::Later
            }
        })?;
        if answer.status.is_success() {
            Ok(answer.body)
        } else if answer.later().is_some() {
            Err(ReportError::Later)
        } else {
            Err(ReportError::Signature)
        }
    }
}

fn read(pem: &[u8], now_ms: i64) -> Result<Key, ReportError> {
    let (_, pem) = parse_x509_pem(pem).map_err(|_| ReportError::Signature)?;
    let certificate = pem.parse_x509().map_err(|_| ReportError::Signature)?;
    let now = ASN1Time::from_timestamp(now_ms / 1000).map_err(|_| ReportError::Signature)?;
    if !certificate.validity().is_valid_at(now) || !names_sns(&certificate) {
        return Err(ReportError::Signature);
    }
    let ends_ms = certificate
        .validity()
        .not_after
        .timestamp()
        .saturating_mul(1000);
    Ok(Key {
        public: Arc::from(&*certificate.public_key().subject_public_key.data),
        until_ms: ends_ms.min(now_ms.saturating_add(KEPT_MS)),
    })
}

/// `sns.amazonaws.com`, `sns.<region>.amazonaws.com` and `sns-signing.<region>.amazonaws.com` are
/// in use.
fn names_sns(certificate: &X509Certificate<'_>) -> bool {
    let mut names = certificate.subject().iter_common_name();
    names.any(|name| {
        name.as_str().is_ok_and(|name| {
            (name.starts_with("sns.") || name.starts_with("sns-signing."))
                && name.ends_with(".amazonaws.com")
        })
    })
}
