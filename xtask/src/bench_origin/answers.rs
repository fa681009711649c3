//! What the origin answers with: the bytes that the others have to answer with as well.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Serialize;
use serde_json::json;

use crate::bench::{Asked, Workload};
use crate::http;
use crate::manifest::Manifest;

const OPERATION: &str = "OffersNearby";
/// Enough that no request is the repetition of the last one, few enough to be warm at once.
const PLACES: usize = 64;
/// The places lie in a square with so many on a side, of which the first good ones are taken.
const SIDE: u32 = 10;
/// What belongs to an answer, whoever gives it.
const HEADERS: [&str; 4] = ["content-type", "cache-control", "etag", "vary"];

#[derive(Debug)]
pub(crate) struct Answers(Vec<Answer>);

/// One of them, as the peers read it.
#[derive(Debug, Serialize)]
struct Answer {
    path: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Answers {
    /// Asks the origin for offers near many places.
    pub(crate) fn collect(manifest: &Manifest, port: u16) -> Result<Self> {
        let mut answers = Vec::new();
        for place in 0..SIDE * SIDE {
            let path = manifest.path_of(OPERATION, &variables(place))?;
            let answer = ask(port, path)?;
            if is_spelt_as_javascript_does(&answer.body) {
                answers.push(answer);
            }
            if answers.len() == PLACES {
                return Ok(Self(answers));
            }
        }
        bail!("JavaScript would spell the numbers in most answers differently");
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn mean_bytes(&self) -> usize {
        let sum: usize = self.0.iter().map(|answer| answer.body.len()).sum();
        sum / self.0.len().max(1)
    }

    /// Writes the file that the peers read.
    pub(crate) fn write(&self, dir: &Path) -> Result<PathBuf> {
        let path = dir.join("answers.json");
        let file =
            File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
        serde_json::to_writer(BufWriter::new(file), &self.0)?;
        Ok(path)
    }

    pub(crate) fn into_workload(self) -> Workload {
        let asked = self
            .0
            .into_iter()
            .map(|Answer { path, body, .. }| Asked { path, body });
        Workload(asked.collect())
    }
}

/// About 1.1 km apart, so that each is in a cell of its own; all of them in and around Paris.
fn variables(place: u32) -> String {
    let rounded = |degrees: f64| (degrees * 1e4).round() / 1e4;
    let lat = rounded(48.81 + 0.01 * f64::from(place / SIDE));
    let lng = rounded(2.27 + 0.015 * f64::from(place % SIDE));
    json!({"location": {"lat": lat, "lng": lng}, "first": 20}).to_string()
}

fn ask(port: u16, path: String) -> Result<Answer> {
    let answer = http::get(port, &path)?;
    if answer.status != 200 {
        bail!("the origin answers {}: {}", answer.status, answer.body);
    }
    for name in HEADERS {
        answer
            .header(name)
            .with_context(|| format!("the origin answers without {name}"))?;
    }
    // All lines: layers add theirs to Vary.
    let headers = answer
        .headers
        .into_iter()
        .filter(|(name, _)| HEADERS.iter().any(|kept| name.eq_ignore_ascii_case(kept)))
        .collect();
    Ok(Answer {
        path,
        headers,
        body: answer.body,
    })
}

/// Yoga cannot give back `1.0`: JavaScript reads it as a number and writes `1`.
fn is_spelt_as_javascript_does(body: &str) -> bool {
    // Also where it stands in a text: that loses a place, no more.
    ![".0,", ".0}", ".0]"].iter().any(|end| body.contains(end))
}

#[cfg(test)]
mod tests {
    use super::{is_spelt_as_javascript_does, variables};

    #[test]
    fn numbers_that_javascript_spells_otherwise_are_seen() {
        assert!(is_spelt_as_javascript_does(
            r#"{"a":1.05,"b":[10],"c":0.5}"#
        ));
        for body in [r#"{"a":1.0,"b":2}"#, r#"{"a":1.0}"#, "[1.0]"] {
            assert!(!is_spelt_as_javascript_does(body), "{body}");
        }
    }

    #[test]
    fn places_are_spelt_shortly() {
        assert_eq!(
            variables(23),
            r#"{"location":{"lat":48.83,"lng":2.315},"first":20}"#
        );
    }
}
