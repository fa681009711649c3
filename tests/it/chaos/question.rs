//! The readers' requests, and the offers in their answers.

use anyhow::{Context, Result, bail, ensure};
use e2e::{Answer, Ask, Shown};
use serde_json::Value;

/// A request, and the offers that its answer must contain.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) ask: Ask,
    pub(super) offers: Vec<String>,
}

impl Question {
    /// The offers in an answer; an error when one of the expected ones is missing.
    pub(super) fn shown(&self, answer: &Answer) -> Result<Vec<Shown>> {
        let body = answer.json();
        ensure!(
            answer.status == 200 && body["errors"].is_null(),
            "{} {}",
            answer.status,
            answer.text
        );
        let data = &body["data"];
        let nodes: Vec<&Value> = match data["offers"]["edges"].as_array() {
            Some(edges) => edges.iter().map(|edge| &edge["node"]).collect(),
            None => vec![&data["offer"]],
        };
        let shown: Vec<Shown> = nodes.into_iter().map(offer).collect::<Result<_>>()?;
        for wanted in &self.offers {
            if !shown.iter().any(|shown| shown.offer == *wanted) {
                bail!("the answer lacks {wanted}: {}", answer.text);
            }
        }
        Ok(shown)
    }
}

fn offer(node: &Value) -> Result<Shown> {
    let (id, title) = (node["id"].as_str(), node["title"].as_str());
    let (id, title) = id.zip(title).context("an offer without id or title")?;
    // An imported offer has no version in its title: that is version 0.
    let version = title
        .strip_prefix('v')
        .and_then(|rest| rest.get(..5)?.parse().ok());
    Ok(Shown {
        offer: id.to_owned(),
        version: version.unwrap_or(0),
    })
}

#[test]
fn the_version_is_in_the_title_and_what_was_imported_has_none() {
    for (title, version) in [("v00017 of an offer", 17), ("vegan thai", 0), ("v1", 0)] {
        let shown = offer(&serde_json::json!({"id": "o", "title": title})).unwrap();
        assert_eq!((shown.offer.as_str(), shown.version), ("o", version));
    }
    assert!(offer(&Value::Null).is_err(), "an offer that is absent");
}
