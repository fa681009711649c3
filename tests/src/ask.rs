//! What a client asks and what it gets.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use reqwest::Response;
use serde_json::{Value, json};

/// A question by hash.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The document's hash.
    pub id: String,
    /// Its variables.
    pub variables: Value,
}

/// An answer, whole.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// HTTP headers.
    pub headers: reqwest::header::HeaderMap,
    /// The bytes.
    pub text: String,
}

impl Answer {
    /// Reads a response to its end.
    pub async fn read(response: Response) -> Result<Self> {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Self {
            status,
            headers,
            text: response.text().await?,
        })
    }

    /// A header's text; empty when it is absent.
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

    /// Whether the edge answered by itself.
    pub fn is_hit(&self) -> bool {
        self.cache_status().contains("; hit")
    }

    /// The body.
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

/// A client that answers within `patience` or fails. It lets go of a connection before workerd does
/// (after 5 idle seconds): a request on one that is just being closed fails.
pub(crate) fn client(patience: Duration) -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder()
        .timeout(patience)
        .pool_idle_timeout(Duration::from_secs(2))
        .build()
}

impl Ask {
    /// Asks over `GET /graphql/<id>`.
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

    /// Asks over `POST /graphql`, with a bearer token.
    pub async fn post(&self, client: &reqwest::Client, base: &str, token: &str) -> Result<Answer> {
        let body = json!({"documentId": self.id, "variables": self.variables});
        let request = client.post(format!("{base}/graphql")).bearer_auth(token);
        Answer::read(request.json(&body).send().await?).await
    }

    /// Asks until `done`, for at most `within`; gives the answer and how long it took.
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
                    "not within {within:?}; the last answer: {} {}",
                    answer.status,
                    answer.cache_status()
                );
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}
