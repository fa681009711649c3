//! The readers' requests, and the offers in their answers.

use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use cache_core::geo::{distance_km, to_the_metre};
use e2e::{Answer, Ask, Oracle, Shown};
use serde_json::Value;
use tokio::sync::Mutex;

/// A request, and the offers that its answer must contain.
#[derive(Clone, Debug)]
pub(super) struct Question {
    pub(super) ask: Ask,
    pub(super) offers: Vec<String>,
    /// It searches for the title of an offer's version.
    pub(super) searched: Option<Shown>,
    /// Who asks, if the document is partly private.
    pub(super) guest: Option<Guest>,
}

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub(super) struct Guest {
    /// Of the e-mail address.
    pub(super) name: String,
    /// The token; whoever signs in again replaces it.
    pub(super) access: Arc<Mutex<String>>,
    /// The favourites.
    pub(super) likes: Vec<String>,
}

impl Question {
    /// That everybody asks alike.
    pub(super) const fn public(ask: Ask, offers: Vec<String>) -> Self {
        Self {
            ask,
            offers,
            searched: None,
            guest: None,
        }
    }

    /// The same list, asked for from somewhere else nearby: both are made of one entry at the edge.
    pub(super) fn moved(&self, turn: usize) -> Self {
        let mut moved = self.clone();
        for (axis, name) in [(7, "lat"), (11, "lng")] {
            let at = &mut moved.ask.variables["location"][name];
            // Up to about 300 m.
            let step = u32::try_from(turn * axis % 60).unwrap_or_default();
            *at = (at.as_f64().unwrap_or_default() + f64::from(step) * 0.000_05).into();
        }
        moved
    }

    pub(super) async fn send(&self, client: &reqwest::Client, door: &str) -> Result<Answer> {
        match &self.guest {
            Some(guest) => {
                let access = guest.access.lock().await.clone();
                self.ask.post(client, door, &access).await
            }
            None => self.ask.get(client, door).await,
        }
    }

    /// Whether the answer says of all its offers whether they are favourites; an error if it says it wrongly.
    /// While the origin fails it says an error instead.
    pub(super) fn is_answered(&self, answer: &Answer) -> Result<bool> {
        let body = answer.json();
        let Some(guest) = &self.guest else {
            return Ok(body["errors"].is_null());
        };
        let offer = &body["data"]["offer"];
        let is_favorite = &offer["isFavorite"];
        let likes = guest.likes.iter().any(|liked| offer["id"] == **liked);
        if *is_favorite == likes {
            return Ok(true);
        }
        let path = serde_json::json!(["offer", "isFavorite"]);
        let is_said = body["errors"].as_array().is_some_and(|errors| {
            !errors.is_empty() && errors.iter().all(|error| error["path"] == path)
        });
        ensure!(
            is_favorite.is_null() && is_said,
            "not this guest's: {}",
            answer.text
        );
        Ok(false)
    }

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
            answer.status == 200 && (self.guest.is_some() || body["errors"].is_null()),
            "{} {}",
            answer.status,
            answer.text
        );
        let data = &body["data"];
        let nodes: Vec<&Value> = match data["offers"]["edges"].as_array() {
            Some(edges) => {
                self.check_distances(edges)?;
                edges.iter().map(|edge| &edge["node"]).collect()
            }
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

    /// A list by distance says the exact distances from where it was asked for, the nearest first.
    fn check_distances(&self, edges: &[Value]) -> Result<()> {
        let Some(from) = place(&self.ask.variables["location"]) else {
            return Ok(());
        };
        let mut before = 0.0;
        for edge in edges {
            let at = place(&edge["node"]["establishment"]["location"]).context("no place")?;
            let exact = to_the_metre(distance_km(from, at));
            let said = edge["distance"].as_f64().context("no distance")?;
            // Bit for bit: both doors compute it in the same way.
            ensure!(
                said.to_bits() == exact.to_bits(),
                "{said} km, and not {exact} km, from {from:?}"
            );
            ensure!(before <= said, "not in the order of distances: {edges:?}");
            before = said;
        }
        Ok(())
    }
}

fn place(location: &Value) -> Option<(f64, f64)> {
    Some((location["lat"].as_f64()?, location["lng"].as_f64()?))
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
        guest: None,
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
