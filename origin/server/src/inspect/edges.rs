//! Asks the edges what they have stored for a key. An edge that does not answer is part of the
//! report and does not fail it.

use std::time::Duration;

use cache_core::CacheKey;
use domain::{error_chain::chain, secret::Secret};
use edge_core::{
    explain::{CONTEXT, EdgeAnswer, Question},
    header, route, signature,
};
use futures_util::future::join_all;
use purging::relay::{EdgeConfig, endpoint, shown};
use reqwest::{Client, Url};
use serde::{Deserialize, Serialize};

/// How long an edge may take to answer: short, because a person waits.
const WITHIN: Duration = Duration::from_secs(3);

/// What one edge answered.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EdgeReport {
    pub edge: String,
    /// None if the edge did not answer.
    pub answer: Option<EdgeAnswer>,
    /// Why it did not answer.
    pub error: Option<String>,
}

#[derive(Debug, thiserror::Error)]
enum AskError {
    #[error("the request cannot be written as JSON")]
    Json(#[from] serde_json::Error),
    #[error("the edge cannot be reached, or its answer cannot be read")]
    Http(#[from] reqwest::Error),
    #[error("the edge answered with status {0}")]
    Status(reqwest::StatusCode),
}

/// Asks all edges concurrently.
pub async fn ask(config: &EdgeConfig, key: &CacheKey, now_ms: u64) -> Vec<EdgeReport> {
    // The configuration refuses edges without a secret.
    let Some(secret) = &config.secret else {
        return vec![];
    };
    let asking = config.urls.iter().map(async |edge| {
        let (answer, error) = match ask_one(edge, secret, key, now_ms).await {
            Ok(answer) => (Some(answer), None),
            Err(error) => (None, Some(chain(&error))),
        };
        EdgeReport {
            edge: shown(edge),
            answer,
            error,
        }
    });
    join_all(asking).await
}

async fn ask_one(
    edge: &Url,
    secret: &Secret,
    key: &CacheKey,
    now_ms: u64,
) -> Result<EdgeAnswer, AskError> {
    let client = Client::builder()
        .timeout(WITHIN)
        .redirect(reqwest::redirect::Policy::none())
        .build()?;
    let body = serde_json::to_vec(&Question {
        key: key.to_string(),
    })?;
    let signature = signature::sign(secret.expose(), CONTEXT, now_ms, &body);
    let response = client
        .post(endpoint(edge, route::EXPLAIN))
        .header(header::SIGNATURE, signature)
        .header(http::header::CONTENT_TYPE, "application/json")
        .body(body)
        .send()
        .await
        .map_err(reqwest::Error::without_url)?;
    if !response.status().is_success() {
        return Err(AskError::Status(response.status()));
    }
    Ok(response.json().await.map_err(reqwest::Error::without_url)?)
}
