//! The readers' requests, and the offers in their answers.

use anyhow::{Context, Result, bail, ensure};
use e2e::{Answer, Ask, Oracle, Shown};
use serde_json::Value;

/// A request, and the offers that its answer must contain.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) ask: Ask,
    pub(super) offers: Vec<String>,
    /// It searches for the title of an offer's version.
    pub(super) searched: Option<Shown>,
}

impl Question {
    /// What the answer to a search says of the versions that the catalogue index knows: those of the
    /// offers that it has found. The one that was searched for is an earlier one if it is not there,
    /// unless a later one may be.
    pub(super) fn known(&self, shown: &[Shown], oracle: &Oracle) -> Vec<Shown> {
        let Some(searched) = &self.searched else {
            return Vec::new();
        };
        let Shown { offer, version } = searched;
        let of_it = |shown: &Shown| Shown {
            version: *version,
            ..shown.clone()
        };
        let mut known: Vec<Shown> = shown.iter().map(of_it).collect();
        let is_there = shown.iter().any(|shown| shown.offer == *offer);
        if !is_there && !oracle.has_later(offer, *version) {
            known.push(Shown {
                offer: offer.clone(),
                version: version.saturating_sub(1),
            });
        }
        known
    }

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
    let version = title.strip_prefix('v').and_then(|rest| {
        let digits = rest.get(..10)?.chars().step_by(2);
        digits.collect::<String>().parse().ok()
    });
    Ok(Shown {
        offer: id.to_owned(),
        version: version.unwrap_or(0),
    })
}

#[test]
fn an_offer_that_is_not_found_has_an_earlier_version_or_a_later_one() {
    let shown = |version| Shown {
        offer: "o".to_owned(),
        version,
    };
    let question = Question {
        ask: Ask {
            id: String::new(),
            variables: Value::Null,
        },
        offers: Vec::new(),
        searched: Some(shown(1)),
    };
    let mut oracle = Oracle::new(["o".to_owned()]);
    oracle.begin_write("o").unwrap();
    assert_eq!(question.known(&[shown(2)], &oracle), [shown(1)]);
    assert_eq!(question.known(&[], &oracle), [shown(0)]);
    oracle.begin_write("o").unwrap();
    assert_eq!(question.known(&[], &oracle), []);
}

#[test]
fn the_version_is_in_the_title_and_what_was_imported_has_none() {
    for (title, version) in [
        ("v0000001177 of an offer", 17),
        ("vegan thai", 0),
        ("v1", 0),
    ] {
        let shown = offer(&serde_json::json!({"id": "o", "title": title})).unwrap();
        assert_eq!((shown.offer.as_str(), shown.version), ("o", version));
    }
    assert!(offer(&Value::Null).is_err(), "an offer that is absent");
}
