//! E-mails through Amazon SES v2, and the bounces, complaints and deliveries that it reports
//! through Amazon SNS.

mod certificates;
mod errors;
mod events;
mod message;
mod signing;
mod sns;
mod webhook;

use std::{fmt, time::Duration};

use async_trait::async_trait;
use domain::{
    messages::provider::{Accepted, Content, Email, Provider, SendError},
    secret::Secret,
};
use provider_http::{Mode, Provider as Http, SetupError};
use reqwest::{Method, header::CONTENT_TYPE};
use url::Url;

pub use certificates::Source;
pub use webhook::{Webhook, WebhookConfig};

#[derive(Clone, Debug)]
pub struct Credentials {
    pub access_key: String,
    pub secret_key: Secret,
    /// Of temporary credentials.
    pub session_token: Option<Secret>,
}

#[derive(Clone, Debug)]
pub struct Config {
    /// `https://email.<region>.amazonaws.com`.
    pub base: Url,
    pub mode: Mode,
    pub timeout: Duration,
    /// `eu-west-1`.
    pub region: String,
    pub credentials: Credentials,
    /// The sender, with or without a name: `Yousoon <hello@yousoon.com>`.
    pub from: String,
    /// Tells SES where to report what becomes of a message.
    pub configuration_set: Option<String>,
}

/// SES has no idempotency key: a message that is sent again after a timeout may arrive twice. The
/// key is a tag of the message, which SES repeats in its reports.
#[derive(Clone)]
pub struct Ses {
    http: Http,
    config: Config,
}

impl Ses {
    pub fn new(config: Config) -> Result<Self, SetupError> {
        let http = Http::new(&config.base, config.mode, config.timeout)?;
        Ok(Self { http, config })
    }

    async fn send_email(&self, key: &str, email: &Email) -> Result<Accepted, SendError> {
        let body = message::body(&self.config, key, email)?;
        let url = self.http.url(&["v2", "email", "outbound-emails"]);
        let signed = signing::headers(&self.config, &url, &body).map_err(|_| {
            // Its text could contain what was signed.
            SendError::Refused {
                why: "the request cannot be signed".to_owned(),
            }
        })?;
        let mut request = self.http.request(Method::POST, url);
        request = request
            .header(CONTENT_TYPE, signing::CONTENT_TYPE)
            .body(body);
        for (name, value) in signed {
            request = request.header(name, value);
        }
        errors::accepted(&self.http.send(request).await?)
    }
}

impl fmt::Debug for Ses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Ses").field(&self.http).finish()
    }
}

#[async_trait]
impl Provider for Ses {
    fn name(&self) -> &'static str {
        "ses"
    }

    async fn send(&self, key: &str, content: &Content) -> Result<Accepted, SendError> {
        match content {
            Content::Email(email) => self.send_email(key, email).await,
            Content::Sms(_) | Content::Push(_) => Err(SendError::Refused {
                why: "SES sends e-mails only".to_owned(),
            }),
        }
    }
}

#[cfg(test)]
mod tests;
