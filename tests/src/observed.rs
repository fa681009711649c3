//! Asks Jaeger, VictoriaLogs and Prometheus what they know of a request. `cargo xtask observe --check`
//! starts them, with an origin and an edge that they observe.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::ask::{self, Ask};
use crate::documents::Documents;

const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Prometheus scrapes every 2 s; VictoriaLogs shows a line after about 1 s.
const LOOKS: usize = 150;

/// The addresses of what runs.
#[derive(Debug)]
pub struct Observed {
    /// The edge's address.
    pub edge_url: String,
    jaeger_url: String,
    logs_url: String,
    prometheus_url: String,
    documents: Documents,
    /// A client that caches nothing.
    pub client: reqwest::Client,
}

impl Observed {
    /// What the environment names; nothing when it names nothing.
    ///
    /// # Errors
    /// When it names only a part, or the manifest cannot be read.
    pub fn given() -> Result<Option<Self>> {
        let Ok(edge_url) = std::env::var("OBSERVED_EDGE_URL") else {
            return Ok(None);
        };
        let given = |name: &str| std::env::var(name).with_context(|| format!("{name} is not set"));
        Ok(Some(Self {
            edge_url,
            jaeger_url: given("JAEGER_URL")?,
            logs_url: given("VICTORIA_LOGS_URL")?,
            prometheus_url: given("PROMETHEUS_URL")?,
            documents: Documents::read(given("OBSERVED_MANIFEST")?.as_ref())?,
            client: ask::client(Duration::from_secs(30))?,
        }))
    }

    /// A request for the document with this name.
    ///
    /// # Panics
    /// When there is no document of this name.
    pub fn ask(&self, document: &str, variables: Value) -> Ask {
        self.documents.ask(document, variables)
    }

    /// All that Jaeger has of a trace, once it has a span with this name.
    pub async fn trace(&self, id: &str, span: &str) -> Result<Value> {
        let url = format!("{}/api/traces/{id}", self.jaeger_url);
        let has_span = |found: &Value| {
            let spans = found["data"][0]["spans"].as_array();
            spans.is_some_and(|spans| spans.iter().any(|one| one["operationName"] == span))
        };
        self.until(&url, &[], |text| {
            let found: Value = serde_json::from_str(text).ok()?;
            has_span(&found).then_some(found)
        })
        .await
    }

    /// The log lines that fit a query of VictoriaLogs, once there is one.
    pub async fn log_lines(&self, query: &str) -> Result<Vec<Value>> {
        let url = format!("{}/select/logsql/query", self.logs_url);
        self.until(&url, &[("query", query)], |text| {
            let lines: Result<Vec<Value>, _> = text.lines().map(serde_json::from_str).collect();
            lines.ok().filter(|lines| !lines.is_empty())
        })
        .await
    }

    /// The traces that exemplars of a query of Prometheus lead to, once `wanted` is one of them.
    pub async fn exemplars(&self, query: &str, wanted: &str) -> Result<Vec<String>> {
        let url = format!("{}/api/v1/query_exemplars", self.prometheus_url);
        let range = [("query", query), ("start", "0"), ("end", "32503680000")];
        self.until(&url, &range, |text| {
            let found: Value = serde_json::from_str(text).ok()?;
            let series = found["data"].as_array()?.iter();
            let traces: Vec<String> = series
                .flat_map(|one| one["exemplars"].as_array().into_iter().flatten())
                .filter_map(|exemplar| exemplar["labels"]["trace_id"].as_str())
                .map(str::to_owned)
                .collect();
            traces.iter().any(|trace| trace == wanted).then_some(traces)
        })
        .await
    }

    /// All rules that Prometheus has, once it has evaluated each.
    pub async fn rules(&self) -> Result<Vec<Value>> {
        let url = format!("{}/api/v1/rules", self.prometheus_url);
        self.until(&url, &[], |text| {
            let found: Value = serde_json::from_str(text).ok()?;
            let groups = found["data"]["groups"].as_array()?.iter();
            let rules: Vec<Value> = groups
                .flat_map(|group| group["rules"].as_array().into_iter().flatten())
                .cloned()
                .collect();
            let is_evaluated = |rule: &Value| rule["health"] != "unknown";
            (!rules.is_empty() && rules.iter().all(is_evaluated)).then_some(rules)
        })
        .await
    }

    /// Asks again and again until `pick` finds something in the answer.
    async fn until<T>(
        &self,
        url: &str,
        query: &[(&str, &str)],
        pick: impl Fn(&str) -> Option<T>,
    ) -> Result<T> {
        let mut last = String::new();
        for _ in 0..LOOKS {
            let answer = self.client.get(url).query(query).send().await?;
            last = answer.text().await?;
            if let Some(found) = pick(&last) {
                return Ok(found);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        bail!("{url} {query:?} does not answer what is expected: {last}")
    }
}
