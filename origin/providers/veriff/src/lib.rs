//! Veriff checks identity documents (devdocs.veriff.com): sessions, their decisions and their deletion, and
//! the reports that Veriff sends to a webhook.
//!
//! Of a person Veriff hears a pseudonym. Of its decisions the year of birth is read, and nothing else of
//! the document.

mod decision;
mod signature;
mod webhook;

use std::{fmt, time::Duration};

use async_trait::async_trait;
use domain::{
    identity::{
        provider::{IdentityProvider, Sight, Started, Trouble},
        verification::{SessionId, SessionUrl},
    },
    messages::provider::SendError,
    secret::Secret,
};
use provider_http::{Answer, Mode, Provider as Http, SetupError, may_be_called};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde::{Deserialize, Serialize};
use url::Url;

pub use signature::signature;
pub use webhook::Webhook;

const CLIENT: &str = "x-auth-client";
const SIGNATURE: &str = "x-hmac-signature";
/// Veriff takes so few deletions in an hour: a refused one waits this long.
const DELETED_AGAIN_MS: i64 = 3_600_000;

#[derive(Clone, Debug)]
pub struct Config {
    /// The integration's own address, such as `https://stationapi.veriff.com`.
    pub base: Url,
    /// Where operators see sessions: the session's name follows.
    pub portal: Url,
    pub mode: Mode,
    pub timeout: Duration,
    /// Names the integration.
    pub key: Secret,
    /// Signs what is asked.
    pub secret: Secret,
}

/// Veriff knows no idempotency keys: a session whose answer was lost stays unused and expires.
#[derive(Clone)]
pub struct Veriff {
    http: Http,
    config: Config,
}

#[derive(Serialize)]
struct NewSession<'a> {
    verification: NewVerification<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NewVerification<'a> {
    vendor_data: &'a str,
}

#[derive(Deserialize)]
struct Created {
    verification: CreatedVerification,
}

#[derive(Deserialize)]
struct CreatedVerification {
    id: String,
    url: String,
}

impl Veriff {
    pub fn new(config: Config) -> Result<Self, SetupError> {
        let http = Http::new(&config.base, config.mode, config.timeout)?;
        Ok(Self { http, config })
    }

    /// A request that is signed over `signed`: the body, or without one the session's name.
    fn request(&self, method: Method, path: &[&str], signed: &[u8]) -> RequestBuilder {
        let key = String::from_utf8_lossy(self.config.key.expose()).into_owned();
        self.http
            .request(method, self.http.url(path))
            .header(CLIENT, key)
            .header(SIGNATURE, signature(self.config.secret.expose(), signed))
    }

    async fn send(&self, request: RequestBuilder) -> Result<Answer, Trouble> {
        self.http.send(request).await.map_err(trouble)
    }
}

impl fmt::Debug for Veriff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Veriff").field(&self.http).finish()
    }
}

#[async_trait]
impl IdentityProvider for Veriff {
    fn name(&self) -> &'static str {
        "veriff"
    }

    async fn start(&self, _key: &str, person: &str) -> Result<Started, Trouble> {
        let session = NewSession {
            verification: NewVerification {
                vendor_data: person,
            },
        };
        let body = serde_json::to_vec(&session).unwrap_or_default();
        let request = self
            .request(Method::POST, &["v1", "sessions"], &body)
            .header("content-type", "application/json")
            .body(body);
        let answer = self.send(request).await?;
        if !answer.status.is_success() {
            return Err(refused(&answer));
        }
        let created: Option<Created> = serde_json::from_slice(&answer.body).ok();
        created
            .and_then(|created| self.started(&created.verification))
            .ok_or_else(|| unreadable(&answer))
    }

    async fn look(&self, session: &SessionId) -> Result<Sight, Trouble> {
        let path = ["v1", "sessions", session.as_str(), "decision"];
        let request = self.request(Method::GET, &path, session.as_str().as_bytes());
        let answer = self.send(request).await?;
        match answer.status {
            StatusCode::NOT_FOUND | StatusCode::GONE => Ok(Sight::Unknown),
            status if status.is_success() => {
                decision::read(&answer.body, session).ok_or_else(|| unreadable(&answer))
            }
            _ => Err(refused(&answer)),
        }
    }

    async fn forget(&self, session: &SessionId) -> Result<(), Trouble> {
        let path = ["v1", "sessions", session.as_str()];
        let request = self.request(Method::DELETE, &path, session.as_str().as_bytes());
        let answer = self.send(request).await?;
        match answer.status {
            StatusCode::NOT_FOUND | StatusCode::GONE => Ok(()),
            status if status.is_success() => Ok(()),
            // It is being looked at: then it can be deleted a little later. Or too many are deleted.
            _ => Err(Trouble::Later {
                why: answer.why(None, ""),
                after_ms: Some(answer.retry_after_ms.unwrap_or(DELETED_AGAIN_MS)),
            }),
        }
    }

    fn page(&self, session: &SessionId) -> String {
        let base = self.config.portal.as_str().trim_end_matches('/');
        format!("{base}/{}", session.as_str())
    }
}

impl Veriff {
    fn started(&self, created: &CreatedVerification) -> Option<Started> {
        let address: Url = created.url.parse().ok()?;
        may_be_called(&address, self.config.mode).then_some(())?;
        Some(Started {
            session: SessionId::parse(&created.id)?,
            url: SessionUrl::parse(&created.url)?,
        })
    }
}

fn trouble(error: SendError) -> Trouble {
    match error {
        SendError::Later { why, after_ms } => Trouble::Later { why, after_ms },
        SendError::Refused { why } | SendError::Recipient { why, .. } => Trouble::Refused { why },
    }
}

#[derive(Default, Deserialize)]
struct Problem {
    #[serde(default)]
    code: serde_json::Value,
}

/// Veriff names its reasons by codes; its sentences may quote what was sent.
fn refused(answer: &Answer) -> Trouble {
    if let Some(later) = answer.later() {
        return trouble(later);
    }
    let problem: Problem = serde_json::from_slice(&answer.body).unwrap_or_default();
    let code = problem.code.to_string();
    Trouble::Refused {
        why: answer.why(Some(code.trim_matches('"')), ""),
    }
}

fn unreadable(answer: &Answer) -> Trouble {
    trouble(answer.later_because(Some("unreadable answer")))
}

#[cfg(test)]
mod tests;
