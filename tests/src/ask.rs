//! Requests of a test's client, and the answers.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use reqwest::Response;
use serde_json::{Value, json};

/// A request for a published document.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The document's hash.
    pub id: String,
    /// Its variables.
    pub variables: Value,
}

/// A complete answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// HTTP headers.
    pub headers: reqwest::header::HeaderMap,
    /// The body.
    pub text: String,
}

impl Answer {
    /// Reads a whole response.
    pub async fn read(response: Response) -> Result<Self> {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Self {
            status,
            headers,
            text: response.text().await?,
        })
    }

    /// The value of a header; empty when it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// The `Cache-Status` header.
    pub fn cache_status(&self) -> &str {
        self.header("cache-status")
    }

    /// Whether the answer is a cache hit (`Cache-Status` has `hit`).
    pub fn is_hit(&self) -> bool {
        self.cache_status().contains("; hit")
    }

    /// The body as JSON; null when it is not JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    /// The code of the first error; empty when there is none.
    pub fn code(&self) -> String {
        self.json()["errors"][0]["extensions"]["code"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }
}

/// A client whose requests fail after `patience`. It closes idle connections before workerd does
/// (after 5 s), because a request on a connection that is just being closed would fail.
pub(crate) fn client(patience: Duration) -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder()
        .timeout(patience)
        .pool_idle_timeout(Duration::from_secs(2))
        .build()
}

impl Ask {
    /// Sends the request as `GET /graphql/<id>`.
    pub async fn get(&self, client: &reqwest::Client, base: &str) -> Result<Answer> {
        let url = format!("{base}/graphql/{}", self.id);
        let variables = self.variables.to_string();
        Answer::read(
            client
                .get(url)
                .query(&[("variables", variables)])
                .send()
                .await?,
        )
        .await
    }

    /// Sends the request as `POST /graphql`, with a bearer token.
    pub async fn post(&self, client: &reqwest::Client, base: &str, token: &str) -> Result<Answer> {
        let body = json!({"documentId": self.id, "variables": self.variables});
        let request = client.post(format!("{base}/graphql")).bearer_auth(token);
        Answer::read(request.json(&body).send().await?).await
    }

    /// Repeats the GET until `done` accepts the answer, for at most `within`. Returns the answer and
    /// how long it took.
    pub async fn until(
        &self,
        client: &reqwest::Client,
        base: &str,
        within: Duration,
        done: impl Fn(&Answer) -> bool,
    ) -> Result<(Answer, Duration)> {
        let began = Instant::now();
        loop {
            let answer = self.get(client, base).await.context("asking")?;
            if done(&answer) {
                return Ok((answer, began.elapsed()));
            }
            if began.elapsed() > within {
                bail!(
                    "no expected answer within {within:?}; the last one: {} {}",
                    answer.status,
                    answer.cache_status()
                );
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}
