//! SMS through Twilio's Messages API, and the reports that Twilio sends to a webhook.

mod errors;
mod reports;
mod signature;

use std::{fmt, time::Duration};

use async_trait::async_trait;
use domain::{
    messages::provider::{Accepted, Content, Provider, SendError, Sms},
    secret::Secret,
};
use provider_http::{Answer, Mode, Provider as Http, SetupError};
use reqwest::Method;
use serde::Deserialize;
use url::Url;

pub use reports::Webhook;
pub use signature::signature;

const API_VERSION: &str = "2010-04-01";

/// Whom messages come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sender {
    /// A Messaging Service (`MG…`), which chooses the number and knows who said STOP.
    Service(String),
    /// A number in E.164, or a sender's name.
    From(String),
}

#[derive(Clone, Debug)]
pub struct Config {
    /// `https://api.twilio.com`, or the address of a region.
    pub base: Url,
    pub mode: Mode,
    pub timeout: Duration,
    /// `AC…`.
    pub account: String,
    /// The user of basic authentication: an API key (`SK…`), or the account.
    pub user: String,
    pub password: Secret,
    pub sender: Sender,
    /// Where Twilio reports the state of each message; none leaves it to the Messaging Service.
    pub status_callback: Option<Url>,
}

/// Twilio's Messages API has no idempotency key: a message that is sent again after a timeout may
/// arrive twice.
#[derive(Clone)]
pub struct Twilio {
    http: Http,
    config: Config,
}

impl Twilio {
    pub fn new(config: Config) -> Result<Self, SetupError> {
        let http = Http::new(&config.base, config.mode, config.timeout)?;
        Ok(Self { http, config })
    }

    async fn send_sms(&self, sms: &Sms) -> Result<Accepted, SendError> {
        let path = [
            API_VERSION,
            "Accounts",
            &self.config.account,
            "Messages.json",
        ];
        let password = String::from_utf8_lossy(self.config.password.expose());
        let request = self
            .http
            .request(Method::POST, self.http.url(&path))
            .basic_auth(&self.config.user, Some(password))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(self.form(sms));
        accepted(&self.http.send(request).await?)
    }

    fn form(&self, sms: &Sms) -> String {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("To", &sms.to);
        match &self.config.sender {
            Sender::Service(service) => form.append_pair("MessagingServiceSid", service),
            Sender::From(from) => form.append_pair("From", from),
        };
        form.append_pair("Body", &sms.text);
        if let Some(callback) = &self.config.status_callback {
            form.append_pair("StatusCallback", callback.as_str());
        }
        form.finish()
    }
}

impl fmt::Debug for Twilio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Twilio").field(&self.http).finish()
    }
}

#[async_trait]
impl Provider for Twilio {
    fn name(&self) -> &'static str {
        "twilio"
    }

    async fn send(&self, _key: &str, content: &Content) -> Result<Accepted, SendError> {
        match content {
            Content::Sms(sms) => self.send_sms(sms).await,
            Content::Email(_) | Content::Push(_) => Err(SendError::Refused {
                why: "Twilio sends SMS only".to_owned(),
            }),
        }
    }
}

#[derive(Deserialize)]
struct Message {
    sid: String,
    error_code: Option<u32>,
}

fn accepted(answer: &Answer) -> Result<Accepted, SendError> {
    if !answer.status.is_success() {
        return Err(errors::error(answer));
    }
    match serde_json::from_slice::<Message>(&answer.body) {
        Ok(Message {
            error_code: Some(code),
            ..
        }) => Err(errors::of_code(answer, code, "")),
        Ok(Message { sid, .. }) if !sid.is_empty() => Ok(Accepted {
            provider_id: sid,
            invalid_devices: Vec::new(),
        }),
        Ok(_) | Err(_) => Err(answer.later_because(Some("unreadable answer"))),
    }
}

#[cfg(test)]
mod tests;
