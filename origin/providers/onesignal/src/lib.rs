//! Push notifications through OneSignal (documentation.onesignal.com/reference/push-notification).

mod answer;
mod uuid;

use std::{fmt, time::Duration};

use async_trait::async_trait;
use domain::{
    messages::provider::{Accepted, Content, Provider, Push, SendError},
    secret::Secret,
};
use provider_http::{Mode, Provider as Http, SetupError};
use reqwest::Method;
use serde::Serialize;
use url::Url;

#[derive(Clone, Debug)]
pub struct Config {
    /// `https://api.onesignal.com`.
    pub base: Url,
    pub mode: Mode,
    pub timeout: Duration,
    pub app: String,
    pub key: Secret,
}

/// OneSignal takes a message once for each `idempotency_key`, for 30 days.
#[derive(Clone)]
pub struct OneSignal {
    http: Http,
    config: Config,
}

impl OneSignal {
    pub fn new(config: Config) -> Result<Self, SetupError> {
        let http = Http::new(&config.base, config.mode, config.timeout)?;
        Ok(Self { http, config })
    }

    async fn send_push(&self, key: &str, push: &Push) -> Result<Accepted, SendError> {
        let known = |device: &&String| uuid::is_uuid(device);
        let (devices, unknown): (Vec<_>, Vec<_>) = push.devices.iter().partition(known);
        // One name that is no UUID would have the whole notification refused.
        let unknown: Vec<String> = unknown.into_iter().cloned().collect();
        if devices.is_empty() {
            return Err(SendError::Recipient {
                why: "no device has a name of OneSignal's".to_owned(),
                invalid_devices: unknown,
            });
        }
        let authorization = [b"Key ".as_slice(), self.config.key.expose()].concat();
        let mut authorization = reqwest::header::HeaderValue::from_bytes(&authorization)
            .map_err(|_| refused("the key is no header"))?;
        authorization.set_sensitive(true);
        let request = self
            .http
            .request(Method::POST, self.http.url(&["notifications"]))
            .header("authorization", authorization)
            .json(&self.notification(key, push, &devices));
        let answer = self.http.send(request).await?;
        answer::read(&answer, &devices, unknown)
    }

    fn notification<'p>(
        &'p self,
        key: &str,
        push: &'p Push,
        devices: &'p [&'p String],
    ) -> Notification<'p> {
        let link = push.link.as_deref();
        let web = link.is_some_and(|link| link.starts_with("https://"));
        Notification {
            app_id: &self.config.app,
            idempotency_key: uuid::of_key(key),
            target_channel: "push",
            include_subscription_ids: devices,
            headings: Text { en: &push.title },
            contents: Text { en: &push.body },
            url: link.filter(|_| web),
            app_url: link.filter(|_| !web),
        }
    }
}

impl fmt::Debug for OneSignal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OneSignal").field(&self.http).finish()
    }
}

#[async_trait]
impl Provider for OneSignal {
    fn name(&self) -> &'static str {
        "onesignal"
    }

    async fn send(&self, key: &str, content: &Content) -> Result<Accepted, SendError> {
        match content {
            Content::Push(push) => self.send_push(key, push).await,
            Content::Email(_) | Content::Sms(_) => Err(refused("OneSignal sends pushes only")),
        }
    }
}

fn refused(why: &str) -> SendError {
    SendError::Refused {
        why: why.to_owned(),
    }
}

#[derive(Serialize)]
struct Notification<'p> {
    app_id: &'p str,
    idempotency_key: String,
    target_channel: &'static str,
    include_subscription_ids: &'p [&'p String],
    headings: Text<'p>,
    contents: Text<'p>,
    /// Opened in a browser.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'p str>,
    /// Opened by the app; OneSignal takes this or `url`.
    #[serde(skip_serializing_if = "Option::is_none")]
    app_url: Option<&'p str>,
}

/// A text in the reader's language. OneSignal demands `en`, and shows it on every device that has
/// no other.
#[derive(Serialize)]
struct Text<'p> {
    en: &'p str,
}

#[cfg(test)]
mod tests;
