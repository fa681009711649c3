//! What queries in Prometheus' language use.

use std::collections::{BTreeMap, BTreeSet};

use promql_parser::parser::{self, Expr, LabelModifier, VectorSelector};
use promql_parser::util::{ExprVisitor, walk_expr};

/// Metrics that Prometheus makes itself, with their labels.
const OF_PROMETHEUS: [(&str, &[&str]); 2] = [
    ("up", &[]),
    ("ALERTS", &["alertname", "alertstate", "severity"]),
];
/// Labels that prometheus.yaml adds to all metrics of a server.
const OF_TARGETS: [&str; 3] = ["instance", "job", "role"];
const OF_A_HISTOGRAM: [&str; 3] = ["_bucket", "_count", "_sum"];

/// A row of the list.
#[derive(Debug)]
pub(super) struct Listed<'a> {
    pub(super) name: &'a str,
    kind: &'a str,
    pub(super) labels: Vec<&'a str>,
}

/// The rows of the tables of docs/metrics.md.
pub(super) fn metrics(list: &str) -> impl Iterator<Item = Listed<'_>> {
    list.lines().filter_map(|line| {
        let (name, rest) = line.strip_prefix("| `")?.split_once("` | ")?;
        let (kind, rest) = rest.split_once(" |")?;
        let (labels, _what) = rest.split_once('|')?;
        let labels = labels.split(',').map(str::trim);
        Some(Listed {
            name,
            kind,
            labels: labels.filter(|label| !label.is_empty()).collect(),
        })
    })
}

/// The metrics that queries may use, with the labels that each has; what a rule records may have any.
#[derive(Debug)]
pub(super) struct Known(BTreeMap<String, Option<BTreeSet<String>>>);

impl Known {
    pub(super) fn listed(list: &str) -> Self {
        let set = |labels: &[&str]| Some(labels.iter().copied().map(str::to_owned).collect());
        let mut known: BTreeMap<_, _> = OF_PROMETHEUS
            .map(|(name, labels)| (name.to_owned(), set(labels)))
            .into();
        for Listed { name, kind, labels } in metrics(list) {
            if kind != "histogram" {
                known.insert(name.to_owned(), set(&labels));
                continue;
            }
            for part in OF_A_HISTOGRAM {
                let mut labels = labels.clone();
                if part == "_bucket" {
                    labels.push("le");
                }
                known.insert(format!("{name}{part}"), set(&labels));
            }
        }
        Self(known)
    }

    pub(super) fn add_recorded(&mut self, name: &str) {
        self.0.insert(name.to_owned(), None);
    }

    /// The metrics of a query that are not known, and the labels that none of its metrics has.
    pub(super) fn unknown(&self, used: &Used) -> Vec<String> {
        let mut found = Vec::new();
        let mut labels = BTreeSet::from(OF_TARGETS);
        let mut may_be_any = false;
        for name in &used.metrics {
            match self.0.get(name) {
                Some(Some(own)) => labels.extend(own.iter().map(String::as_str)),
                Some(None) => may_be_any = true,
                None => {
                    found.push(format!("no metric is called {name}"));
                    may_be_any = true;
                }
            }
        }
        if !may_be_any {
            let names: Vec<&str> = used.metrics.iter().map(String::as_str).collect();
            let names = names.join(" and ");
            let wrong = used
                .labels
                .iter()
                .filter(|label| !labels.contains(label.as_str()));
            found.extend(wrong.map(|label| format!("{names} has no label {label}")));
        }
        found
    }
}

/// The names in a query.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Used {
    metrics: BTreeSet<String>,
    labels: BTreeSet<String>,
}

/// Reads a query.
pub(super) fn used_by(query: &str) -> Result<Used, String> {
    let parsed = parser::parse(query)?;
    let mut used = Used::default();
    walk_expr(&mut used, &parsed)?;
    Ok(used)
}

impl Used {
    fn add_selector(&mut self, selector: &VectorSelector) -> Result<(), String> {
        let name = selector.name.clone();
        self.metrics.insert(name.ok_or("a selector has no name")?);
        let matchers = &selector.matchers;
        let all = matchers
            .matchers
            .iter()
            .chain(matchers.or_matchers.iter().flatten());
        self.labels.extend(all.map(|matcher| matcher.name.clone()));
        Ok(())
    }
}

impl ExprVisitor for Used {
    type Error = String;

    fn pre_visit(&mut self, expression: &Expr) -> Result<bool, String> {
        match expression {
            Expr::VectorSelector(selector) => self.add_selector(selector)?,
            Expr::MatrixSelector(range) => self.add_selector(&range.vs)?,
            Expr::Aggregate(aggregate) => {
                let labels = aggregate.modifier.iter().map(LabelModifier::labels);
                self.labels
                    .extend(labels.flat_map(|labels| labels.labels.clone()));
            }
            _ => {}
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::{Used, used_by};

    #[test]
    fn metrics_and_labels_are_found_in_functions_ranges_and_aggregations() {
        let query = "histogram_quantile(0.9, sum by (le) (rate(a{x!~\"y\"}[5m]))) > b offset 1h";
        let used = Used {
            metrics: ["a", "b"].map(str::to_owned).into(),
            labels: ["le", "x"].map(str::to_owned).into(),
        };
        assert_eq!(used_by(query), Ok(used));
    }
}
