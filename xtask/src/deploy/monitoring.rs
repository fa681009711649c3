//! Every query of rules and dashboards uses metrics that the origin has, and every alert has a
//! runbook.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use promql_parser::parser::{self, Expr};
use promql_parser::util::{ExprVisitor, walk_expr};
use serde_json::Value;

/// Names every metric.
const METRICS: &str = "docs/metrics.md";
/// Metrics that Prometheus makes itself.
const OF_PROMETHEUS: [&str; 1] = ["up"];
const OF_A_HISTOGRAM: [&str; 3] = ["_bucket", "_count", "_sum"];

pub(super) fn violations(root: &Path) -> Result<Vec<String>> {
    let dir = root.join("deploy/monitoring");
    let rules = serde_norway::from_str(&read(&dir.join("rules.yaml"))?)?;
    let mut known = known(&read(&root.join(METRICS))?);
    known.extend(texts_of(&rules, "record").map(str::to_owned));
    let mut found = unknown_metrics("rules.yaml", &rules, &known);
    for entry in fs::read_dir(dir.join("dashboards"))? {
        let path = entry?.path();
        let dashboard = serde_json::from_str(&read(&path)?)
            .with_context(|| format!("{} is no JSON", path.display()))?;
        found.extend(unknown_metrics(
            &path.display().to_string(),
            &dashboard,
            &known,
        ));
    }
    let runbooks = root.join("docs/runbooks");
    let alerts: BTreeSet<&str> = texts_of(&rules, "alert").collect();
    let without = |alert: &&str| !runbooks.join(format!("{alert}.md")).is_file();
    let missing = alerts.into_iter().filter(without);
    found.extend(missing.map(|alert| format!("docs/runbooks/{alert}.md is missing")));
    Ok(found)
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// The names that queries may use, from the rows of tables.
fn known(list: &str) -> BTreeSet<String> {
    let mut known: BTreeSet<String> = OF_PROMETHEUS.map(str::to_owned).into();
    for (name, kind) in metrics(list) {
        if kind == "histogram" {
            known.extend(OF_A_HISTOGRAM.map(|part| format!("{name}{part}")));
        } else {
            known.insert(name.to_owned());
        }
    }
    known
}

fn metrics(list: &str) -> impl Iterator<Item = (&str, &str)> {
    list.lines().filter_map(|line| {
        let (name, rest) = line.strip_prefix("| `")?.split_once("` | ")?;
        let (kind, _labels) = rest.split_once(" |")?;
        Some((name, kind))
    })
}

/// The metrics in the queries of a document that are not `known`, and the queries that are none.
fn unknown_metrics(file: &str, document: &Value, known: &BTreeSet<String>) -> Vec<String> {
    let mut found = Vec::new();
    for query in texts_of(document, "expr") {
        match metrics_of(query) {
            Ok(used) => {
                let unknown = used.difference(known);
                found.extend(unknown.map(|name| format!("{file}: no metric is called {name}")));
            }
            Err(why) => found.push(format!("{file}: {query}: {why}")),
        }
    }
    found
}

/// The texts under `key`, at any depth.
fn texts_of<'a>(document: &'a Value, key: &'a str) -> Box<dyn Iterator<Item = &'a str> + 'a> {
    match document {
        Value::Object(entries) => {
            let own = entries.get(key).and_then(Value::as_str);
            let below = entries.values().flat_map(move |value| texts_of(value, key));
            Box::new(own.into_iter().chain(below))
        }
        Value::Array(items) => Box::new(items.iter().flat_map(move |item| texts_of(item, key))),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            Box::new(std::iter::empty())
        }
    }
}

fn metrics_of(query: &str) -> Result<BTreeSet<String>, String> {
    let parsed = parser::parse(query)?;
    let mut names = Names(BTreeSet::new());
    walk_expr(&mut names, &parsed)?;
    Ok(names.0)
}

/// Collects the names of metrics.
struct Names(BTreeSet<String>);

impl ExprVisitor for Names {
    type Error = String;

    fn pre_visit(&mut self, expression: &Expr) -> Result<bool, String> {
        let selector = match expression {
            Expr::VectorSelector(selector) => selector,
            Expr::MatrixSelector(range) => &range.vs,
            _ => return Ok(true),
        };
        let name = selector.name.clone();
        self.0.insert(name.ok_or("a selector has no name")?);
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{METRICS, known, metrics, metrics_of, read, unknown_metrics, violations};
    use crate::checkout;

    /// The files that name the origin's metrics.
    const SOURCES: [&str; 9] = [
        "origin/server/src/metrics/mod.rs",
        "origin/server/src/metrics/edge.rs",
        "origin/server/src/metrics/process.rs",
        "origin/server/src/metrics/requests.rs",
        "origin/server/src/live/metrics.rs",
        "origin/access/src/rate/metrics.rs",
        "origin/store-mongo/src/metrics.rs",
        "origin/store-sqlite/src/metrics.rs",
        "cache/tiered/src/metrics.rs",
    ];

    #[test]
    fn rules_and_dashboards_use_known_metrics_and_alerts_have_runbooks() {
        let found = violations(&checkout::root()).expect("files");
        assert_eq!(found, Vec::<String>::new());
    }

    #[test]
    fn every_listed_metric_is_in_the_code() {
        let root = checkout::root();
        let list = read(&root.join(METRICS)).expect("the list");
        let code: String = SOURCES
            .iter()
            .map(|file| read(&root.join(file)).expect("a source file"))
            .collect();
        for (name, _) in metrics(&list) {
            // The library adds the prefix, the unit and `_total`.
            let name = name
                .trim_start_matches("yousoon_")
                .trim_end_matches("_total");
            let without_unit = name.trim_end_matches("_seconds").trim_end_matches("_bytes");
            let in_code = [name, without_unit]
                .iter()
                .any(|name| code.contains(&format!("\"{name}\"")));
            assert!(in_code, "no source file names the metric {name}");
        }
    }

    #[test]
    fn an_unknown_metric_and_a_wrong_query_are_found() {
        let known = known("| `a_total` | counter | | x |\n| `b_seconds` | histogram | y | x |\n");
        let dashboard = json!({"panels": [{"targets": [
            {"expr": "rate(a_total[5m]) / sum(b_seconds_bucket) + up"},
            {"expr": "rate(c_total[5m])"},
            {"expr": "sum("},
        ]}]});
        let found = unknown_metrics("x", &dashboard, &known);
        assert_eq!(found.len(), 2, "{found:?}");
        assert_eq!(found[0], "x: no metric is called c_total");
        assert!(found[1].starts_with("x: sum(: "), "{found:?}");
    }

    #[test]
    fn the_metrics_of_a_query_are_found_in_functions_and_ranges() {
        let names = metrics_of("histogram_quantile(0.9, sum by (le) (rate(a[5m]))) > b offset 1h");
        assert_eq!(names, Ok(["a".to_owned(), "b".to_owned()].into()));
    }
}
