//! What Grafana is given: dashboards whose panels explain themselves, and data sources that exist.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use super::documents::{read, texts_of};

/// Grafana's grid.
const COLUMNS: u64 = 24;
/// A data source that the reader chooses.
const CHOSEN: &str = "${datasource}";

/// All dashboards, with the names of their files, in order.
pub(super) fn dashboards(dir: &Path) -> Result<Vec<(String, Value)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir.join("dashboards"))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().display().to_string();
        let dashboard = serde_json::from_str(&read(&path)?)
            .with_context(|| format!("{} is no JSON", path.display()))?;
        found.push((name, dashboard));
    }
    found.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    Ok(found)
}

/// What does not fit together.
pub(super) fn violations(
    dashboards: &[(String, Value)],
    sources: &Value,
    providers: &Value,
) -> Vec<String> {
    let mut found = Vec::new();
    for (name, document) in [
        ("datasources.yaml", sources),
        ("dashboards.yaml", providers),
    ] {
        if document["apiVersion"] != 1 {
            found.push(format!("{name}: apiVersion is not 1"));
        }
    }
    for source in items(&sources["datasources"]) {
        for key in ["name", "uid", "type", "url"] {
            if text(&source[key]).is_empty() {
                found.push(format!("datasources.yaml: a data source has no {key}"));
            }
        }
    }
    if items(&providers["providers"]).all(|one| !text(&one["options"]["path"]).starts_with('/')) {
        found.push("dashboards.yaml: no provider has an absolute path".to_owned());
    }
    let sources_by_uid: BTreeSet<&str> = items(&sources["datasources"])
        .map(|source| text(&source["uid"]))
        .collect();
    let unknown = texts_of(sources, "datasourceUid").filter(|uid| !sources_by_uid.contains(uid));
    found.extend(unknown.map(|uid| format!("datasources.yaml: no data source is called {uid}")));
    let mut uids = BTreeSet::new();
    for (name, dashboard) in dashboards {
        if text(&dashboard["title"]).is_empty() || !uids.insert(text(&dashboard["uid"])) {
            found.push(format!("{name}: it needs a title, and a uid of its own"));
        }
        let wrong = of_panels(&dashboard["panels"], &sources_by_uid);
        found.extend(wrong.iter().map(|why| format!("{name}: {why}")));
    }
    found
}

/// Whether the description of a panel names the alert.
pub(super) fn some_panel_is_about(alert: &str, dashboards: &[(String, Value)]) -> bool {
    let is_word = |character: char| character.is_ascii_alphanumeric();
    dashboards.iter().any(|(_, dashboard)| {
        texts_of(dashboard, "description")
            .any(|text| text.split(|c| !is_word(c)).any(|word| word == alert))
    })
}

fn of_panels(panels: &Value, sources: &BTreeSet<&str>) -> Vec<String> {
    let mut found = Vec::new();
    let mut ids = BTreeSet::new();
    let mut taken = BTreeSet::new();
    for panel in items(panels) {
        let title = text(&panel["title"]);
        let mut wrong = |why: &str| found.push(format!("panel {title:?}: {why}"));
        if title.is_empty() || !ids.insert(panel["id"].as_u64()) {
            wrong("it needs a title, and an id of its own");
        }
        if text(&panel["description"]).is_empty() {
            wrong("its description does not say what is good");
        }
        if text(&panel["fieldConfig"]["defaults"]["unit"]).is_empty() {
            wrong("it has no unit");
        }
        if items(&panel["targets"]).next().is_none() {
            wrong("it asks nothing");
        }
        let source = text(&panel["datasource"]["uid"]);
        if source != CHOSEN && !sources.contains(source) {
            wrong("its data source is not in datasources.yaml");
        }
        let [x, y, w, h] = ["x", "y", "w", "h"].map(|key| panel["gridPos"][key].as_u64());
        let (Some(x), Some(y), Some(w), Some(h)) = (x, y, w, h) else {
            wrong("it has no place");
            continue;
        };
        let cells = (x..x + w).flat_map(|x| (y..y + h).map(move |y| (x, y)));
        let is_taken = cells.filter(|cell| !taken.insert(*cell)).count() > 0;
        if x + w > COLUMNS || is_taken {
            wrong("its place is taken or outside of the grid");
        }
    }
    found
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{some_panel_is_about, violations};

    fn panel() -> Value {
        json!({
            "id": 1,
            "title": "Requests",
            "description": "Good: many (OriginDown).",
            "datasource": {"type": "prometheus", "uid": "${datasource}"},
            "gridPos": {"x": 0, "y": 0, "w": 12, "h": 8},
            "fieldConfig": {"defaults": {"unit": "reqps"}},
            "targets": [{"expr": "up"}],
        })
    }

    fn found(panels: &Value, link: &str) -> Vec<String> {
        let dashboard = json!({"uid": "u", "title": "t", "panels": panels});
        let sources = json!({"apiVersion": 1, "datasources": [
            {"name": "J", "uid": "jaeger", "type": "jaeger", "url": "http://jaeger", "jsonData": {"datasourceUid": link}},
        ]});
        let providers = json!({"apiVersion": 1, "providers": [{"options": {"path": "/a"}}]});
        violations(&[("d.json".to_owned(), dashboard)], &sources, &providers)
    }

    #[test]
    fn what_does_not_fit_together_is_found() {
        assert_eq!(found(&json!([panel()]), "jaeger"), Vec::<String>::new());
        assert_eq!(found(&json!([]), "tempo").len(), 1, "a link to nowhere");
        for (key, value, wrong) in [
            ("title", json!(""), "title"),
            ("description", json!(""), "what is good"),
            ("fieldConfig", json!({}), "no unit"),
            ("targets", json!([]), "asks nothing"),
            ("datasource", json!({"uid": "tempo"}), "not in datasources"),
            ("gridPos", json!({}), "no place"),
            (
                "gridPos",
                json!({"x": 20, "y": 0, "w": 8, "h": 8}),
                "outside",
            ),
        ] {
            let mut panel = panel();
            panel[key] = value;
            let found = found(&json!([panel]), "jaeger");
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].contains(wrong), "{found:?}");
        }
        let found = found(&json!([panel(), panel()]), "jaeger");
        assert_eq!(found.len(), 2, "the same id and the same place: {found:?}");
    }

    #[test]
    fn a_panel_is_about_an_alert_that_its_description_names() {
        let dashboards = [("d".to_owned(), json!({"panels": [panel()]}))];
        assert!(some_panel_is_about("OriginDown", &dashboards));
        assert!(!some_panel_is_about("Origin", &dashboards));
    }
}
