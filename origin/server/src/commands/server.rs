//! A client of a running server's `/admin` routes, authenticated by `YOUSOON_ADMIN_TOKEN`.

use std::{env, time::Duration};

use anyhow::{Context as _, bail};
use reqwest::{Client, RequestBuilder, Response, Url};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use yousoon::config::secret_from_env;

const URL: &str = "YOUSOON_ORIGIN_URL";
const TOKEN: &str = "YOUSOON_ADMIN_TOKEN";
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// How long an answer may take: long, because a dry run of a purge scans Redis.
const WITHIN: Duration = Duration::from_secs(30);

/// A server, the token for it and the HTTP client.
pub(crate) struct Server {
    base: String,
    token: String,
    client: Client,
}

impl Server {
    /// The server at `url`, else at `YOUSOON_ORIGIN_URL`; none if neither is given. The variable is
    /// not read by clap's `env`, which would count it as a given option.
    pub(crate) fn find(url: Option<&Url>) -> anyhow::Result<Option<Self>> {
        let Some(url) = address(url)? else {
            return Ok(None);
        };
        // Not a command-line option: anybody who lists processes could read it.
        let token = secret_from_env(TOKEN)?.with_context(|| format!("{TOKEN} is not set"))?;
        let client = Client::builder()
            .connect_timeout(CONNECT_WITHIN)
            .timeout(WITHIN)
            // Following a redirect would turn a POST into a GET.
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Some(Self {
            base: url.as_str().trim_end_matches('/').to_owned(),
            token,
            client,
        }))
    }

    /// Like [`Server::find`], but fails if no server is given.
    pub(crate) fn required(url: Option<&Url>) -> anyhow::Result<Self> {
        Self::find(url)?.with_context(|| format!("no server is given: name it with --url or {URL}"))
    }

    /// Sends `body` as JSON to `path` and returns the answer.
    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> anyhow::Result<T> {
        let request = self.client.post(format!("{}{path}", self.base));
        self.ask(request.json(body)).await
    }

    /// Gets the answer of `path`.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        self.ask(self.client.get(format!("{}{path}", self.base)))
            .await
    }

    async fn ask<T: DeserializeOwned>(&self, request: RequestBuilder) -> anyhow::Result<T> {
        let sent = request.bearer_auth(&self.token).send().await;
        let response = sent.with_context(|| format!("{} cannot be reached", self.base))?;
        let status = response.status();
        if !status.is_success() {
            bail!("{} answered {status}{}", self.base, why(response).await);
        }
        let read = response.json().await;
        read.with_context(|| format!("the answer of {} cannot be read", self.base))
    }
}

/// The address of the server at `url`, else at `YOUSOON_ORIGIN_URL`; none if neither is given.
pub(crate) fn address(url: Option<&Url>) -> anyhow::Result<Option<Url>> {
    let from_env = env::var(URL).ok().filter(|url| !url.is_empty());
    match (url, from_env) {
        (Some(url), _) => Ok(Some(url.clone())),
        (None, Some(text)) => {
            let parsed = Url::parse(&text).with_context(|| format!("{URL}: {text:?}"))?;
            Ok(Some(parsed))
        }
        (None, None) => Ok(None),
    }
}

/// The first error message in a refusal, with a leading colon; empty if there is none.
async fn why(response: Response) -> String {
    let body: Value = response.json().await.unwrap_or_default();
    match body["errors"][0]["message"].as_str() {
        Some(message) => format!(": {message}"),
        None => String::new(),
    }
}
