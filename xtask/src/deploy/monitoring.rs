//! Every query of rules and dashboards uses metrics that the origin has, with labels that they have;
//! every alert has a runbook and a panel; what Grafana is given fits together.

mod documents;
mod grafana;
mod queries;

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Result;
use serde_json::Value;

use self::documents::{read, texts_of, yaml};
use self::queries::Known;

/// Names every metric.
const METRICS: &str = "docs/metrics.md";
/// Its queries are in another language, which nothing here can read.
const LOKI: &str = "loki";

pub(super) fn violations(root: &Path) -> Result<Vec<String>> {
    let dir = root.join("deploy/monitoring");
    let rules = yaml(&dir.join("rules.yaml"))?;
    let mut known = Known::listed(&read(&root.join(METRICS))?);
    texts_of(&rules, "record").for_each(|name| known.add_recorded(name));
    let mut found = unknown_metrics("rules.yaml", &rules, &known);
    let adapter = yaml(&dir.join("adapter-values.yaml"))?;
    found.extend(unknown_metrics("adapter-values.yaml", &adapter, &known));
    let dashboards = grafana::dashboards(&dir)?;
    for (name, dashboard) in &dashboards {
        found.extend(unknown_metrics(name, dashboard, &known));
    }
    let sources = yaml(&dir.join("grafana/datasources.yaml"))?;
    let providers = yaml(&dir.join("grafana/dashboards.yaml"))?;
    found.extend(grafana::violations(&dashboards, &sources, &providers));
    let alerts: BTreeSet<&str> = texts_of(&rules, "alert").collect();
    for alert in alerts {
        if !root.join(format!("docs/runbooks/{alert}.md")).is_file() {
            found.push(format!("docs/runbooks/{alert}.md is missing"));
        }
        if !grafana::some_panel_is_about(alert, &dashboards) {
            found.push(format!("no panel's description names the alert {alert}"));
        }
    }
    Ok(found)
}

/// What the queries of a document use and is not `known`, and the queries that are none.
fn unknown_metrics(file: &str, document: &Value, known: &Known) -> Vec<String> {
    let mut found = Vec::new();
    for query in queries_in(document) {
        match queries::used_by(query) {
            Ok(used) => {
                let unknown = known.unknown(&used);
                found.extend(unknown.iter().map(|why| format!("{file}: {why}")));
            }
            Err(why) => found.push(format!("{file}: {query}: {why}")),
        }
    }
    found
}

/// The queries for Prometheus, at any depth.
fn queries_in(document: &Value) -> Vec<&str> {
    match document {
        Value::Object(entries) if document["datasource"]["type"] != LOKI => {
            let own = ["expr", "metricsQuery"].map(|key| entries.get(key)?.as_str());
            let below = entries.values().flat_map(queries_in);
            own.into_iter().flatten().chain(below).collect()
        }
        Value::Array(items) => items.iter().flat_map(queries_in).collect(),
        Value::Object(_) | Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            Vec::new()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::json;

    use super::documents::{read, yaml};
    use super::queries::{Known, metrics};
    use super::{METRICS, unknown_metrics, violations};
    use crate::checkout;

    /// The source text that names the origin's metrics: of every file that uses the library for them.
    fn code_of_metrics(root: &Path) -> String {
        ["origin", "cache"]
            .iter()
            .flat_map(|room| checkout::sources(&root.join(room)).expect("a folder"))
            .filter(|file| file.components().any(|part| part.as_os_str() == "src"))
            .map(|file| read(&file).expect("a source file"))
            .filter(|text| text.contains("prometheus_client"))
            .collect()
    }

    #[test]
    fn rules_and_dashboards_use_known_metrics_and_alerts_have_runbooks() {
        let found = violations(&checkout::root()).expect("files");
        assert_eq!(found, Vec::<String>::new());
    }

    #[test]
    fn every_listed_metric_is_in_the_code() {
        let root = checkout::root();
        let list = read(&root.join(METRICS)).expect("the list");
        let code = code_of_metrics(&root);
        for metric in metrics(&list) {
            // The library adds the prefix, the unit and `_total`.
            let name = metric
                .name
                .trim_start_matches("yousoon_")
                .trim_end_matches("_total");
            let without_unit = name.trim_end_matches("_seconds").trim_end_matches("_bytes");
            let in_code = [name, without_unit]
                .iter()
                .any(|name| code.contains(&format!("\"{name}\"")));
            assert!(in_code, "no source file names the metric {name}");
            for label in metric.labels {
                let in_code = code.contains(&format!("    {label}: "))
                    || code.contains(&format!("(\"{label}\", "));
                assert!(in_code, "no source file names the label {label} of {name}");
            }
        }
    }

    #[test]
    fn an_unknown_metric_or_label_and_a_wrong_query_are_found() {
        let known = Known::listed(
            "| `a_total` | counter | | x |\n| `b_seconds` | histogram | y, z | x |\n",
        );
        let dashboard = json!({"panels": [
            {"targets": [
                {"expr": "rate(a_total[5m]) / sum by (le, z) (b_seconds_bucket{y=\"1\"}) + up"},
                {"expr": "rate(c_total[5m])"},
                {"expr": "sum("},
                {"expr": "sum by (instance, y) (a_total)"},
                {"expr": "b_seconds_count{le=\"1\"}"},
            ]},
            {"datasource": {"type": "loki"}, "targets": [{"expr": "{a=\"b\"} | json"}]},
        ]});
        let found = unknown_metrics("x", &dashboard, &known);
        assert_eq!(found.len(), 4, "{found:?}");
        assert_eq!(found[0], "x: no metric is called c_total");
        assert!(found[1].starts_with("x: sum(: "), "{found:?}");
        assert_eq!(found[2], "x: a_total has no label y");
        assert_eq!(found[3], "x: b_seconds_count has no label le");
    }

    #[test]
    fn the_page_on_personal_data_tells_for_how_long_logs_and_traces_are_kept() {
        let root = checkout::root();
        let page = read(&root.join("docs/personal-data.md")).expect("the page");
        let dir = root.join("deploy/monitoring");
        let loki = yaml(&dir.join("loki.yaml")).expect("YAML");
        let jaeger = yaml(&dir.join("jaeger.yaml")).expect("YAML");
        let spans = &jaeger["extensions"]["jaeger_storage"]["backends"]["spans"];
        for (what, hours) in [
            ("logs", &loki["limits_config"]["retention_period"]),
            ("traces", &spans["badger"]["ttl"]["spans"]),
        ] {
            let hours = hours.as_str().and_then(|text| text.strip_suffix('h'));
            let hours: u32 = hours.expect("hours").parse().expect("a number");
            let row = page
                .lines()
                .find(|line| line.starts_with(&format!("| {what} |")));
            let days = format!(" {} days", hours / 24);
            assert!(row.expect(what).contains(&days), "{what}: {days}");
        }
    }
}
