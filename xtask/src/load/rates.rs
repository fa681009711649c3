//! Hit rates by document, from the metrics of the origins.

use std::collections::BTreeMap;
use std::fmt;

/// A line of metrics.
#[derive(Debug, PartialEq)]
pub(super) struct Sample<'t> {
    name: &'t str,
    labels: BTreeMap<&'t str, &'t str>,
    value: f64,
}

/// The samples of a page of metrics, without what it says of them.
pub(super) fn samples(page: &str) -> impl Iterator<Item = Sample<'_>> {
    page.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(sample)
}

/// The labels that are read here have no quotes and commas in their values.
fn sample(line: &str) -> Option<Sample<'_>> {
    // An exemplar may follow.
    let line = line.split(" # ").next()?;
    let (series, value) = line.rsplit_once(' ')?;
    let (name, labels) = match series.split_once('{') {
        Some((name, labels)) => (name, labels.strip_suffix('}')?),
        None => (series, ""),
    };
    let pairs = labels.split(',').filter(|pair| !pair.is_empty());
    let labels = pairs.map(|pair| {
        let (label, value) = pair.split_once('=')?;
        Some((label, value.trim_matches('"')))
    });
    Some(Sample {
        name,
        labels: labels.collect::<Option<_>>()?,
        value: value.parse().ok()?,
    })
}

/// What became of the requests for a document.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Document {
    requests: f64,
    /// Answered by the edge itself, from memory or KV.
    memory: f64,
    kv: f64,
    /// Answered together with another request's fetch.
    collapsed: f64,
    /// May not be stored.
    unshared: f64,
    /// Refused or failed.
    failed: f64,
}

impl Document {
    fn add(&mut self, outcome: &str, tier: &str, requests: f64) {
        self.requests += requests;
        match (outcome, tier) {
            ("hit" | "stale" | "covered", "memory") => self.memory += requests,
            ("hit" | "stale" | "covered", _) => self.kv += requests,
            ("collapsed", _) => self.collapsed += requests,
            ("unshared", _) => self.unshared += requests,
            ("failed" | "limited", _) => self.failed += requests,
            _ => {}
        }
    }

    fn merged(self, other: Self) -> Self {
        Self {
            requests: self.requests + other.requests,
            memory: self.memory + other.memory,
            kv: self.kv + other.kv,
            collapsed: self.collapsed + other.collapsed,
            unshared: self.unshared + other.unshared,
            failed: self.failed + other.failed,
        }
    }

    fn line(&self, name: &str) -> String {
        let percent = |requests: f64| 100.0 * requests / self.requests.max(1.0);
        format!(
            "{name:<28} {:>8.0} {:>7.1} {:>9.1} {:>6.1} {:>11.1} {:>10.1} {:>8.1}",
            self.requests,
            percent(self.memory + self.kv),
            percent(self.memory),
            percent(self.kv),
            percent(self.collapsed),
            percent(self.unshared),
            percent(self.failed),
        )
    }
}

/// What the edge and the origins counted, by operation.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Rates {
    shared: BTreeMap<String, Document>,
    /// Requests that came to an origin.
    at_origin: BTreeMap<String, f64>,
}

impl Rates {
    pub(super) fn add(&mut self, sample: &Sample<'_>) {
        let label = |name| sample.labels.get(name).copied().unwrap_or_default();
        let operation = label("operation").to_owned();
        match sample.name {
            "yousoon_edge_requests_total" => {
                let document = self.shared.entry(operation).or_default();
                document.add(label("outcome"), label("tier"), sample.value);
            }
            "yousoon_request_duration_seconds_count" => {
                *self.at_origin.entry(operation).or_default() += sample.value;
            }
            _ => {}
        }
    }
}

impl fmt::Display for Rates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<28} {:>8} {:>7} {:>9} {:>6} {:>11} {:>10} {:>8}",
            "shared, in % of requests",
            "requests",
            "hits",
            "in memory",
            "in KV",
            "with others",
            "not stored",
            "failed"
        )?;
        for (operation, document) in &self.shared {
            writeln!(f, "{}", document.line(operation))?;
        }
        let all = self.shared.values().copied();
        let all = all.fold(Document::default(), Document::merged);
        writeln!(f, "{}", all.line("all of them"))?;
        writeln!(f, "\n{:<28} {:>8}", "not shareable", "requests")?;
        let others = self
            .at_origin
            .iter()
            .filter(|(operation, _)| !self.shared.contains_key(*operation));
        let mut sum = 0.0;
        for (operation, requests) in others {
            sum += requests;
            writeln!(f, "{operation:<28} {requests:>8.0}")?;
        }
        writeln!(f, "{:<28} {sum:>8.0}", "all of them")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = r#"# TYPE yousoon_edge_requests counter
yousoon_edge_requests_total{edge="a",document="1",operation="Home",outcome="hit",tier="memory"} 6
yousoon_edge_requests_total{edge="a",document="1",operation="Home",outcome="stale",tier="kv"} 2
yousoon_edge_requests_total{edge="a",document="1",operation="Home",outcome="filled",tier="origin"} 1
yousoon_edge_requests_total{edge="a",document="1",operation="Home",outcome="collapsed",tier="origin"} 1
yousoon_request_duration_seconds_count{operation="Home",outcome="ok"} 1 # {trace_id="1"} 0.1
yousoon_request_duration_seconds_count{operation="Me",outcome="ok"} 4
yousoon_request_duration_seconds_count{operation="Me",outcome="refused"} 1
yousoon_requests_in_flight 0
"#;

    #[test]
    fn rates_are_of_the_edge_and_the_rest_of_the_origins() {
        let mut rates = Rates::default();
        for sample in samples(PAGE) {
            rates.add(&sample);
        }
        let home = rates.shared["Home"];
        assert_eq!((home.requests, home.memory, home.kv), (10.0, 6.0, 2.0));
        let text = rates.to_string();
        let line = |name: &str| text.lines().find(|line| line.starts_with(name)).unwrap();
        let numbers = |name: &str| -> Vec<String> {
            let words = line(name).split_whitespace().skip(1);
            words.map(ToOwned::to_owned).collect()
        };
        let home = ["10", "80.0", "60.0", "20.0", "10.0", "0.0", "0.0"];
        assert_eq!(numbers("Home"), home);
        assert_eq!(numbers("Me"), ["5"]);
        assert!(text.lines().filter(|line| line.starts_with("Home")).count() == 1);
    }
}
