//! What the clients of all providers need of HTTP: a base URL that is https, time limits, no
//! redirects, bounded answers, and errors without secrets or personal data.

mod answer;
mod excerpt;

use std::{fmt, time::Duration};

use domain::messages::provider::SendError;
use reqwest::{Client, Method, RequestBuilder, redirect::Policy};
use url::Url;

pub use answer::{Answer, MOST_BYTES};
pub use excerpt::excerpt;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Whether a provider may be a fake on this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The address must be https.
    Production,
    /// The address may be http, on loopback.
    Development,
}

/// Why a client cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    #[error("{0} is not an https address")]
    NotHttps(String),
    #[error("{0} has a user, a query or a fragment")]
    NotABase(String),
    #[error("no HTTP client")]
    Client(#[source] reqwest::Error),
}

/// Sends requests to one provider.
#[derive(Clone)]
pub struct Provider {
    client: Client,
    base: Url,
    most_bytes: usize,
}

impl Provider {
    /// Answers must have arrived after `timeout`. Redirects are not followed: they would carry our
    /// credentials somewhere else.
    pub fn new(base: &Url, mode: Mode, timeout: Duration) -> Result<Self, SetupError> {
        if !may_be_called(base, mode) {
            return Err(SetupError::NotHttps(base.to_string()));
        }
        let plain = base.username().is_empty() && base.password().is_none();
        if !plain || base.query().is_some() || base.fragment().is_some() {
            return Err(SetupError::NotABase(
                base.host_str().unwrap_or_default().to_owned(),
            ));
        }
        let mut client = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(timeout)
            .redirect(Policy::none());
        if mode == Mode::Development {
            // A proxy of the environment does not reach this machine's loopback.
            client = client.no_proxy();
        }
        let client = client.build().map_err(SetupError::Client)?;
        let base = base.clone();
        Ok(Self {
            client,
            base,
            most_bytes: MOST_BYTES,
        })
    }

    /// Reads answers up to another length, in bytes.
    #[must_use]
    pub fn reading(mut self, most_bytes: usize) -> Self {
        self.most_bytes = most_bytes;
        self
    }

    /// The address of `path` below the base. Each part of the path is escaped.
    pub fn url(&self, path: &[&str]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url
    }

    pub fn request(&self, method: Method, url: Url) -> RequestBuilder {
        self.client.request(method, url)
    }

    /// Sends a request. An error says that no answer came, not that nothing was done.
    pub async fn send(&self, request: RequestBuilder) -> Result<Answer, SendError> {
        let response = request.send().await.map_err(|error| no_answer(&error))?;
        Answer::read(response, self.most_bytes).await
    }
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Provider")
            .field(&self.base.as_str())
            .finish()
    }
}

/// Whether the scheme and host of an address are allowed.
pub fn may_be_called(url: &Url, mode: Mode) -> bool {
    match (url.scheme(), mode) {
        ("https", _) => url.host_str().is_some(),
        ("http", Mode::Development) => match url.host() {
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            Some(url::Host::Domain(name)) => name == "localhost",
            None => false,
        },
        _ => false,
    }
}

/// reqwest's own texts contain the address, and with it accounts.
pub(crate) fn no_answer(error: &reqwest::Error) -> SendError {
    let why = if error.is_timeout() {
        "timed out"
    } else if error.is_connect() {
        "cannot connect"
    } else {
        "the connection broke"
    };
    SendError::Later {
        why: why.to_owned(),
        after_ms: None,
    }
}

#[cfg(test)]
mod tests;
